/** For workers: a request whose body is the environment is answered with the results. */
import { type Environment, runAll } from "../checks/check.js"
import { serverChecks } from "../checks/index.js"

export default {
  fetch: async (request: Request): Promise<Response> => {
    const environment: Environment = JSON.parse(await request.text())
    return Response.json(await runAll(serverChecks, environment))
  }
}
