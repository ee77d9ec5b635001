// Builds entries/bundle.js by rspack, for Node.
import { resolve } from "node:path"
import { rspack } from "@rspack/core"
import { rejectFaults } from "./faults.js"

await rejectFaults((done) =>
  rspack(
    {
      mode: "production",
      optimization: { minimize: false },
      target: "node20",
      entry: "./entries/bundle.js",
      output: { path: resolve("rspack"), filename: "bundle.cjs" }
    },
    done
  )
)
