// Builds entries/metro.js by Metro, as React Native does, and lets Node run it.
import { mkdirSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import Metro from "metro"

// What Metro writes is a script, no module.
mkdirSync("metro")
writeFileSync("metro/package.json", '{"type":"commonjs"}')

const defaults = await Metro.loadConfig({ cwd: process.cwd() })
const config = Metro.mergeConfig(defaults, {
  projectRoot: resolve("."),
  watchFolders: [resolve(".."), resolve(".")],
  reporter: { update: () => {} },
  cacheStores: [],
  transformer: {
    getTransformOptions: async () => ({ transform: { experimentalImportSupport: true, inlineRequires: false } })
  }
})
await Metro.runBuild(config, { entry: "entries/metro.js", out: "metro/bundle.js", minify: false, dev: false })
