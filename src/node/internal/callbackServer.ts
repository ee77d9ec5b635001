/**
 * The server that a browser comes back to: on loopback, for as long as one sign-in lasts (RFC 8252, section 7.3).
 */

import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { contentType, html, isPrefetch, type Page, headers as pageHeaders } from "../../internal/page.js"

/**
 * The callback server cannot listen where it was asked to.
 */
export class PortUnavailable extends Data.TaggedError("PortUnavailable")<{
  readonly port: number
  readonly message: string
}> {}

export type { Page }

export interface CallbackServer {
  /** `http://127.0.0.1:PORT/callback`, or the same on `[::1]`. */
  readonly callbackUrl: string
  /** Gives every callback (its whole URL) to the handler from now on: a page, and what to do once the browser has it. */
  readonly handle: (handler: Handler) => Effect.Effect<void>
}

export type Handler = (url: string) => Effect.Effect<{ readonly page: Page; readonly afterwards: Effect.Effect<void> }>

const path = "/callback"

const headers = { ...pageHeaders, "content-type": contentType, connection: "close" }

const notHere: Page = { status: 404, title: "Nothing here", text: "This address only receives a sign-in." }

const listen = (server: Http.Server, host: string, port: number): Effect.Effect<number, NodeJS.ErrnoException> =>
  Effect.async((resume) => {
    const onError = (error: Error) => resume(Effect.fail(error))
    server.once("error", onError)
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", onError)
      resume(Effect.succeed((server.address() as AddressInfo).port))
    })
  })

/**
 * Listens on 127.0.0.1 (on ::1 where there is no IPv4 loopback), on port 0 or the chosen one, until the scope ends; then every
 * socket is closed at once. Only a GET of the callback's path, with the exact Host, reaches the handler.
 */
export const make = (port: number): Effect.Effect<CallbackServer, PortUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    // What still runs when the sign-in ends is interrupted with it.
    const run = yield* FiberSet.makeRuntime<never>()
    let handler: Handler = () => Effect.succeed({ page: notHere, afterwards: Effect.void })
    let origin = ""

    const server = Http.createServer(
      { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 10_000 },
      (request, response) => {
        const reply = (page: Page, more: Http.OutgoingHttpHeaders = {}) => {
          if (response.destroyed) return
          response.writeHead(page.status, { ...headers, ...more })
          response.end(request.method === "HEAD" ? undefined : html(page))
        }
        request.resume()
        if (`http://${request.headers.host}` !== origin) {
          return reply({ status: 421, title: "Nothing here", text: "This address answers under its own name only." })
        }
        const target = request.url ?? ""
        if (target !== path && !target.startsWith(`${path}?`)) return reply(notHere)
        if (request.method !== "GET") {
          return reply({ status: 405, title: "Nothing here", text: "A sign-in comes back with GET." }, { allow: "GET" })
        }
        if (isPrefetch((name) => request.headers[name])) {
          return reply({ status: 503, title: "Not in advance", text: "Open this page to finish the sign-in." })
        }
        run(
          Effect.flatMap(handler(`${origin}${target}`), ({ afterwards, page }) =>
            Effect.zipRight(
              Effect.async<void>((resume) => {
                if (response.destroyed) return resume(Effect.void)
                response.once("close", () => resume(Effect.void))
                response.once("finish", () => resume(Effect.void))
                reply(page)
              }),
              afterwards
            )
          )
        )
      }
    )

    yield* Effect.addFinalizer(() =>
      Effect.async<void>((resume) => {
        if (!server.listening) return resume(Effect.void)
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
    )
    const bound = (host: string, literal: string) =>
      Effect.map(listen(server, host, port), (actual) => {
        origin = `http://${literal}:${actual}`
      })
    yield* bound("127.0.0.1", "127.0.0.1").pipe(
      Effect.catchIf(
        ({ code }) => code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT",
        () => bound("::1", "[::1]")
      ),
      Effect.mapError(
        ({ code }) =>
          new PortUnavailable({
            port,
            message:
              code === "EADDRINUSE"
                ? `Port ${port} is taken by another program. Choose another one, or none to let one be picked.`
                : `Port ${port} cannot be listened on (${code ?? "unknown"}). Choose another one, or none to let one be picked.`
          })
      )
    )
    server.on("error", () => {})

    return {
      callbackUrl: `${origin}${path}`,
      handle: (given) =>
        Effect.sync(() => {
          handler = given
        })
    }
  })
