/**
 * Finds the API key of a program on Node: in the environment, in the store, or by a sign-in, whose key is then stored.
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
 * Options of the sign-in that asks for a key.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignInOptions extends LoopbackSignIn.Options {
  /** When to sign in: `always`, or only if a person is at a terminal (`terminal`). Defaults to `always`. */
  readonly when?: "always" | "terminal" | undefined
}

/**
 * Options of `layer`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The profile that the key is stored under. Defaults to `default`. */
  readonly profile?: string | undefined
  /** Options of the client that signs in. The key is stored under its base URL, which defaults to `OPENROUTER_BASE_URL`. */
  readonly client?: OAuthClient.Options | undefined
  /** Options of the sign-in, or false for none. Defaults to `{ when: "terminal" }`. */
  readonly signIn?: SignInOptions | false | undefined
  /** Access tokens of a workload, for programs without a user. Tried before the environment. */
  readonly workload?: WorkloadIdentity.Options<{ readonly message: string }> | undefined
  /** Further providers, tried before all others. */
  readonly providers?: ReadonlyArray<Provider> | undefined
  /** The store of keys. Defaults to `CredentialStore.layer()`. */
  readonly store?: Layer.Layer<CredentialStore.CredentialStore> | undefined
  /** Opens the page of a sign-in. Defaults to `BrowserOpener.layer`. */
  readonly browser?: Layer.Layer<BrowserOpener.BrowserOpener> | undefined
}

/**
 * Provides `ApiKey`: reads `OPENROUTER_API_KEY`, then the store, then asks the user to sign in. The sources are called `environment`, `store`
 * and `sign-in`, and `workload` before them if that option is given.
 *
 * `get` fails with `ApiKeyMissing`, or with `ApiKeyUnavailable`, whose cause is the error of the store, the sign-in or the token exchange. If
 * a key could not be saved, that cause is a `CredentialStoreError` with the key.
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
