/** Real HTTP servers on loopback, for what only a socket shows. */
import * as Http from "node:http"
import type * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

export interface TestServer {
  /** `http://127.0.0.1:PORT/api/v1`. */
  readonly baseUrl: string
  readonly port: number
  readonly received: Array<Received>
  /** Resolves when the first connection is closed. */
  readonly closed: Promise<void>
}

/** The port that a listening server has. */
export const portOf = (server: Net.Server): number => {
  const address = server.address()
  if (typeof address !== "object" || address === null) throw new Error("the server does not listen on a port")
  return address.port
}

type Handler = (request: Received, response: Http.ServerResponse, socket: Net.Socket) => void

/** Answers with the handler once a request has been read whole; ends with the scope, sockets and all. */
export const serve = (handler: Handler): Effect.Effect<TestServer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<{ readonly server: Http.Server; readonly test: TestServer }>((resume) => {
      const received: Array<Received> = []
      let onClosed = () => {}
      const closed = new Promise<void>((resolve) => {
        onClosed = resolve
      })
      const server = Http.createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const { headers, method = "", url = "" } = request
          const one = { method, url, headers, body: Buffer.concat(chunks).toString("utf8") }
          received.push(one)
          handler(one, response, request.socket)
        })
      })
      server.on("connection", (socket) => socket.on("close", () => onClosed()))
      server.listen(0, "127.0.0.1", () => {
        const port = portOf(server)
        resume(Effect.succeed({ server, test: { baseUrl: `http://127.0.0.1:${port}/api/v1`, port, received, closed } }))
      })
    }),
    ({ server }) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  ).pipe(Effect.map(({ test: server }) => server))

export const json = (
  response: Http.ServerResponse,
  status: number,
  body: unknown,
  headers: Http.OutgoingHttpHeaders = {}
) => {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(typeof body === "string" ? body : JSON.stringify(body))
}
