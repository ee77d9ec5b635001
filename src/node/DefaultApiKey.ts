/**
 * The key of a program on Node: from the environment, from the store, or by a sign-in whose key is stored.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ApiKey, Provider } from "../ApiKey.js"
import * as OAuthClient from "../OAuthClient.js"
import type * as WorkloadIdentity from "../WorkloadIdentity.js"
import * as BrowserOpener from "./BrowserOpener.js"
import * as CredentialStore from "./CredentialStore.js"
import { baseUrlOf, chain, loopback, wantsSignIn, workloadWith } from "./internal/keyProviders.js"
import type * as LoopbackSignIn from "./LoopbackSignIn.js"

/**
 * Options of the sign-in, and when there is one.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignInOptions extends LoopbackSignIn.Options {
  /** `terminal`: only if a person sits at a terminal. Defaults to `always`. */
  readonly when?: "always" | "terminal" | undefined
}

/**
 * Options of `layer`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Under which the key is stored. Defaults to `default`. */
  readonly profile?: string | undefined
  /** Of the client that signs in. Its base URL, or `OPENROUTER_BASE_URL`, is also what the key is stored under. */
  readonly client?: OAuthClient.Options | undefined
  /** False for no sign-in. Defaults to a sign-in with the standard options if a person sits at a terminal. */
  readonly signIn?: SignInOptions | false | undefined
  /** A workload's access tokens, for programs that no person signs in. Asked before the environment. */
  readonly workload?: WorkloadIdentity.Options<{ readonly message: string }> | undefined
  /** Asked before all others. */
  readonly providers?: ReadonlyArray<Provider> | undefined
  /** Where keys are stored. Defaults to `CredentialStore.layer()`. */
  readonly store?: Layer.Layer<CredentialStore.CredentialStore> | undefined
  /** Opens the page of a sign-in. Defaults to `BrowserOpener.layer`. */
  readonly browser?: Layer.Layer<BrowserOpener.BrowserOpener> | undefined
}

/**
 * Reads `OPENROUTER_API_KEY`, then the store, then asks the person to sign in. The sources are `environment`, `store` and `sign-in`, and
 * before them `workload` if that option is given. Fails with `ApiKeyMissing`, or with `ApiKeyUnavailable` whose cause is the error of the
 * store, the sign-in or the token exchange. If a key could not be saved, that cause is a `CredentialStoreError` with the key.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as ApiKey from "effect-openrouter-oauth/ApiKey"
 * import * as DefaultApiKey from "effect-openrouter-oauth/node/DefaultApiKey"
 *
 * const program = Effect.gen(function* () {
 *   const { source } = yield* (yield* ApiKey.ApiKey).get
 *   return `The key is from: ${source}`
 * }).pipe(Effect.provide(DefaultApiKey.layer({ signIn: { keyLabel: "My tool", limit: 5 } })))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<ApiKey> => {
  const { client = {}, profile, signIn = { when: "terminal" } } = options
  const baseUrl = baseUrlOf(client.baseUrl)
  const where = Effect.map(baseUrl, (url) => ({ baseUrl: url, profile }))
  const asking = wantsSignIn(signIn) ? { signIn: loopback(client, baseUrl, signIn), label: signIn.keyLabel } : undefined
  const workload =
    options.workload === undefined
      ? []
      : [
          workloadWith(
            Layer.unwrapEffect(Effect.map(baseUrl, (url) => OAuthClient.layerFetch({ ...client, baseUrl: url }))),
            options.workload
          )
        ]
  return chain([...(options.providers ?? []), ...workload], where, asking).pipe(
    Layer.provide([options.store ?? CredentialStore.layer(), options.browser ?? BrowserOpener.layer])
  )
}
