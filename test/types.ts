// @effect-diagnostics missingEffectContext:off
/**
 * What the compiler promises: nothing here runs, `npm run check` compiles it. A line that stops being true stops the build.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Brand from "effect/Brand"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import type * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Schedule from "effect/Schedule"
import type * as AuthorizationUrl from "effect-openrouter-oauth/AuthorizationUrl"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as OAuthError from "effect-openrouter-oauth/OAuthError"
import type * as OAuthSchema from "effect-openrouter-oauth/OAuthSchema"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import type * as PromiseClient from "effect-openrouter-oauth/PromiseClient"
import type * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles only where every element is true. */
type All<_ extends ReadonlyArray<true>> = never

// An exact equality, or this file promises nothing.
export type EqualItself = All<
  [
    Equal<string, string>,
    Equal<Equal<string, string | undefined>, false>,
    Equal<Equal<{ a: string }, { a?: string }>, false>,
    Equal<Equal<{ a: string }, { readonly a: string }>, false>,
    Equal<Equal<unknown, never>, false>
  ]
>

// The errors of each operation: exactly the statuses that its documentation lists, and the transport's.

type TransportTag =
  | "InvalidRequest"
  | "UnexpectedStatus"
  | "ConnectionFailed"
  | "ConnectionLost"
  | "TimedOut"
  | "MalformedResponse"

type CreateTag = "BadRequest" | "Unauthorized" | "Forbidden" | "Conflict" | "InternalServer" | TransportTag
type ExchangeTag = "BadRequest" | "Forbidden" | "InternalServer" | TransportTag

export type ErrorUnions = All<
  [
    Equal<OAuthError.TransportError["_tag"], TransportTag>,
    Equal<OAuthError.CreateAuthCodeError["_tag"], CreateTag>,
    Equal<OAuthError.ExchangeError["_tag"], ExchangeTag>,
    Equal<OAuthError.CurrentKeyError["_tag"], "Unauthorized" | TransportTag>,
    Equal<OAuthError.CreateOauthTokenError["_tag"], "BadRequest" | "InternalServer" | TransportTag>,
    Equal<OAuthError.ListOauthJwksError["_tag"], "InternalServer" | TransportTag>,
    Equal<OAuthError.OAuthError["_tag"], CreateTag | "CallbackMalformed">
  ]
>

export type ErrorFields = All<
  [
    Equal<OAuthError.BadRequest["status"], 400>,
    Equal<OAuthError.Unauthorized["status"], 401>,
    Equal<OAuthError.Forbidden["status"], 403>,
    Equal<OAuthError.Conflict["status"], 409>,
    Equal<OAuthError.InternalServer["status"], 500>,
    Equal<OAuthError.UnexpectedStatus["status"], number>,
    Equal<
      OAuthError.BadRequest["reason"],
      | "InvalidGrant"
      | "CodeExpired"
      | "InvalidCodeChallengeMethod"
      | "InvalidSubjectToken"
      | "PolicyRefused"
      | "ScopeRefused"
      | "ValidationFailed"
      | "MalformedBody"
      | "RateLimited"
      | "Other"
    >,
    Equal<
      OAuthError.Forbidden["operation"],
      "createAuthCode" | "exchangeAuthCodeForAPIKey" | "getCurrentKey" | "createOauthToken" | "listOauthJwks"
    >,
    Equal<OAuthError.Forbidden["retryAfterMillis"], number | undefined>,
    Equal<OAuthError.Forbidden["retryAfter"], Duration.Duration | undefined>,
    Equal<OAuthError.UnexpectedStatus["body"], unknown>,
    Equal<OAuthError.TimedOut["timeout"], Duration.Duration>,
    Equal<OAuthError.InvalidRequest["issues"], ReadonlyArray<{ readonly path: string; readonly message: string }>>,
    Equal<OAuthError.CallbackMalformed["issues"], ReadonlyArray<OAuthError.Issue>>,
    Equal<
      OAuthError.MalformedResponse["reason"],
      "ContentType" | "Encoding" | "Json" | "Schema" | "TooLarge" | "Redirect"
    >
  ]
>

// The service: no requirement is left to who calls it.

export type Service = All<
  [
    Equal<
      keyof OAuthClient.Service,
      | "createAuthCode"
      | "exchangeAuthCodeForAPIKey"
      | "getCurrentKey"
      | "createOauthToken"
      | "listOauthJwks"
      | "createAuthorizationUrl"
    >,
    Equal<
      OAuthClient.Service["createOauthToken"],
      (
        request: OAuthSchema.CreateOauthTokenInput
      ) => Effect.Effect<OAuthSchema.AccessToken, OAuthError.CreateOauthTokenError, never>
    >,
    Equal<
      OAuthClient.Service["listOauthJwks"],
      Effect.Effect<OAuthSchema.OAuthJwks, OAuthError.ListOauthJwksError, never>
    >,
    Equal<
      OAuthClient.Service["createAuthCode"],
      (
        request: OAuthSchema.CreateAuthCodeInput
      ) => Effect.Effect<OAuthSchema.AuthCode, OAuthError.CreateAuthCodeError, never>
    >,
    Equal<
      OAuthClient.Service["exchangeAuthCodeForAPIKey"],
      (
        request: OAuthSchema.ExchangeAuthCodeInput
      ) => Effect.Effect<OAuthSchema.UserApiKey, OAuthError.ExchangeError, never>
    >,
    Equal<
      OAuthClient.Service["getCurrentKey"],
      (key: Redacted.Redacted) => Effect.Effect<OAuthSchema.KeyInfo, OAuthError.CurrentKeyError, never>
    >,
    Equal<
      OAuthClient.Service["createAuthorizationUrl"],
      (
        request: Omit<AuthorizationUrl.AuthorizationUrlInput, "baseUrl">
      ) => Effect.Effect<URL, OAuthError.InvalidRequest, never>
    >,
    Equal<Context.Tag.Service<OAuthClient.OAuthClient>, OAuthClient.Service>
  ]
>

const providedFetch = OAuthClient.make({ appTitle: "Types" }).pipe(Effect.provide(FetchHttpClient.layer))

export type Layers = All<
  [
    Equal<
      ReturnType<typeof OAuthClient.make>,
      Effect.Effect<OAuthClient.Service, OAuthError.InvalidRequest, HttpClient.HttpClient>
    >,
    Equal<Effect.Effect.Context<typeof providedFetch>, never>,
    Equal<Effect.Effect.Error<typeof providedFetch>, OAuthError.InvalidRequest>,
    Equal<
      ReturnType<typeof OAuthClient.layer>,
      Layer.Layer<OAuthClient.OAuthClient, OAuthError.InvalidRequest, HttpClient.HttpClient>
    >,
    Equal<
      ReturnType<typeof OAuthClient.layerConfig>,
      Layer.Layer<OAuthClient.OAuthClient, OAuthError.InvalidRequest | ConfigError.ConfigError, HttpClient.HttpClient>
    >,
    Equal<
      ReturnType<typeof OAuthClient.layerFetch>,
      Layer.Layer<OAuthClient.OAuthClient | Pkce.Pkce, OAuthError.InvalidRequest, never>
    >,
    Equal<typeof Pkce.layer, Layer.Layer<Pkce.Pkce, never, never>>,
    Equal<ReturnType<typeof Pkce.layerTest>, Layer.Layer<Pkce.Pkce, never, never>>,
    Equal<ReturnType<typeof RetryPolicy.layer>, Layer.Layer<never, never, never>>,
    Equal<typeof RetryPolicy.RetryPolicy, Context.Reference<RetryPolicy.RetryPolicy, RetryPolicy.RetryPolicy>>
  ]
>

/** A whole sign-in over `layerFetch`: nothing is left to provide, and every error is named. */
const program = Effect.gen(function* () {
  const client = yield* OAuthClient.OAuthClient
  const { codeChallenge, codeVerifier } = yield* (yield* Pkce.Pkce).generate
  const { id } = yield* client.createAuthCode({ callbackUrl: "https://app.example/callback", codeChallenge })
  const { key } = yield* client.exchangeAuthCodeForAPIKey({ code: id, codeVerifier })
  return yield* client.getCurrentKey(key)
}).pipe(OAuthClient.withAttribution({ appTitle: "Types" }), Effect.provide(OAuthClient.layerFetch()))

export type Program = All<
  [
    Equal<Effect.Effect.Context<typeof program>, never>,
    Equal<Effect.Effect.Error<typeof program>["_tag"], CreateTag>,
    Equal<Effect.Effect.Success<typeof program>, OAuthSchema.KeyInfo>
  ]
>

/** Every tag of the exchange can be caught by its name, and then none is left. */
export const exhausted: Effect.Effect<string, never, OAuthClient.OAuthClient> = Effect.flatMap(
  OAuthClient.OAuthClient,
  (client) => client.exchangeAuthCodeForAPIKey({ code: Redacted.make("fake") })
).pipe(
  Effect.as("done"),
  Effect.catchTags({
    BadRequest: (error) => Effect.succeed(error.reason),
    Forbidden: (error) => Effect.succeed(error.reason),
    InternalServer: (error) => Effect.succeed(error.message),
    InvalidRequest: (error) => Effect.succeed(error.message),
    UnexpectedStatus: (error) => Effect.succeed(String(error.status)),
    ConnectionFailed: (error) => Effect.succeed(error.message),
    ConnectionLost: (error) => Effect.succeed(error.message),
    TimedOut: (error) => Effect.succeed(Duration.format(error.timeout)),
    MalformedResponse: (error) => Effect.succeed(error.reason)
  })
)

// Words.

export type Words = All<
  [
    Equal<
      Pkce.Service,
      {
        readonly generate: Effect.Effect<Pkce.PkcePair>
        readonly challenge: (
          codeVerifier: Redacted.Redacted<string>,
          method?: "S256" | "plain" | undefined
        ) => Effect.Effect<Pkce.CodeChallenge, OAuthError.InvalidRequest>
      }
    >,
    Equal<Pkce.PkcePair["codeVerifier"], Redacted.Redacted<Pkce.CodeVerifier>>,
    Equal<Pkce.CodeVerifier, string & Brand.Brand<"CodeVerifier">>,
    Equal<Pkce.PkcePair["codeChallengeMethod"], "S256" | "plain">,
    Equal<Effect.Effect.Success<Pkce.Service["generate"]>, Pkce.PkcePair>,
    Equal<Effect.Effect.Error<Pkce.Service["generate"]>, never>,
    Equal<Effect.Effect.Error<ReturnType<Pkce.Service["challenge"]>>, OAuthError.InvalidRequest>,
    Equal<Effect.Effect.Context<ReturnType<Pkce.Service["challenge"]>>, never>,
    Equal<ReturnType<typeof AuthorizationUrl.make>, Either.Either<URL, OAuthError.InvalidRequest>>,
    Equal<
      ReturnType<typeof AuthorizationUrl.parseCallback>,
      Either.Either<AuthorizationUrl.Callback, OAuthError.CallbackMalformed>
    >,
    Equal<AuthorizationUrl.Callback["_tag"], "Granted" | "Denied" | "Failed">,
    Equal<AuthorizationUrl.Granted["code"], Redacted.Redacted<string>>,
    Equal<OAuthSchema.AuthCode["id"], Redacted.Redacted<string>>,
    Equal<OAuthSchema.AuthCode["appId"], number>,
    Equal<OAuthSchema.AuthCode["createdAt"], string>,
    Equal<OAuthSchema.UserApiKey, { readonly key: Redacted.Redacted<string>; readonly userId: string | null }>,
    Equal<OAuthSchema.CreateAuthCodeInput["callbackUrl"], string | URL>,
    Equal<OAuthSchema.CreateAuthCodeInput["expiresAt"], DateTime.Utc | Date | null | undefined>,
    Equal<OAuthSchema.ExchangeAuthCodeInput["code"], Redacted.Redacted<string>>,
    Equal<RetryPolicy.RetryPolicy["schedule"], Schedule.Schedule<unknown, OAuthError.OAuthError>>,
    Equal<RetryPolicy.RetryPolicy["shouldRetry"], (error: OAuthError.OAuthError) => boolean>,
    Equal<RetryPolicy.RetryPolicy["maxRetryAfter"], Duration.Duration>,
    Equal<RetryPolicy.RetryPolicy["maxTimeouts"], number | undefined>
  ]
>

// Every optional field takes an explicit undefined, which means absent, also under exactOptionalPropertyTypes.

type OptionalKeys<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T]

type TakesUndefined<T> = Equal<
  { [K in OptionalKeys<T>]: undefined extends Required<T>[K] ? never : K }[OptionalKeys<T>],
  never
>

export type OptionalFields = All<
  [
    Equal<TakesUndefined<{ a: 1; b?: 1 | undefined }>, true>,
    Equal<TakesUndefined<{ a: 1; b?: 1 }>, false>,
    TakesUndefined<OAuthClient.Options>,
    TakesUndefined<OAuthSchema.Attribution>,
    TakesUndefined<OAuthSchema.CreateAuthCodeInput>,
    TakesUndefined<OAuthSchema.ExchangeAuthCodeInput>,
    TakesUndefined<AuthorizationUrl.AuthorizationUrlInput>,
    TakesUndefined<PromiseClient.ClientOptions>,
    TakesUndefined<PromiseClient.CallOptions>,
    TakesUndefined<PromiseClient.PlainExchangeInput>,
    TakesUndefined<Extract<RetryPolicy.RetryConfig, { strategy: "backoff" }>>,
    TakesUndefined<Parameters<typeof RetryPolicy.make>[0]>
  ]
>

export const absent: ReadonlyArray<OAuthSchema.CreateAuthCodeInput> = [
  { callbackUrl: "https://app.example" },
  {
    callbackUrl: new URL("https://app.example"),
    codeChallenge: undefined,
    codeChallengeMethod: undefined,
    limit: undefined,
    expiresAt: undefined,
    keyLabel: undefined,
    usageLimitType: undefined,
    workspaceId: undefined
  }
]

// Config in place of any option, of some, or of all.

export const configs: ReadonlyArray<
  Layer.Layer<OAuthClient.OAuthClient, OAuthError.InvalidRequest | ConfigError.ConfigError, HttpClient.HttpClient>
> = [
  OAuthClient.layerConfig(),
  OAuthClient.layerConfig({}),
  OAuthClient.layerConfig({
    apiKey: Config.redacted("A"),
    baseUrl: Config.string("B"),
    allowInsecureHttp: Config.boolean("C"),
    timeout: Config.duration("D"),
    httpReferer: Config.string("E"),
    appTitle: Config.string("F"),
    appCategories: Config.array(Config.string(), "G"),
    transformClient: Config.succeed((client: HttpClient.HttpClient) => client)
  }),
  OAuthClient.layerConfig({ baseUrl: Config.url("B"), timeout: Config.succeed("5 seconds") }),
  OAuthClient.layerConfig(Config.succeed({ appTitle: "All at once" })),
  OAuthClient.layerConfig(Config.map(Config.string("TITLE"), (appTitle) => ({ appTitle })))
]

// The promise face.

export type Promises = All<
  [
    Equal<
      keyof PromiseClient.PromiseClient,
      | "createAuthCode"
      | "exchangeAuthCodeForAPIKey"
      | "getCurrentKey"
      | "createOauthToken"
      | "listOauthJwks"
      | "createAuthorizationUrl"
      | "createSHA256CodeChallenge"
      | "dispose"
    >,
    Equal<PromiseClient.PlainAuthCode["id"], string>,
    Equal<PromiseClient.PlainAuthCode["appId"], number>,
    Equal<PromiseClient.PlainUserApiKey, { readonly key: string; readonly userId: string | null }>,
    Equal<Awaited<ReturnType<PromiseClient.PromiseClient["createAuthCode"]>>, PromiseClient.PlainAuthCode>,
    Equal<Awaited<ReturnType<PromiseClient.PromiseClient["exchangeAuthCodeForAPIKey"]>>, PromiseClient.PlainUserApiKey>,
    Equal<Awaited<ReturnType<PromiseClient.PromiseClient["getCurrentKey"]>>, OAuthSchema.KeyInfo>,
    Equal<Awaited<ReturnType<PromiseClient.PromiseClient["createAuthorizationUrl"]>>, string>,
    Equal<ReturnType<typeof PromiseClient.createClient>, PromiseClient.PromiseClient>,
    Equal<
      Awaited<ReturnType<typeof PromiseClient.oAuthExchangeAuthCodeForAPIKey>>,
      PromiseClient.Result<PromiseClient.PlainUserApiKey, OAuthError.ExchangeError | DOMException>
    >,
    Equal<
      Awaited<ReturnType<typeof PromiseClient.oAuthCreateAuthCode>>,
      PromiseClient.Result<PromiseClient.PlainAuthCode, OAuthError.CreateAuthCodeError | DOMException>
    >,
    Equal<
      ReturnType<typeof PromiseClient.oAuthCreateAuthorizationUrl>,
      PromiseClient.Result<string, OAuthError.InvalidRequest>
    >
  ]
>

/** A guard narrows what was caught. */
export const narrowed = (caught: unknown): OAuthError.Reason | undefined =>
  OAuthError.isOAuthError(caught) && caught._tag === "Forbidden" ? caught.reason : undefined

export const classNarrows = (caught: unknown): 403 | undefined =>
  caught instanceof OAuthError.Forbidden ? caught.status : undefined

// What must not compile.

export const refused = (client: OAuthClient.Service, plain: PromiseClient.PromiseClient) => [
  // @ts-expect-error: a callback URL is needed
  client.createAuthCode({}),
  // @ts-expect-error: no other method
  client.createAuthCode({ callbackUrl: "https://app.example", codeChallengeMethod: "none" }),
  // @ts-expect-error: no other period
  client.createAuthCode({ callbackUrl: "https://app.example", usageLimitType: "yearly" }),
  // @ts-expect-error: a code is Redacted
  client.exchangeAuthCodeForAPIKey({ code: "fake" }),
  // @ts-expect-error: a key is Redacted
  client.getCurrentKey("fake"),
  // @ts-expect-error: the exchange documents no 401
  Effect.catchTag(client.exchangeAuthCodeForAPIKey({ code: Redacted.make("fake") }), "Unauthorized", () => Effect.void),
  // @ts-expect-error: the base URL is the client's
  client.createAuthorizationUrl({ baseUrl: "https://app.example" }),
  // @ts-expect-error: redirects stay refused
  plain.getCurrentKey("fake", { fetchOptions: { redirect: "follow" } }),
  // @ts-expect-error: a signal stands beside fetchOptions
  plain.getCurrentKey("fake", { fetchOptions: { signal: null } }),
  // @ts-expect-error: in plain code a secret is a string
  plain.exchangeAuthCodeForAPIKey({ code: Redacted.make("fake") }),
  // @ts-expect-error: an API key is Redacted
  OAuthClient.layer({ apiKey: "fake" }),
  // @ts-expect-error: layerConfig takes Config, not the value
  OAuthClient.layerConfig({ apiKey: "fake" }),
  // @ts-expect-error: an HttpClient is still needed
  Effect.runPromise(OAuthClient.make()),
  // @ts-expect-error: and here too
  Layer.launch(OAuthClient.layer()) satisfies Effect.Effect<never, OAuthError.InvalidRequest, never>
]
