// Builds entries/bundle.js by webpack, for Node.
import { resolve } from "node:path"
import webpack from "webpack"
import { rejectFaults } from "./faults.js"

await rejectFaults((done) =>
  webpack(
    {
      mode: "production",
      optimization: { minimize: false },
      target: "node20",
      entry: "./entries/bundle.js",
      output: { path: resolve("webpack"), filename: "bundle.cjs" }
    },
    done
  )
)
