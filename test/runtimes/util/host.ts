/** What the runtimes under test talk to: servers of this process. */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import type { Environment } from "../checks/check.js"

export interface Host {
  readonly environment: Omit<Environment, "refused">
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
  const closed = Http.createServer()
  const closedUrl = await listen(closed)
  await close(closed)
  return {
    environment: { apiKey, baseUrl, closedUrl, redirectUrl: await listen(redirecting) },
    stop: async () => {
      await close(redirecting)
      await runtime.dispose()
    }
  }
}
