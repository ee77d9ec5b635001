/** As `node.ts`, without Node's modules: what a bundler made of it. */
import { runAll } from "../checks/check.js"
import { serverChecks } from "../checks/index.js"

runAll(serverChecks, JSON.parse(process.env.RUNTIMES_ENVIRONMENT ?? "{}")).then((results) =>
  console.log(JSON.stringify(results))
)
