/** The service, over any way to the API. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type AuthorizationUrlInput, makeOn } from "../AuthorizationUrl.js"
import { defined } from "../internal/defined.js"
import { encoded, refuse } from "../internal/invalid.js"
import { orUndefined } from "../internal/orUndefined.js"
import { baseUrlFault, defaultBaseUrl } from "../internal/url.js"
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
import { attributionFaults, attributionHeaders, CurrentAttribution } from "./attribution.js"
import * as Endpoint from "./endpoint.js"
import { apiKeyFault } from "./headers.js"
import { observed } from "./observed.js"
import { connectionError, outcomeOf } from "./outcome.js"
import { retrying } from "./retrying.js"
import type { Request, Send } from "./transport.js"

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
 * By a way to the API. What stands in the context now is kept; what stands there at a call wins over it. Fails with everything in the
 * options that cannot be right.
 */
export const makeService = (send: Send, options: ServiceOptions): Effect.Effect<Service, InvalidRequest> =>
  Effect.gen(function* () {
    const { apiKey } = options
    const givenUrl = options.baseUrl ?? defaultBaseUrl
    const timeout = orUndefined(() => Duration.decode(options.timeout ?? "30 seconds")) ?? Duration.zero
    yield* refuse("OAuthClient.make", {
      ...attributionFaults(options),
      baseUrl: baseUrlFault(givenUrl, options.allowInsecureHttp === true),
      timeout: Duration.greaterThan(timeout, 0) ? undefined : "must be positive",
      apiKey: Effect.isEffect(apiKey) ? undefined : keyFault(apiKey, true)
    })
    const baseUrl = new URL(givenUrl)
    const built = yield* Effect.context<never>()
    const ownAttribution: OAuthSchema.Attribution = { ...Context.get(built, CurrentAttribution), ...defined(options) }

    /** What an input refuses is part of the operation: it is in its span and its metric. */
    const call = <A, E extends OAuthError>(
      endpoint: Endpoint.Endpoint<A, E>,
      input: unknown,
      key: ServiceOptions["apiKey"],
      keyName = "apiKey"
    ): Effect.Effect<A, E | TransportError> => {
      const { encode, errors, operation, path } = endpoint
      return observed(operation, (span) =>
        Effect.gen(function* () {
          let attempts = 0
          // At first none: what the input refuses makes no attempt.
          const count = () => span.attribute("openrouter.attempts", attempts++)
          count()
          const caller = yield* Effect.context<never>()
          const context = Context.merge(built, caller)
          const body = encode && (yield* encoded(operation, encode(input)))
          const given = Effect.isEffect(key) ? yield* Effect.withParentSpan(key, span) : key
          const attribution = { ...ownAttribution, ...caller.unsafeMap.get(CurrentAttribution.key) }
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
          // A plain challenge is the verifier itself.
          const secrets = [bearer, body?.code, body?.code_verifier, body?.code_challenge]
          const untimed = Effect.suspend(() => {
            count()
            return send(request, span, context)
          }).pipe(
            Effect.mapError((error) => connectionError(operation, baseUrl.host, error)),
            Effect.flatMap((answer) => {
              span.attribute("http.response.status_code", answer.status)
              return outcomeOf(endpoint, answer, baseUrl.host, secrets)
            })
          )
          // A race costs 45 µs, nearly as much as all the rest: there is none with a deadline that never comes.
          const attempt = Duration.isFinite(timeout)
            ? // The race forks, and Effect below 3.22 logs a forked fiber that fails: inside it a failure is a value.
              Effect.flatten(
                Effect.timeoutFail(Effect.exit(untimed), {
                  duration: timeout,
                  onTimeout: () => new TimedOut({ operation, timeout })
                })
              )
            : untimed
          return yield* retrying(attempt, Context.get(context, RetryPolicy))
        })
      )
    }

    return {
      createAuthCode: (request) => call(Endpoint.createAuthCode, request, apiKey),
      exchangeAuthCodeForAPIKey: (request) => call(Endpoint.exchange, request, apiKey),
      getCurrentKey: (key) => call(Endpoint.currentKey, undefined, key, "key"),
      createAuthorizationUrl: (request) => Effect.suspend(() => makeOn(baseUrl, request))
    }
  })
