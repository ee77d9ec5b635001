/**
 * The fast way on Node: undici's own pool of connections instead of `fetch`, and `node:crypto` instead of Web Crypto.
 *
 * @since 0.1.0
 */
import { createHash, randomBytes } from "node:crypto"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as OAuthClient from "../OAuthClient.js"
import type { InvalidRequest } from "../OAuthError.js"
import * as Pkce from "../Pkce.js"

/**
 * Everything supplied, as by `OAuthClient.layerFetch`, at about half its cost (see docs/performance.md). The pool's connections are
 * closed when the layer ends. Needs `@effect/platform-node`.
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
  options?: OAuthClient.Options
): Layer.Layer<OAuthClient.OAuthClient | Pkce.Pkce, InvalidRequest> =>
  Layer.merge(Layer.provide(OAuthClient.layer(options), NodeHttpClient.layerUndici), layerPkce)

const layerPkce = Layer.sync(Pkce.Pkce, () =>
  Pkce.makeWith(
    () => randomBytes(32).toString("base64url"),
    (verifier) => Effect.sync(() => createHash("sha256").update(verifier).digest("base64url") as Pkce.CodeChallenge)
  )
)
