/** The web handler with everything that it needs, for plain async code. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as OAuthClient from "../../OAuthClient.js"
import { InvalidRequest } from "../../OAuthError.js"
import { layerMemory, type PendingSignIns } from "../../PendingSignIns.js"
import * as Pkce from "../../Pkce.js"
import { serviceOfClient } from "../../PromiseClient/internal/createClient.js"
import { layerRetries } from "../../PromiseClient/internal/retries.js"
import { type ClientOptions, createClient } from "../../PromiseClient.js"
import * as SignIn from "../../SignIn.js"
import * as SettingsOf from "./settings.js"
import { makeWebHandler, type WebHandler, type WebOptions } from "./webHandler.js"

/**
 * Options of `toWebHandler`.
 *
 * @since 0.1.0
 * @category models
 */
export interface StandaloneOptions extends WebOptions {
  /** Options of the client. Defaults to OpenRouter itself, over `fetch`. An API key is not needed. */
  readonly client?: ClientOptions | undefined
  /** The store of pending sign-ins. Defaults to the memory of this process. Servers of several processes share a store. */
  readonly pendingSignIns?: Layer.Layer<PendingSignIns, unknown> | undefined
}

/** Makes the web handler. Throws `InvalidRequest`, in which `operation` is the function that the caller called. */
export const makeStandalone = (
  operation: string,
  { client = {}, pendingSignIns = layerMemory, ...options }: StandaloneOptions
): WebHandler & { readonly site: SettingsOf.Site } => {
  const site = SettingsOf.readOrThrow(operation, options)
  return { site, ...makeWebHandler(site, options, signInLayer(operation, client, pendingSignIns)) }
}

const signInLayer = (
  operation: string,
  client: ClientOptions,
  pendingSignIns: Layer.Layer<PendingSignIns, unknown>
): Layer.Layer<SignIn.SignIn, unknown> => {
  const service = Either.getOrThrowWith(
    Effect.runSync(Effect.either(serviceOfClient(createClient(client), operation))),
    ({ issues }) =>
      new InvalidRequest({
        operation,
        issues: issues.map(({ message, path }) => ({ path: `client.${path}`, message }))
      })
  )
  const signIn = Layer.provide(SignIn.layer, [
    Layer.succeed(OAuthClient.OAuthClient, service),
    Pkce.layer,
    pendingSignIns
  ])
  return Layer.merge(signIn, layerRetries(client))
}
