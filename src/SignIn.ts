/**
 * "Sign in with OpenRouter" as a whole: `begin` makes the address of OpenRouter's consent page, and `complete` turns its callback into a
 * key.
 *
 * A callback is believed only if it belongs to a sign-in that this program began, in the browser that began it (RFC 9700, section 4.7):
 * its attempt or state must be known, the browser binding and the subject must be those of `begin`, and it must have arrived at the
 * callback URL of its sign-in. A callback that fails one of these checks leaves the sign-in pending.
 *
 * @since 0.1.0
 * @see https://openrouter.ai/docs/use-cases/oauth-pkce
 */

import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { OAuthClient } from "./OAuthClient.js"
import { PendingSignIns } from "./PendingSignIns.js"
import { Pkce } from "./Pkce.js"
import { makeBegin } from "./SignIn/internal/begin.js"
import { makeComplete } from "./SignIn/internal/complete.js"
import type { Service } from "./SignIn/internal/models.js"

export {
  AuthorizationDenied,
  AuthorizationFailed,
  type CompleteError,
  StateMismatch,
  UnknownAttempt
} from "./SignIn/internal/errors.js"
export type { BeginOptions, CompleteOptions, Service, SignedIn, SignInStarted } from "./SignIn/internal/models.js"

/**
 * The service that signs users in.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
 * import * as SignIn from "effect-openrouter-oauth/SignIn"
 *
 * const begin = Effect.gen(function* () {
 *   const signIn = yield* SignIn.SignIn
 *   return yield* signIn.begin({ callbackUrl: "https://app.example/callback", returnTo: "/settings" })
 * })
 *
 * const SignInLive = SignIn.layer.pipe(Layer.provide([OAuthClient.layerFetch(), PendingSignIns.layerMemory]))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class SignIn extends Context.Tag("effect-openrouter-oauth/SignIn")<SignIn, Service>() {}

/**
 * Provides `SignIn` from a client, PKCE and a store of pending sign-ins.
 *
 * @example
 * ```ts
 * import * as Layer from "effect/Layer"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
 * import * as SignIn from "effect-openrouter-oauth/SignIn"
 *
 * const SignInLive = SignIn.layer.pipe(
 *   Layer.provide([OAuthClient.layerFetch({ appTitle: "My app" }), PendingSignIns.layerMemory])
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<SignIn, never, OAuthClient | Pkce | PendingSignIns> = Layer.effect(
  SignIn,
  Effect.map(Effect.all({ client: OAuthClient, pkce: Pkce, store: PendingSignIns }), (services) =>
    SignIn.of({ begin: makeBegin(services), ...makeComplete(services) })
  )
)
