/**
 * OpenRouter's OAuth endpoints as one Effect service: requests and answers decoded by schemas, one tagged error for
 * everything that can go wrong, no secret in any of them.
 *
 * @since 0.1.0
 * @see https://openrouter.ai/docs/use-cases/oauth-pkce
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Tracer from "effect/Tracer"
import { type AuthorizationUrlInput, makeOn } from "./AuthorizationUrl.js"
import { attributionIssues, CurrentAttribution, defined } from "./internal/attribution.js"
import { connect } from "./internal/connection.js"
import * as Endpoint from "./internal/endpoint.js"
import * as FetchClient from "./internal/fetchClient.js"
import { apiKeyFault } from "./internal/headers.js"
import { encoded, issueAt, refuse } from "./internal/issues.js"
import { baseUrlFault, defaultBaseUrl } from "./internal/url.js"
import * as Wire from "./internal/wire.js"
import {
  BadRequest,
  Conflict,
  type CreateAuthCodeError,
  type CurrentKeyError,
  type ExchangeError,
  Forbidden,
  InternalServer,
  type InvalidRequest,
  Unauthorized
} from "./OAuthError.js"
import type * as OAuthSchema from "./OAuthSchema.js"
import * as Pkce from "./Pkce.js"

/**
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

/**
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * `POST /auth/keys/code`: an authorization code for the account of the API key, valid for 10 minutes and one exchange.
   * Without an API key it fails with `InvalidRequest` at `apiKey`.
   */
  readonly createAuthCode: (
    request: OAuthSchema.CreateAuthCodeInput
  ) => Effect.Effect<OAuthSchema.AuthCode, CreateAuthCodeError>
  /**
   * `POST /auth/keys`: an API key of the user's, for a code and the verifier of its challenge. A code works once: by default
   * it is sent again only where it provably never left.
   */
  readonly exchangeAuthCodeForAPIKey: (
    request: OAuthSchema.ExchangeAuthCodeInput
  ) => Effect.Effect<OAuthSchema.UserApiKey, ExchangeError>
  /** `GET /key`: what a key is called and may still spend; `Unauthorized` where it is not valid (any more). */
  readonly getCurrentKey: (key: Redacted.Redacted) => Effect.Effect<OAuthSchema.KeyInfo, CurrentKeyError>
  /** The page where the user consents, on the origin of this client's base URL. */
  readonly createAuthorizationUrl: (
    request: Omit<AuthorizationUrlInput, "baseUrl">
  ) => Effect.Effect<URL, InvalidRequest>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends OAuthSchema.Attribution {
  /** Needed by `createAuthCode`; an Effect is asked at each call, for keys that rotate. */
  readonly apiKey?: Redacted.Redacted | Effect.Effect<Redacted.Redacted, InvalidRequest> | undefined
  /** `https://openrouter.ai/api/v1`. Must be https, or http on localhost, 127.0.0.1 or [::1]. */
  readonly baseUrl?: string | URL | undefined
  /** Allows http to other hosts: codes and keys then travel in the clear. */
  readonly allowInsecureHttp?: boolean | undefined
  /** How long one attempt may take, from connecting to the last byte of the answer; 30 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Changes the HTTP client, such as `HttpClient.withTracerPropagation(true)`. Redirects stay refused. */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

const createAuthCode = Endpoint.make({
  operation: "createAuthCode",
  method: "POST",
  path: "/auth/keys/code",
  errors: { 400: BadRequest, 401: Unauthorized, 403: Forbidden, 409: Conflict, 500: InternalServer },
  response: Wire.AuthCodeAnswer,
  read: ({ data: { app_id, created_at, id } }): OAuthSchema.AuthCode => ({
    id: Redacted.make(id),
    appId: app_id,
    createdAt: typeof created_at === "string" || typeof created_at === "number" ? String(created_at) : ""
  })
})

const exchange = Endpoint.make({
  operation: "exchangeAuthCodeForAPIKey",
  method: "POST",
  path: "/auth/keys",
  errors: { 400: BadRequest, 403: Forbidden, 500: InternalServer },
  response: Wire.UserApiKeyAnswer,
  read: ({ key, user_id = null }): OAuthSchema.UserApiKey => ({ key: Redacted.make(key), userId: user_id })
})

const currentKey = Endpoint.make({
  operation: "getCurrentKey",
  method: "GET",
  path: "/key",
  errors: { 401: Unauthorized },
  response: Wire.KeyInfoAnswer,
  read: ({ data }): OAuthSchema.KeyInfo => ({
    label: data.label,
    usage: data.usage,
    limit: data.limit ?? null,
    limitRemaining: data.limit_remaining ?? null,
    limitReset: data.limit_reset ?? null,
    expiresAt: data.expires_at ?? null,
    isFreeTier: data.is_free_tier ?? null
  })
})

const createAuthCodeBody = Schema.validateEither(Wire.CreateAuthCodeBody, { errors: "all" })
const exchangeBody = Schema.validateEither(Wire.ExchangeBody, { errors: "all" })

/** What an API key must be to travel in a header. */
const keyFault = (key: Redacted.Redacted): string | undefined =>
  Redacted.isRedacted(key) ? apiKeyFault(Redacted.value(key)) : "must be Redacted"

const bearerOf = (operation: string, path: string, key: Redacted.Redacted): Effect.Effect<string, InvalidRequest> =>
  Effect.map(refuse(operation, issueAt(path, keyFault(key))), () => Redacted.value(key))

/** The options, with everything in them that cannot be right. */
const check = (options: Options) => {
  const { allowInsecureHttp, apiKey } = options
  const baseUrl = options.baseUrl ?? defaultBaseUrl
  const timeout = Option.getOrElse(Duration.decodeUnknown(options.timeout ?? "30 seconds"), () => Duration.zero)
  return Effect.map(
    refuse("OAuthClient.make", [
      ...attributionIssues(options),
      ...issueAt("baseUrl", baseUrlFault(baseUrl, allowInsecureHttp === true)),
      ...issueAt("timeout", Duration.greaterThan(timeout, 0) ? undefined : "must be longer than 0"),
      ...issueAt("apiKey", apiKey === undefined || Effect.isEffect(apiKey) ? undefined : keyFault(apiKey))
    ]),
    () => ({ baseUrl: new URL(String(baseUrl).replace(/\/+$/, "")), timeout })
  )
}

/**
 * The service, over the `HttpClient` of the context. Fails with `InvalidRequest`, which names every option that cannot be right.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Service, InvalidRequest, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const { baseUrl, timeout } = yield* check(options)
    const http = yield* HttpClient.HttpClient
    const connection = connect(options.transformClient?.(http) ?? http, {
      baseUrl,
      timeout,
      attribution: options,
      context: yield* Effect.context<never>()
    })
    const { apiKey } = options

    const bearer = (operation: string, span: Tracer.Span): Effect.Effect<string | undefined, InvalidRequest> =>
      apiKey === undefined
        ? Effect.succeed(apiKey)
        : Effect.isEffect(apiKey)
          ? Effect.flatMap(Effect.withParentSpan(apiKey, span), (key) => bearerOf(operation, "apiKey", key))
          : bearerOf(operation, "apiKey", apiKey)

    return OAuthClient.of({
      createAuthCode: (request) =>
        connection.call(createAuthCode, (span) =>
          Effect.gen(function* () {
            const body = yield* encoded(createAuthCode.operation, createAuthCodeBody(Wire.wireOf(request)))
            const key = yield* bearer(createAuthCode.operation, span)
            yield* refuse(createAuthCode.operation, issueAt("apiKey", key === undefined ? "is missing" : undefined))
            // A plain challenge is the verifier itself.
            return { bearer: key, body, secrets: body.code_challenge_method === "plain" ? [body.code_challenge] : [] }
          })
        ),

      exchangeAuthCodeForAPIKey: (request) =>
        connection.call(exchange, (span) =>
          Effect.zipWith(
            encoded(exchange.operation, exchangeBody(Wire.wireOf(request))),
            bearer(exchange.operation, span),
            (body, bearer) => ({ bearer, body, secrets: [body.code, body.code_verifier] })
          )
        ),

      getCurrentKey: (key) =>
        connection.call(currentKey, () =>
          Effect.map(bearerOf(currentKey.operation, "key", key), (bearer) => ({ bearer }))
        ),

      createAuthorizationUrl: (request) => Effect.suspend(() => makeOn(baseUrl, request))
    })
  })

/**
 * The service over any HttpClient. Reads no environment.
 *
 * A client that follows redirects by itself is outside of what this library promises; those of `@effect/platform` are told not to.
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
  Layer.effect(OAuthClient, make(options))

/** An environment variable that is set but empty counts as absent. */
const optional = <A>(config: Config.Config<A>, isEmpty: (value: A) => boolean): Config.Config<A | undefined> =>
  Config.map(Config.option(config), (value) =>
    Option.getOrUndefined(Option.filter(value, (present) => !isEmpty(present)))
  )

const optionalText = (name: string) => optional(Config.string(name), (value) => value.trim() === "")

/**
 * The service with options from `Config`. What is not given is read from `OPENROUTER_API_KEY`, `OPENROUTER_BASE_URL`,
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
  return Layer.effect(OAuthClient, Effect.flatMap(config, make))
}

/**
 * Everything supplied: the service over `fetch`, the standard retry policy, PKCE.
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
export const layerFetch = (options?: Options): Layer.Layer<OAuthClient | Pkce.Pkce, InvalidRequest> =>
  Layer.merge(Layer.provide(layer(options), FetchClient.layer), Pkce.layer)

/**
 * Names the app for the calls within, over what the client's options say.
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
