/** The service, over any way to the API. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type AuthorizationUrlInput, makeOn } from "../AuthorizationUrl.js"
import {
  type CreateAuthCodeError,
  type CurrentKeyError,
  type ExchangeError,
  type InvalidRequest,
  type OAuthError,
  TimedOut,
  type TransportError
} from "../OAuthError.js"
import type * as OAuthSchema from "../OAuthSchema.js"
import { RetryPolicy } from "../RetryPolicy.js"
import { attempt, type Request, type Send } from "./attempt.js"
import { attributionFaults, attributionHeaders, CurrentAttribution, defined } from "./attribution.js"
import * as Endpoint from "./endpoint.js"
import { apiKeyFault } from "./headers.js"
import { encoded, refuse } from "./issues.js"
import { attemptsAttribute, observed } from "./observed.js"
import { connectionError, outcomeOf } from "./outcome.js"
import { retrying } from "./retrying.js"
import { baseUrlFault, defaultBaseUrl, orUndefined } from "./url.js"
import { wireOf } from "./wire.js"

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

/** What an API key must be to travel in a header. */
const keyFault = (key: Redacted.Redacted | undefined, isOptional: boolean): string | undefined =>
  Redacted.isRedacted(key)
    ? apiKeyFault(Redacted.value(key))
    : key !== undefined
      ? "must be Redacted"
      : isOptional
        ? undefined
        : "is missing"

/**
 * `way` makes the way to the API. What stands in the context now is kept; what stands there at a call wins over it. Fails with everything
 * in the options that cannot be right.
 */
export const makeService = (
  way: (built: Context.Context<never>) => Send,
  options: ServiceOptions
): Effect.Effect<Service, InvalidRequest> =>
  Effect.gen(function* () {
    const { apiKey } = options
    const givenUrl = options.baseUrl ?? defaultBaseUrl
    const timeout = orUndefined(() => Duration.decode(options.timeout ?? "30 seconds")) ?? Duration.zero
    yield* refuse("OAuthClient.make", {
      ...attributionFaults(options),
      baseUrl: baseUrlFault(givenUrl, options.allowInsecureHttp === true),
      timeout: Duration.greaterThan(timeout, 0) ? undefined : "must be longer than 0",
      apiKey: Effect.isEffect(apiKey) ? undefined : keyFault(apiKey, true)
    })
    const baseUrl = new URL(givenUrl)
    const built = yield* Effect.context<never>()
    const send = way(built)

    /** What an input refuses is part of the operation: it is in its span and its metric. */
    const call = <A, E extends OAuthError>(
      endpoint: Endpoint.Endpoint<A, E>,
      input: unknown,
      key: ServiceOptions["apiKey"],
      keyName: string
    ): Effect.Effect<A, E | TransportError> => {
      const { encode, errors, operation, path } = endpoint
      return observed(operation, (span) =>
        Effect.gen(function* () {
          const caller = yield* Effect.context<never>()
          const body = encode && (yield* encoded(operation, encode(wireOf(input))))
          const given = Effect.isEffect(key) ? yield* Effect.withParentSpan(key, span) : key
          const attribution = {
            ...Context.get(built, CurrentAttribution),
            ...defined(options),
            ...defined(Context.get(caller, CurrentAttribution))
          }
          yield* refuse(operation, {
            ...attributionFaults(attribution),
            // Only an endpoint that answers 401 needs a key.
            [keyName]: keyFault(given, !errors[401])
          })
          const bearer = given && Redacted.value(given)
          const request: Request = {
            url: baseUrl.href.replace(/\/+$/, "") + path,
            method: body ? "POST" : "GET",
            headers: defined({
              ...attributionHeaders(attribution),
              accept: "application/json",
              authorization: bearer && `Bearer ${bearer}`,
              "content-type": body && "application/json"
            }),
            body: body ? JSON.stringify(body) : null
          }
          const { code, code_challenge, code_challenge_method, code_verifier } = body ?? {}
          // A plain challenge is the verifier itself.
          const secrets = [bearer, code, code_verifier, code_challenge_method === "plain" ? code_challenge : null]
          let attempts = 0
          return yield* retrying(
            Effect.suspend(() => {
              span.attribute(attemptsAttribute, ++attempts)
              return attempt(send, request, span, timeout)
            }).pipe(
              Effect.mapError((error) => connectionError(operation, baseUrl.host, error)),
              Effect.flatMap((answer): Effect.Effect<A, E | TransportError> => {
                if (answer === undefined) return new TimedOut({ operation, timeout })
                span.attribute("http.response.status_code", answer.status)
                return outcomeOf(endpoint, answer, baseUrl.host, secrets)
              })
            ),
            caller.unsafeMap.get(RetryPolicy.key) ?? Context.get(built, RetryPolicy)
          )
        })
      )
    }

    return {
      createAuthCode: (request) => call(Endpoint.createAuthCode, request, apiKey, "apiKey"),
      exchangeAuthCodeForAPIKey: (request) => call(Endpoint.exchange, request, apiKey, "apiKey"),
      getCurrentKey: (key) => call(Endpoint.currentKey, undefined, key, "key"),
      createAuthorizationUrl: (request) => Effect.suspend(() => makeOn(baseUrl, request))
    }
  })
