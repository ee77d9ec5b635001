/** What the runtimes under test talk to: servers of this process. */
import * as Http from "node:http"
import type { AddressInfo, Socket } from "node:net"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import type { Environment } from "../checks/check.js"

export interface Host {
  readonly environment: Omit<Environment, "refused" | "repeats">
  readonly stop: () => Promise<void>
}

const listen = async (server: Http.Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

const close = async (server: Http.Server): Promise<void> => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** Pages of other origins may read it, as OpenRouter's answers. */
const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization,content-type" }

/** Answers the first exchange on a connection, and breaks the connection at the second one. */
const breakingServer = (): Http.Server => {
  const used = new WeakSet<Socket>()
  let posts = 0
  return Http.createServer((request, response) => {
    const { method, socket } = request
    if (method === "OPTIONS") return response.writeHead(204, cors).end()
    if (method === "GET") return response.writeHead(200, cors).end(String(posts))
    posts++
    request.resume().once("end", () => {
      if (used.has(socket)) return socket.destroy()
      used.add(socket)
      response.writeHead(200, { ...cors, "content-type": "application/json" })
      return response.end('{"key":"sk-or-v1-from-a-breaking-server","user_id":null}')
    })
    return response
  })
}

export const startHost = async (): Promise<Host> => {
  const runtime = ManagedRuntime.make(Layer.fresh(layerServer({ approve: true })))
  const { apiKey, baseUrl } = await runtime.runPromise(
    Effect.gen(function* () {
      const { keys } = yield* Sandbox
      return { apiKey: Redacted.value(keys.apiKey), baseUrl: (yield* SandboxServer).baseUrl }
    })
  )
  const redirecting = Http.createServer((request, response) =>
    request.method === "OPTIONS"
      ? response.writeHead(204, cors).end()
      : response.writeHead(307, { ...cors, location: "/elsewhere" }).end()
  )
  const breaking = breakingServer()
  const closed = Http.createServer()
  const closedUrl = await listen(closed)
  await close(closed)
  return {
    environment: {
      apiKey,
      baseUrl,
      closedUrl,
      redirectUrl: await listen(redirecting),
      breakingUrl: await listen(breaking)
    },
    stop: async () => {
      await close(breaking)
      await close(redirecting)
      await runtime.dispose()
    }
  }
}
