/** The service, over any way to the API. */

import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Tracer from "effect/Tracer"
import { type AuthorizationUrlInput, makeOn } from "../AuthorizationUrl.js"
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
} from "../OAuthError.js"
import type * as OAuthSchema from "../OAuthSchema.js"
import type { Send } from "./attempt.js"
import { attributionIssues } from "./attribution.js"
import { connect } from "./connection.js"
import * as Endpoint from "./endpoint.js"
import { apiKeyFault } from "./headers.js"
import { encoded, issueAt, refuse } from "./issues.js"
import { baseUrlFault, defaultBaseUrl } from "./url.js"
import * as Wire from "./wire.js"

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
export interface ServiceOptions extends OAuthSchema.Attribution {
  /** Needed by `createAuthCode`; an Effect is asked at each call, for keys that rotate. */
  readonly apiKey?: Redacted.Redacted | Effect.Effect<Redacted.Redacted, InvalidRequest> | undefined
  /** `https://openrouter.ai/api/v1`. Must be https, or http on localhost, 127.0.0.1 or [::1]. */
  readonly baseUrl?: string | URL | undefined
  /** Allows http to other hosts: codes and keys then travel in the clear. */
  readonly allowInsecureHttp?: boolean | undefined
  /** How long one attempt may take, from connecting to the last byte of the answer; 30 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
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
const check = (options: ServiceOptions) => {
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

/** `way` makes the way to the API, of what stands when the service is made. Fails with everything in the options that cannot be right. */
export const makeService = (
  way: (built: Context.Context<never>) => Send,
  options: ServiceOptions
): Effect.Effect<Service, InvalidRequest> =>
  Effect.gen(function* () {
    const { baseUrl, timeout } = yield* check(options)
    const context = yield* Effect.context<never>()
    const connection = connect(way(context), { baseUrl, timeout, attribution: options, context })
    const { apiKey } = options

    const bearer = (operation: string, span: Tracer.Span): Effect.Effect<string | undefined, InvalidRequest> =>
      apiKey === undefined
        ? Effect.succeed(apiKey)
        : Effect.isEffect(apiKey)
          ? Effect.flatMap(Effect.withParentSpan(apiKey, span), (key) => bearerOf(operation, "apiKey", key))
          : bearerOf(operation, "apiKey", apiKey)

    return {
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
    }
  })
