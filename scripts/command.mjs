// How the command is bundled: one file that needs nothing beside it, so that npx and global installs need no peers.
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

/** Bundles `src/cli/bin.ts` into the file, which must lie two folders below one that holds package.json. */
export const bundleCommand = (outfile, options = {}) =>
  build({
    entryPoints: [fileURLToPath(new URL("../src/cli/bin.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    // Some dependencies are CommonJS and ask for Node's own modules by require.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);'
    },
    logLevel: "warning",
    ...options
  })
