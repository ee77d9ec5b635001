/** For Metro: no module of Node's, as in React Native. The environment comes in RUNTIMES_ENVIRONMENT, the results go out as the last line. */
import { runAll } from "../checks/check.js"
import { browserChecks } from "../checks/index.js"

runAll(browserChecks, JSON.parse(process.env.RUNTIMES_ENVIRONMENT ?? "{}")).then((results) =>
  console.log(JSON.stringify(results))
)
