/** A tool with a page of its own on this machine: the port of the page is also the port of the callback. */
import * as Http from "node:http"
import { toMiddleware } from "effect-openrouter-oauth/node/NodeSignInRoutes"

/** Give it the port, and the host as the browser's address bar has it: the cookie of the sign-in is of that host alone. */
export const serve = (port: number, onKey: (key: string) => void, baseUrl?: string): Http.Server => {
  const signIn = toMiddleware({
    callbackUrl: `http://localhost:${port}/auth/openrouter/callback`,
    client: { appTitle: "My tool", baseUrl },
    keyLabel: "My tool",
    limit: 5,
    onSignedIn: ({ key }, _request, response) => {
      onKey(key)
      response.writeHead(303, { location: "/" }).end()
    }
  })
  const server = Http.createServer((request, response) =>
    signIn(request, response, () => {
      response.writeHead(200, { "content-type": "text/html" })
      response.end('<a href="/auth/openrouter">Sign in with OpenRouter</a>')
    })
  )
  server.on("close", () => void signIn.dispose())
  return server.listen(port, "localhost")
}
