/** A web server for the flood test, run as a process of its own with a small heap. Prints its port. */

import * as Http from "node:http"
import { toMiddleware } from "effect-openrouter-oauth/node/NodeSignInRoutes"
import { portOf } from "../util/server.js"

const server = Http.createServer()
server.listen(0, "127.0.0.1", () => {
  const port = portOf(server)
  const signIn = toMiddleware({
    callbackUrl: `http://127.0.0.1:${port}/auth/openrouter/callback`,
    client: { baseUrl: process.env.OPENROUTER_BASE_URL },
    onSignedIn: (_, _req, res) => {
      res.writeHead(303, { location: "/signed-in" }).end()
    }
  })
  server.on("request", (req, res) =>
    signIn(req, res, () => {
      res.end(String(process.memoryUsage().rss))
    })
  )
  console.log(port)
})
