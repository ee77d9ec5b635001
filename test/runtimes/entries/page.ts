/** For a page: the test asks for the results by `runChecks`. */
import { type Environment, runAll } from "../checks/check.js"
import { browserChecks } from "../checks/index.js"

Object.assign(globalThis, { runChecks: (environment: Environment) => runAll(browserChecks, environment) })
