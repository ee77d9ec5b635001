/**
 * How long the command takes to start: `openrouter-oauth --version` beside an empty `node -e 0`, and beside a bare @effect/cli
 * command that is bundled and minified the same way.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))

const bare = `
import * as Command from "@effect/cli/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
const command = Command.make("bare", {}, () => Effect.void)
Command.run(command, { name: "bare", version: "0.0.0" })(process.argv).pipe(Effect.provide(NodeContext.layer), NodeRuntime.runMain)
`

const bundle = (contents, outfile) =>
  build({
    stdin: { contents, resolveDir: root },
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node20",
    format: "esm",
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);'
    },
    logLevel: "warning"
  })

const time = (args) => {
  const start = performance.now()
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore" })
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`)
  return performance.now() - start
}

/** Milliseconds of so many runs of each, taken in turns. */
export const coldStart = async ({ runs }) => {
  const folder = mkdtempSync(join(tmpdir(), "cold-start-"))
  try {
    const bareCommand = join(folder, "bare.mjs")
    await bundle(bare, bareCommand)
    const programs = {
      empty: ["-e", "0"],
      bare: [bareCommand, "--version"],
      command: [join(root, "dist", "cli", "bin.js"), "--version"]
    }
    const times = { empty: [], bare: [], command: [] }
    for (const args of Object.values(programs)) time(args)
    for (let run = 0; run < runs; run++) {
      for (const [name, args] of Object.entries(programs)) times[name].push(time(args))
    }
    return { times }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
