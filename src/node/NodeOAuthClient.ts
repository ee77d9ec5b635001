/**
 * The client over undici's own pool of connections, which is faster on Node than `fetch`.
 *
 * Needs `@effect/platform-node` beside it: `npm i @effect/platform-node`, in the release that belongs to your `@effect/platform`
 * (0.108 to 0.97, 0.107 to 0.96). It is no declared peer dependency; without it the import fails with `Cannot find package
 * '@effect/platform-node'`.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type * as Undici from "@effect/platform-node/Undici"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { tryPromiseWithin } from "../client/deadline.js"
import { sendByHttpClient } from "../client/httpClientTransport.js"
import { makeService } from "../client/service.js"
import { Answer, readInto, type Send } from "../client/transport.js"
import * as OAuthClient from "../OAuthClient.js"
import type { InvalidRequest } from "../OAuthError.js"
import * as Pkce from "../Pkce.js"

/**
 * The service over undici's pool and PKCE, as by `OAuthClient.layerFetch`, at about half its cost (see docs/performance.md). The pool's connections are
 * closed when the layer ends. Bun has no such pool: there it is `OAuthClient.layerFetch`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 * import * as NodeOAuthClient from "effect-openrouter-oauth/node/NodeOAuthClient"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 *
 * const key = Effect.gen(function* () {
 *   const client = yield* OAuthClient.OAuthClient
 *   return yield* client.exchangeAuthCodeForAPIKey({ code: Redacted.make("the code") })
 * }).pipe(Effect.provide(NodeOAuthClient.layerUndici({ timeout: "10 seconds" })))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerUndici = (
  options: OAuthClient.Options = {}
): Layer.Layer<OAuthClient.OAuthClient | Pkce.Pkce, InvalidRequest> =>
  isBun ? OAuthClient.layerFetch(options) : layerPool(options)

/** Bun replaces the module `undici` by one whose pool cannot send. */
const isBun = "Bun" in globalThis

const layerPool = (options: OAuthClient.Options) =>
  Layer.merge(
    options.transformClient
      ? Layer.effect(
          OAuthClient.OAuthClient,
          Effect.flatMap(Effect.map(HttpClient.HttpClient, options.transformClient), (http) =>
            makeService(operation, sendByHttpClient(http), options)
          )
        ).pipe(Layer.provide(NodeHttpClient.layerUndici))
      : Layer.effect(
          OAuthClient.OAuthClient,
          Effect.flatMap(NodeHttpClient.Dispatcher, (pool) => makeService(operation, sendBy(pool), options))
        ).pipe(Layer.provide(NodeHttpClient.dispatcherLayer)),
    Pkce.layer
  )

const operation = "NodeOAuthClient.layerUndici"

/** Sends by the pool itself, without the platform's client in between. */
const sendBy =
  (pool: Undici.Dispatcher): Send =>
  ({ url, ...request }, attempt) =>
    tryPromiseWithin(attempt, async (signal) => {
      const { origin, pathname, search } = new URL(url)
      const { body, headers, statusCode } = await pool.request({
        ...request,
        origin,
        path: pathname + search,
        signal,
        // The attempt has a deadline of its own.
        headersTimeout: 0,
        bodyTimeout: 0
      })
      const chunks = body[Symbol.asyncIterator]()
      return readInto(
        new Answer(statusCode, (name) => {
          const value = headers[name]
          return Array.isArray(value) ? value.join(", ") : value
        }),
        {
          read: () => chunks.next(),
          cancel: async () => body.on("error", () => {}).destroy()
        }
      )
    })
