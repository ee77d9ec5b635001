/** One call of one endpoint: its input is checked, it is sent as often as the policy says, and every answer becomes a value or an error. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Tracer from "effect/Tracer"
import { defined } from "../internal/defined.js"
import { encoded, refuse } from "../internal/invalid.js"
import { type InvalidRequest, type OAuthError, TimedOut, type TransportError } from "../OAuthError.js"
import type { Attribution } from "../OAuthSchema.js"
import { RetryPolicy } from "../RetryPolicy.js"
import { accepted } from "./accepted.js"
import { attributionFaults, attributionHeaders, CurrentAttribution } from "./attribution.js"
import { connectionError } from "./connection.js"
import type { Body, Endpoint } from "./endpoint.js"
import { keyFault } from "./headers.js"
import { observed } from "./observed.js"
import { refused } from "./refused.js"
import { retrying } from "./retrying.js"
import { isRedirect, type Request, type Send } from "./transport.js"

/** An API key, or where to get it at each call. */
export type ApiKey = Redacted.Redacted | Effect.Effect<Redacted.Redacted, InvalidRequest> | undefined

/** The settings that all calls of a client share. */
export interface Client {
  readonly send: Send
  readonly baseUrl: URL
  /** Of one attempt. */
  readonly timeout: Duration.Duration
  readonly attribution: Attribution
  /** The context that the client was made in. The context of a call wins over it. */
  readonly context: Context.Context<never>
}

/** Calls an endpoint. A refused input is part of the operation: its span and its metric count it. */
export const call = <A, E extends OAuthError>(
  client: Client,
  endpoint: Endpoint<A, E>,
  input: unknown,
  apiKey: ApiKey
): Effect.Effect<A, E | TransportError> =>
  observed(endpoint.operation, (span) =>
    Effect.gen(function* () {
      let attempts = 0
      // 0 at first: a refused input makes no attempt.
      const count = () => span.attribute("openrouter.attempts", attempts++)
      count()
      const context = Context.merge(client.context, yield* Effect.context<never>())
      const { request, secrets } = yield* requestOf(client, endpoint, input, apiKey, span)
      const attempt = Effect.suspend(() => {
        count()
        return attemptOf(client, endpoint, request, secrets, span, context)
      })
      return yield* retrying(withDeadline(attempt, endpoint, client.timeout), Context.get(context, RetryPolicy))
    })
  )

/** Returns the request of an input, and the secrets in it. Fails if a field, the key or the attribution is invalid. */
const requestOf = (
  { attribution, baseUrl }: Client,
  { apiKey, encode, method, operation, path }: Endpoint<unknown, unknown>,
  input: unknown,
  given: ApiKey,
  span: Tracer.Span
): Effect.Effect<{ readonly request: Request; readonly secrets: Body["secrets"] }, InvalidRequest> =>
  Effect.gen(function* () {
    const body = encode && (yield* encoded(operation, encode(input)))
    const key = Effect.isEffect(given) ? yield* Effect.withParentSpan(given, span) : given
    const named = { ...attribution, ...(yield* CurrentAttribution) }
    yield* refuse(operation, {
      ...attributionFaults(named),
      ...(apiKey && { [apiKey.name]: keyFault(key, apiKey.isRequired) })
    })
    const bearer = key && Redacted.value(key)
    return {
      request: {
        url: baseUrl.href.replace(/\/+$/, "") + path,
        method,
        headers: defined<Record<string, string | undefined>>({
          ...attributionHeaders(named),
          accept: "application/json",
          authorization: bearer && `Bearer ${bearer}`,
          "content-type": body?.contentType
        }),
        body: body?.text ?? null
      },
      secrets: [bearer, ...(body?.secrets ?? [])]
    }
  })

const attemptOf = <A, E>(
  { baseUrl, send }: Client,
  endpoint: Endpoint<A, E>,
  request: Request,
  secrets: Body["secrets"],
  span: Tracer.Span,
  context: Context.Context<never>
): Effect.Effect<A, E | TransportError> =>
  Effect.gen(function* () {
    const answer = yield* Effect.mapError(send(request, span, context), (cause) =>
      connectionError(endpoint.operation, baseUrl.host, cause, "not answered")
    )
    span.attribute("http.response.status_code", answer.status)
    if (answer.status === 200 || isRedirect(answer.status)) return yield* accepted(endpoint, answer, baseUrl.host)
    const now = yield* Clock.currentTimeMillis
    return yield* Effect.fail(refused(endpoint, answer, secrets, now))
  })

/** Ends an attempt that takes longer. Without a deadline nothing is raced: a race costs nearly as much as the rest of a call. */
const withDeadline = <A, E>(
  attempt: Effect.Effect<A, E>,
  { operation }: Endpoint<A, unknown>,
  timeout: Duration.Duration
): Effect.Effect<A, E | TimedOut> =>
  Duration.isFinite(timeout)
    ? // The race forks, and Effect below 3.22 logs a forked fiber that fails: inside it a failure is a value.
      Effect.flatten(
        Effect.timeoutFail(Effect.exit(attempt), {
          duration: timeout,
          onTimeout: () => new TimedOut({ operation, timeout })
        })
      )
    : attempt
