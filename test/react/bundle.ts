/** The app of these tests as one file, with one of the two versions of React in it. */

import { createRequire } from "node:module"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { cast } from "../util/cast.js"
import type { AppOptions } from "./app.js"

export const versions = ["18", "19"] as const

const folderOf = (name: string, version: (typeof versions)[number]) => {
  const require = createRequire(new URL(version === "18" ? "react-18/package.json" : "bundle.ts", import.meta.url))
  return dirname(require.resolve(`${name}/package.json`))
}

export const bundle = async (
  entry: "client.tsx" | "server.tsx",
  version: (typeof versions)[number],
  options?: AppOptions
): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    write: false,
    platform: entry === "client.tsx" ? "browser" : "node",
    format: entry === "client.tsx" ? "esm" : "cjs",
    // For the double effects of StrictMode.
    define: { "process.env.NODE_ENV": '"development"', APP_OPTIONS: JSON.stringify(options ?? null) },
    alias: { react: folderOf("react", version), "react-dom": folderOf("react-dom", version) },
    logLevel: "error"
  })
  return outputFiles[0]?.text ?? ""
}

/** The server's bundle, running. */
export const loadServer = async (version: (typeof versions)[number]) => {
  const module = { exports: cast<{ readonly render: (options: AppOptions) => string }>({}) }
  new Function("module", "exports", "require", await bundle("server.tsx", version))(
    module,
    module.exports,
    createRequire(import.meta.url)
  )
  return module.exports
}
