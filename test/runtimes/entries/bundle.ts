/** As `node.ts`, without the packages of `@effect/platform-node`, and without a top-level await: what a bundler makes a program of. */
import { runAll } from "../checks/check.js"
import { serverChecks } from "../checks/index.js"
import { openChecks } from "../checks/open.js"

runAll([...serverChecks, ...openChecks], JSON.parse(process.env.RUNTIMES_ENVIRONMENT ?? "{}")).then((results) =>
  console.log(JSON.stringify(results))
)
