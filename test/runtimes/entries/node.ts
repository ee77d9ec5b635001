/** For Node, Bun and Deno: the environment comes in RUNTIMES_ENVIRONMENT, the results go out as the last line. */
import { runAll } from "../checks/check.js"
import { denoChecks, serverChecks } from "../checks/index.js"
import { nodeChecks } from "../checks/node.js"

const environment = JSON.parse(process.env.RUNTIMES_ENVIRONMENT ?? "{}")
const checks = [...serverChecks, ...nodeChecks, ...("Deno" in globalThis ? denoChecks : [])]
console.log(JSON.stringify(await runAll(checks, environment)))
