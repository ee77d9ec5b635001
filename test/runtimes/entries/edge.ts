/** For edge-runtime: the test asks for the results by `runChecks`. */
import { type Environment, runAll } from "../checks/check.js"
import { serverChecks } from "../checks/index.js"

Object.assign(globalThis, { runChecks: (environment: Environment) => runAll(serverChecks, environment) })
