// Builds entries/bundle.js by rollup, for Node. A package that is not installed stays an import.
import { nodeResolve } from "@rollup/plugin-node-resolve"
import { rollup } from "rollup"

const bundle = await rollup({
  input: "entries/bundle.js",
  plugins: [nodeResolve({ exportConditions: ["node"] })],
  onwarn: ({ code, message }) => {
    if (code === "UNRESOLVED_IMPORT") console.error(message)
  }
})
await bundle.write({ file: "rollup/bundle.mjs", format: "es", inlineDynamicImports: true })
await bundle.close()
