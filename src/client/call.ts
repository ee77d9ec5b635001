/** One call of one endpoint: its input is checked, it is sent as often as the policy says, and every answer becomes a value or an error. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
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
import { type Attempt, isRedirect, type Request, type Send } from "./transport.js"

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
      const body = endpoint.encode && (yield* encoded(endpoint.operation, endpoint.encode(input)))
      const key = Effect.isEffect(apiKey) ? yield* Effect.withParentSpan(apiKey, span) : apiKey
      const attribution = { ...client.attribution, ...Context.get(context, CurrentAttribution) }
      yield* refuse(endpoint.operation, {
        ...attributionFaults(attribution),
        ...(endpoint.apiKey && { [endpoint.apiKey.name]: keyFault(key, endpoint.apiKey.isRequired) })
      })
      const request = requestOf(client.baseUrl, endpoint, attribution, body, key)
      const secrets = [key && Redacted.value(key), ...(body?.secrets ?? [])]
      const attempt = Effect.suspend(() => {
        count()
        return attemptOf(client, endpoint, request, secrets, {
          operation: endpoint.operation,
          timeout: client.timeout,
          span,
          context
        })
      })
      return yield* retrying(attempt, Context.get(context, RetryPolicy), client.timeout)
    })
  )

const requestOf = (
  baseUrl: URL,
  { method, path }: Endpoint<unknown, unknown>,
  attribution: Attribution,
  body: Body | undefined,
  key: Redacted.Redacted | undefined
): Request => ({
  url: baseUrl.href.replace(/\/+$/, "") + path,
  method,
  headers: defined<Record<string, string | undefined>>({
    ...attributionHeaders(attribution),
    accept: "application/json",
    authorization: key && `Bearer ${Redacted.value(key)}`,
    "content-type": body?.contentType
  }),
  body: body?.text ?? null
})

const attemptOf = <A, E>(
  { baseUrl, send }: Client,
  endpoint: Endpoint<A, E>,
  request: Request,
  secrets: Body["secrets"],
  attempt: Attempt
): Effect.Effect<A, E | TransportError> =>
  send(request, attempt).pipe(
    Effect.mapError((cause) =>
      cause instanceof TimedOut ? cause : connectionError(endpoint.operation, baseUrl.host, cause, "not answered")
    ),
    Effect.flatMap((answer): Effect.Effect<A, E | TransportError> => {
      attempt.span.attribute("http.response.status_code", answer.status)
      return answer.status === 200 || isRedirect(answer.status)
        ? accepted(endpoint, answer, baseUrl.host)
        : Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.fail(refused(endpoint, answer, secrets, now)))
    })
  )
