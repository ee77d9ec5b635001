/**
 * The sandbox on a port, for programs in any language. Faults that break a connection break a real one.
 *
 * @since 0.1.0
 */
import * as Http from "node:http"
import { isIP } from "node:net"
import * as Headers from "@effect/platform/Headers"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { PortUnavailable } from "../internal/PortUnavailable.js"
import { parse } from "../internal/url.js"
import { listen, portUnavailable } from "../node/internal/listen.js"
import * as Sandbox from "../Sandbox.js"
import { answerOf } from "./internal/answerOf.js"
import { control } from "./internal/control.js"
import { standardError } from "./internal/errorBody.js"
import * as Reply from "./internal/Reply.js"

/**
 * Options of a sandbox that listens on a port.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerOptions extends Sandbox.Options {
  /** The address to listen on. Defaults to `127.0.0.1`. */
  readonly host?: string | undefined
  /** The port to listen on. Defaults to 0, which picks a free one. */
  readonly port?: number | undefined
}

/**
 * The address of the sandbox.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
 *
 * const docsUrl = Effect.map(SandboxNode.SandboxServer, ({ origin }) => `${origin}/docs`).pipe(
 *   Effect.provide(SandboxNode.layerServer())
 * )
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class SandboxServer extends Context.Tag("effect-openrouter-oauth/SandboxServer")<
  SandboxServer,
  {
    readonly port: number
    /** Such as `http://127.0.0.1:8787`. The consent page is at `/auth`, the API description at `/openapi.json`. */
    readonly origin: string
    /** The base URL for clients: the origin with `/api/v1`. */
    readonly baseUrl: string
  }
>() {}

export {
  /**
   * The server cannot listen on the port. `reason` is `AddressInUse` if another program has it.
   *
   * @since 0.1.0
   * @category errors
   */
  PortUnavailable
}

const readText = (request: Http.IncomingMessage): Effect.Effect<string | undefined> =>
  Effect.async((resume) => {
    const chunks: Array<Buffer> = []
    let size = 0
    request.on("data", (chunk: Buffer) => {
      size += chunk.length
      if (size <= Reply.maxRequestBytes) chunks.push(chunk)
    })
    request.once("end", () =>
      resume(Effect.succeed(size > Reply.maxRequestBytes ? undefined : Buffer.concat(chunks).toString("utf8")))
    )
  })

/** Long enough for the peer to read what came before a reset: a reset discards what was not read yet. */
const resetDelay = 50

const write = (response: Http.ServerResponse, bytes: Uint8Array): Effect.Effect<void> =>
  Effect.async((resume) => {
    response.write(bytes, () => resume(Effect.void))
  })

const send = (response: Http.ServerResponse, reply: Reply.Reply, method: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (reply.delivery === "Reset") {
      response.socket?.resetAndDestroy()
      return Effect.void
    }
    const isBodiless = method === "HEAD" || !Reply.hasBody(reply)
    const length =
      reply.delivery === "Padded" || !Reply.hasBody(reply) ? {} : { "content-length": String(reply.body.length) }
    response.writeHead(reply.status, { ...length, ...reply.headers })
    if (isBodiless || reply.delivery === "Whole") {
      response.end(isBodiless ? undefined : reply.body)
      return Effect.void
    }
    return Stream.runForEach(Reply.bodyStream(reply), (bytes) => write(response, bytes)).pipe(
      Effect.match({
        onSuccess: () => {
          response.end()
        },
        onFailure: (how) => {
          if (how === "end") response.socket?.end()
          else setTimeout(() => response.socket?.resetAndDestroy(), resetDelay)
        }
      })
    )
  })

/**
 * Whether the request has one Host header, and that names the address that the server listens on: a site whose name resolves to it (DNS
 * rebinding) gets no answer. If the server listens on every interface, Host may be any address, or a name without dots such as a
 * container's, with any port.
 */
const isOwnHost = (request: Http.IncomingMessage, host: string, port: number): boolean => {
  const given = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host")
  const url = given.length === 1 ? parse(`http://${request.headers.host}`) : undefined
  if (url === undefined || url.pathname !== "/" || url.username !== "") return false
  const name = url.hostname.replace(/^\[|\]$/g, "")
  if (host === "0.0.0.0" || host === "::") return isIP(name) !== 0 || !name.includes(".")
  const names = ["127.0.0.1", "::1", "localhost"].includes(host) ? ["127.0.0.1", "::1", "localhost"] : [host]
  return names.includes(name) && (url.port || "80") === String(port)
}

const makeServer = (options: ServerOptions) =>
  Effect.gen(function* () {
    const host = options.host ?? "127.0.0.1"
    const sandbox = yield* Sandbox.Sandbox
    const answer = answerOf(sandbox)
    const controls = control(sandbox)
    const run = yield* FiberSet.makeRuntime<never>()
    const server = Http.createServer()
    const asked = options.port ?? 0
    const port = yield* Effect.mapError(listen(server, host, asked), portUnavailable("layerServer", host, [asked]))
    const named = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host
    const origin = `http://${named.includes(":") ? `[${named}]` : named}:${port}`

    const replyTo = (request: Http.IncomingMessage, method: string, url: URL | undefined) => {
      if (url === undefined) return Effect.succeed(standardError(400, "Bad request"))
      if (!isOwnHost(request, host, port)) {
        return Effect.succeed(
          standardError(421, `This sandbox only answers requests to ${origin}. The Host header names another address.`)
        )
      }
      const incoming = { method, url, headers: Headers.fromInput(request.headers), text: readText(request) }
      return controls(incoming) ?? answer(incoming)
    }

    server.on("request", (request, response) => {
      const method = request.method ?? "GET"
      const url = parse(`${origin}${request.url}`)
      const fiber = run(Effect.flatMap(replyTo(request, method, url), (reply) => send(response, reply, method)))
      response.once("close", () => {
        if (!response.writableFinished) fiber.unsafeInterruptAsFork(fiber.id())
      })
    })
    return { port, origin, baseUrl: `${origin}/api/v1` }
  })

/**
 * Runs the sandbox on a port: listens when the layer is built, and closes every connection when it is released. Fails with
 * `PortUnavailable`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
 *
 * const program = Effect.gen(function* () {
 *   const { baseUrl } = yield* SandboxNode.SandboxServer
 *   return yield* Effect.promise(() => fetch(`${baseUrl}/key`))
 * }).pipe(Effect.provide(SandboxNode.layerServer({ profile: "observed" })))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServer = (
  options: ServerOptions = {}
): Layer.Layer<Sandbox.Sandbox | SandboxServer, PortUnavailable> =>
  Layer.provideMerge(Layer.scoped(SandboxServer, makeServer(options)), Sandbox.layer(options))
