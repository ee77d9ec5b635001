/**
 * OpenRouter's OAuth endpoints as one Effect service: requests and answers decoded by schemas, one tagged error for
 * everything that can go wrong, no secret in any of them.
 *
 * @since 0.1.0
 * @see https://openrouter.ai/docs/use-cases/oauth-pkce
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { CurrentAttribution } from "./client/attribution.js"
import { sendByFetch } from "./client/fetchTransport.js"
import { sendByHttpClient } from "./client/httpClientTransport.js"
import { ownFetch } from "./client/ownFetch.js"
import { makeService, type Service, type ServiceOptions } from "./client/service.js"
import { defined } from "./internal/defined.js"
import type { InvalidRequest } from "./OAuthError.js"
import type * as OAuthSchema from "./OAuthSchema.js"
import * as Pkce from "./Pkce.js"

/**
 * OpenRouter's OAuth endpoints. `layer`, `layerConfig` and `layerFetch` make it.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 *
 * const exchange = (code: string, codeVerifier: Redacted.Redacted) =>
 *   Effect.gen(function* () {
 *     const client = yield* OAuthClient.OAuthClient
 *     const { key } = yield* client.exchangeAuthCodeForAPIKey({ code: Redacted.make(code), codeVerifier })
 *     return key
 *   }).pipe(Effect.catchTag("Forbidden", (error) => Effect.fail(error.reason)))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class OAuthClient extends Context.Tag("effect-openrouter-oauth/OAuthClient")<OAuthClient, Service>() {}

export type { Service } from "./client/service.js"

/**
 * Options of `make`, `layer`, `layerConfig` and `layerFetch`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends ServiceOptions {
  /** Changes the HTTP client, such as `HttpClient.withTracerPropagation(true)`. Redirects stay refused. */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/**
 * Makes the service over the `HttpClient` of the context. Fails with `InvalidRequest`, which names every invalid option.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Effect.Effect<Service, InvalidRequest, HttpClient.HttpClient> =>
  makeAs("OAuthClient.make", options)

const makeAs = (
  operation: string,
  options: Options = {}
): Effect.Effect<Service, InvalidRequest, HttpClient.HttpClient> =>
  Effect.flatMap(HttpClient.HttpClient, (http) =>
    makeService(operation, sendByHttpClient(options.transformClient?.(http) ?? http), options)
  )

/**
 * The service over any HttpClient. Reads no environment.
 *
 * Redirects are not followed: the clients of `@effect/platform` are told so. A client that follows them by itself may send a code or a key elsewhere.
 *
 * @example
 * ```ts
 * import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
 * import * as Layer from "effect/Layer"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
 *
 * const OpenRouter = OAuthClient.layer({ appTitle: "My app", timeout: "10 seconds" }).pipe(
 *   Layer.provide([FetchHttpClient.layer, RetryPolicy.layer(RetryPolicy.none)])
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<OAuthClient, InvalidRequest, HttpClient.HttpClient> =>
  Layer.effect(OAuthClient, makeAs("OAuthClient.layer", options))

/** An environment variable that is set but empty counts as absent. */
const optional = <A>(config: Config.Config<A>, isEmpty: (value: A) => boolean): Config.Config<A | undefined> =>
  Config.map(Config.option(config), (value) =>
    Option.getOrUndefined(Option.filter(value, (present) => !isEmpty(present)))
  )

const optionalText = (name: string) => optional(Config.string(name), (value) => value.trim() === "")

/**
 * The service with options from `Config`. Options that are not given are read from `OPENROUTER_API_KEY`, `OPENROUTER_BASE_URL`,
 * `OPENROUTER_HTTP_REFERER`, `OPENROUTER_APP_TITLE` and `OPENROUTER_APP_CATEGORIES`.
 *
 * @example
 * ```ts
 * import * as Config from "effect/Config"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 *
 * const OpenRouter = OAuthClient.layerConfig({ apiKey: Config.redacted("MY_OPENROUTER_KEY") })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  wrapped: Config.Config.Wrap<Options> = {}
): Layer.Layer<OAuthClient, InvalidRequest | ConfigError.ConfigError, HttpClient.HttpClient> => {
  const config = Config.isConfig(wrapped)
    ? wrapped
    : Config.unwrap<Options>({
        apiKey: optional(Config.redacted("OPENROUTER_API_KEY"), (key) => Redacted.value(key).trim() === ""),
        baseUrl: optionalText("OPENROUTER_BASE_URL"),
        httpReferer: optionalText("OPENROUTER_HTTP_REFERER"),
        appTitle: optionalText("OPENROUTER_APP_TITLE"),
        appCategories: optionalText("OPENROUTER_APP_CATEGORIES"),
        ...defined(wrapped)
      })
  return Layer.effect(
    OAuthClient,
    Effect.flatMap(config, (options) => makeAs("OAuthClient.layerConfig", options))
  )
}

/**
 * Provides `OAuthClient` and `Pkce`: the endpoints over `fetch`, with the standard retry policy. Fails with `InvalidRequest` if an option
 * is invalid.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import * as Pkce from "effect-openrouter-oauth/Pkce"
 *
 * const url = Effect.gen(function* () {
 *   const client = yield* OAuthClient.OAuthClient
 *   const { codeChallenge, codeVerifier } = yield* (yield* Pkce.Pkce).generate
 *   const url = yield* client.createAuthorizationUrl({ callbackUrl: "https://app.example/callback", codeChallenge })
 *   return { url, codeVerifier }
 * }).pipe(Effect.provide(OAuthClient.layerFetch()))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFetch = (options: Options = {}): Layer.Layer<OAuthClient | Pkce.Pkce, InvalidRequest> =>
  Layer.merge(
    options.transformClient
      ? Layer.effect(OAuthClient, makeAs("OAuthClient.layerFetch", options)).pipe(
          Layer.provide(Layer.provide(FetchHttpClient.layer, layerGivenOrOwnFetch))
        )
      : Layer.effect(
          OAuthClient,
          // As in the platform's client, the context of the call wins over that of the layer.
          makeService(
            "OAuthClient.layerFetch",
            sendByFetch((context) => ({
              fetch: Option.getOrUndefined(Context.getOption(context, FetchHttpClient.Fetch)),
              init: Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit))
            })),
            options
          )
        ),
    Pkce.layer
  )

const layerGivenOrOwnFetch: Layer.Layer<FetchHttpClient.Fetch> = Layer.effect(
  FetchHttpClient.Fetch,
  Effect.map(
    Effect.serviceOption(FetchHttpClient.Fetch),
    Option.getOrElse(() => ownFetch)
  )
)

/**
 * Names the app in the calls of `effect`. Overrides the client's options.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 *
 * const program = Effect.flatMap(OAuthClient.OAuthClient, (client) =>
 *   client.createAuthCode({ callbackUrl: "https://app.example/callback" })
 * ).pipe(OAuthClient.withAttribution({ appTitle: "My app, batch jobs" }))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withAttribution =
  (attribution: OAuthSchema.Attribution) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.contextWithEffect((context: Context.Context<never>) =>
      Effect.provideService(effect, CurrentAttribution, {
        ...Context.get(context, CurrentAttribution),
        ...defined(attribution)
      })
    )
