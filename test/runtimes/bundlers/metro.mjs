// Builds entries/metro.js by Metro, as React Native does, and lets Node run it.
import { resolve } from "node:path"
import Metro from "metro"

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
await Metro.runBuild(config, { entry: "entries/metro.js", out: "metro/bundle.cjs", minify: false, dev: false })
