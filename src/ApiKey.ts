/**
 * Finds a program's OpenRouter key: a chain of providers, such as the environment, a store and a sign-in.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { ApiKeyMissing, ApiKeyUnavailable } from "./ApiKey/internal/errors.js"
import { shared } from "./ApiKey/internal/shared.js"
import { baseUrlFault, defaultBaseUrl } from "./internal/url.js"
import { InvalidRequest } from "./OAuthError.js"

/**
 * A key, and where it came from.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResolvedKey {
  readonly key: Redacted.Redacted
  /** The provider's name, such as `environment`. */
  readonly source: string
  readonly userId?: string | null | undefined
  /** The key is asked for again a minute before. */
  readonly expiresAt?: DateTime.Utc | undefined
}

export { ApiKeyMissing, ApiKeyUnavailable } from "./ApiKey/internal/errors.js"

/**
 * What `get` of `ApiKey` fails with.
 *
 * @since 0.1.0
 * @category models
 */
export type ApiKeyError = ApiKeyMissing | ApiKeyUnavailable

/**
 * One place that may have a key.
 *
 * @since 0.1.0
 * @category models
 */
export interface Provider<R = never> {
  readonly source: string
  /** Returns none if there is no key here: the next provider is asked. A failure ends the look-up. */
  readonly find: Effect.Effect<Option.Option<ResolvedKey>, ApiKeyError, R>
  /** Told that OpenRouter refused the key. */
  readonly forget?: ((key: ResolvedKey) => Effect.Effect<void, never, R>) | undefined
  /** What to do when there is no key here, as a sentence for `ApiKeyMissing`. */
  readonly remedy?: string | undefined
}

/**
 * The operations of `ApiKey`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The key. It is remembered; however many fibers ask, there is one look-up. */
  readonly get: Effect.Effect<ResolvedKey, ApiKeyError>
  /** Forgets the key, such as after a 401: the next `get` asks the providers again. */
  readonly invalidate: Effect.Effect<void>
}

/**
 * Where the OpenRouter key of a program comes from. `layer` makes it.
 *
 * @since 0.1.0
 * @category tags
 */
export class ApiKey extends Context.Tag("effect-openrouter-oauth/ApiKey")<ApiKey, Service>() {}

/** A key is asked for again this long before it expires, in milliseconds. */
const margin = 60_000

const millisLeft = ({ expiresAt }: ResolvedKey, now: DateTime.Utc): number =>
  expiresAt === undefined ? Number.POSITIVE_INFINITY : DateTime.distance(now, expiresAt)

interface Found<R> {
  readonly key: ResolvedKey
  readonly provider: Provider<R>
}

const lookUp = <R>(providers: ReadonlyArray<Provider<R>>): Effect.Effect<Found<R>, ApiKeyError, R> =>
  Effect.gen(function* () {
    const tried: Array<string> = []
    for (const provider of providers) {
      const found = yield* provider.find
      if (Option.isSome(found)) {
        if (millisLeft(found.value, yield* DateTime.now) > 0) return { key: found.value, provider }
        tried.push(`${provider.source} (its key has expired)`)
      } else {
        tried.push(provider.source)
      }
    }
    const remedies = providers.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy]))
    return yield* new ApiKeyMissing({ tried, remedies })
  })

/**
 * Asks the providers in order; the first that has a key wins. The key is remembered until `invalidate`, or until a minute before it
 * expires. A look-up ends when the last fiber that waits for it is interrupted.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as ApiKey from "effect-openrouter-oauth/ApiKey"
 *
 * const source = Effect.gen(function* () {
 *   const apiKey = yield* ApiKey.ApiKey
 *   const { source } = yield* apiKey.get
 *   return source
 * }).pipe(Effect.provide(ApiKey.layer(ApiKey.fromConfig())))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never>(...providers: ReadonlyArray<Provider<R>>): Layer.Layer<ApiKey, never, R> =>
  Layer.scoped(
    ApiKey,
    Effect.gen(function* () {
      const context = yield* Effect.context<R>()
      let remembered: Found<R> | undefined
      const find = yield* shared(
        Effect.tap(lookUp(providers), (found) =>
          Effect.sync(() => {
            remembered = found
          })
        )
      )

      return {
        get: Effect.gen(function* () {
          const now = yield* DateTime.now
          if (remembered !== undefined && millisLeft(remembered.key, now) > margin) return remembered.key
          const { key } = yield* find
          return key
        }),
        invalidate: Effect.suspend(() => {
          const forgotten = remembered
          remembered = undefined
          const forget = forgotten?.provider.forget
          return forgotten === undefined || forget === undefined
            ? Effect.void
            : Effect.provide(forget(forgotten.key), context)
        })
      }
    })
  )

/**
 * A key from configuration, `OPENROUTER_API_KEY` by default; an empty value counts as none. Its source is `environment`.
 *
 * @since 0.1.0
 * @category providers
 */
export const fromConfig = (
  config: Config.Config<Redacted.Redacted> = Config.redacted("OPENROUTER_API_KEY")
): Provider => ({
  source: "environment",
  remedy: "Set OPENROUTER_API_KEY.",
  find: Config.option(config).pipe(
    Effect.map(Option.map((key) => Redacted.value(key).trim())),
    Effect.map(
      Option.filterMap((key) =>
        key === "" ? Option.none() : Option.some({ key: Redacted.make(key), source: "environment" })
      )
    ),
    // The error of a configuration can hold its value.
    Effect.mapError(
      () => new ApiKeyUnavailable({ source: "environment", message: "The API key's configuration cannot be read." })
    )
  )
})

const canSendAgain = ({ body }: HttpClientRequest.HttpClientRequest): boolean =>
  body._tag === "Empty" || body._tag === "Uint8Array" || body._tag === "FormData"

const isAt = (origin: string, request: HttpClientRequest.HttpClientRequest): boolean =>
  URL.canParse(request.url) && new URL(request.url).origin === origin

const withoutKey = (request: HttpClientRequest.HttpClientRequest) => (error: ApiKeyError) =>
  new HttpClientError.RequestError({ request, reason: "Encode", description: error.message, cause: error })

/**
 * Adds the key as a bearer token to requests to the origin of the base URL, and to no other: not to a look-alike host, and not after a
 * redirect to another origin. (`fetch` drops the token there; an `HttpClient` that follows redirects by itself may not.) A 401
 * invalidates the key. If the next key is another one and the body can be sent again, the request is sent once more. Without a key a
 * request fails with a `RequestError` whose cause is the `ApiKeyError`.
 *
 * @example
 * ```ts
 * import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
 * import * as HttpClient from "@effect/platform/HttpClient"
 * import * as Effect from "effect/Effect"
 * import * as ApiKey from "effect-openrouter-oauth/ApiKey"
 *
 * const models = Effect.gen(function* () {
 *   const client = yield* ApiKey.withApiKey(yield* HttpClient.HttpClient)
 *   const response = yield* client.get("https://openrouter.ai/api/v1/models/user")
 *   return yield* response.json
 * }).pipe(Effect.provide([ApiKey.layer(ApiKey.fromConfig()), FetchHttpClient.layer]))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withApiKey = (
  client: HttpClient.HttpClient,
  options: {
    /** Defaults to `https://openrouter.ai/api/v1`. */
    readonly baseUrl?: string | URL | undefined
  } = {}
): Effect.Effect<HttpClient.HttpClient, InvalidRequest, ApiKey> =>
  Effect.gen(function* () {
    const apiKey = yield* ApiKey
    const baseUrl = options.baseUrl ?? defaultBaseUrl
    const fault = baseUrlFault(baseUrl, false)
    if (fault !== undefined) {
      return yield* new InvalidRequest({ operation: "withApiKey", issues: [{ path: "baseUrl", message: fault }] })
    }
    const { origin } = new URL(baseUrl)

    const send = (request: HttpClientRequest.HttpClientRequest, { key }: ResolvedKey) =>
      client.execute(HttpClientRequest.bearerToken(request, key))

    const sendWithKey = (request: HttpClientRequest.HttpClientRequest) =>
      Effect.gen(function* () {
        const get = Effect.mapError(apiKey.get, withoutKey(request))
        const used = yield* get
        const response = yield* send(request, used)
        if (response.status !== 401) return response
        const next = yield* afterRefusal(apiKey, used)
        return next === undefined || !canSendAgain(request) ? response : yield* send(request, next)
      })

    return HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
      Effect.flatMap((request) => (isAt(origin, request) ? sendWithKey(request) : client.execute(request))),
      Effect.succeed
    )
  })

/**
 * Invalidates a key that was refused, if no other request has done so. Returns the next key, or undefined if there is none or it is the
 * same.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as ApiKey from "effect-openrouter-oauth/ApiKey"
 *
 * // After a 401: the next key, or undefined where there is no other one.
 * const nextKey = (refused: ApiKey.ResolvedKey) =>
 *   Effect.flatMap(ApiKey.ApiKey, (apiKey) => ApiKey.afterRefusal(apiKey, refused))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const afterRefusal = (apiKey: Service, refused: ResolvedKey): Effect.Effect<ResolvedKey | undefined> =>
  Effect.gen(function* () {
    const isRefused = ({ key }: ResolvedKey) => Redacted.value(key) === Redacted.value(refused.key)
    const current = yield* apiKey.get
    if (!isRefused(current)) return current
    yield* apiKey.invalidate
    const next = yield* apiKey.get
    return isRefused(next) ? undefined : next
  }).pipe(Effect.catchAll(() => Effect.succeed(undefined)))
