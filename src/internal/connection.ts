/** The calls of a service: each one's request, its attempts and their deadline. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Tracer from "effect/Tracer"
import { InvalidRequest, type OAuthError, TimedOut, type TransportError } from "../OAuthError.js"
import type { Attribution } from "../OAuthSchema.js"
import { RetryPolicy } from "../RetryPolicy.js"
import { attempt, type Request, type Send } from "./attempt.js"
import { attributionHeaders, attributionIssues, CurrentAttribution, defined } from "./attribution.js"
import type { Endpoint } from "./endpoint.js"
import { observed, type Progress } from "./observed.js"
import { connectionError, outcomeOf } from "./outcome.js"

/** What one call sends. */
export interface Call {
  readonly bearer?: string | undefined
  readonly body?: object | undefined
  /** Never to be shown, beside the bearer. */
  readonly secrets?: ReadonlyArray<string | null | undefined>
}

/** A service's way to the API. `context` is what stood when the service was made: the caller's own wins over it. */
export const connect = (
  send: Send,
  settings: {
    readonly baseUrl: URL
    readonly timeout: Duration.Duration
    readonly attribution: Attribution
    readonly context: Context.Context<never>
  }
) => {
  const { timeout } = settings
  const { host, href } = settings.baseUrl
  const prefix = href.replace(/\/$/, "")
  const policy = Context.get(settings.context, RetryPolicy)
  const named = { ...Context.get(settings.context, CurrentAttribution), ...defined(settings.attribution) }

  /** Sends what `input` asks for. The input is part of the operation: what it refuses is in its span and its metric. */
  const call = <A, E extends OAuthError>(
    endpoint: Endpoint<A, E>,
    input: (span: Tracer.Span) => Effect.Effect<Call, InvalidRequest>
  ): Effect.Effect<A, E | TransportError> => {
    const { operation } = endpoint
    const request = (
      { bearer, body, secrets = [] }: Call,
      caller: Context.Context<never>,
      progress: Progress,
      span: Tracer.Span
    ): Effect.Effect<A, E | TransportError> => {
      const attribution = { ...named, ...defined(Context.get(caller, CurrentAttribution)) }
      const issues = attributionIssues(attribution)
      if (issues.length > 0) return Effect.fail(new InvalidRequest({ operation, issues }))
      const sent: Request = {
        url: `${prefix}${endpoint.path}`,
        method: endpoint.method,
        headers: {
          ...attributionHeaders(attribution),
          accept: "application/json",
          ...(bearer && { authorization: `Bearer ${bearer}` }),
          ...(body && { "content-type": "application/json" })
        },
        body: body ? JSON.stringify(body) : null
      }
      const known = [bearer, ...secrets].filter((secret) => typeof secret === "string")
      const once = Effect.suspend(() => {
        progress.attempts++
        progress.status = undefined
        return attempt(send, sent, span, timeout)
      })
      return retrying(
        Effect.matchEffect(once, {
          onFailure: (error) => Effect.fail(connectionError(operation, host, error)),
          onSuccess: (answer): Effect.Effect<A, E | TransportError> => {
            progress.status = answer?.status
            return answer === undefined
              ? Effect.fail(new TimedOut({ operation, timeout }))
              : outcomeOf(endpoint, answer, host, known)
          }
        }),
        caller.unsafeMap.get(RetryPolicy.key) ?? policy
      )
    }
    return observed(operation, (progress, span) =>
      Effect.contextWithEffect((caller: Context.Context<never>) =>
        Effect.flatMap(input(span), (sent) => request(sent, caller, progress, span))
      )
    )
  }

  return { call }
}

/**
 * Sends again as the policy says. `Retry-After` goes over the schedule's delay; a longer one than the policy allows ends it.
 * Most calls succeed at once: what drives the schedule is not made before it is needed.
 */
const retrying = <A, E extends OAuthError>(attempt: Effect.Effect<A, E>, policy: RetryPolicy): Effect.Effect<A, E> =>
  Effect.catchAll(attempt, (first) => {
    let next: Effect.Effect<A, E> = Effect.fail(first)
    return Effect.retry(
      Effect.suspend(() => {
        const now = next
        next = attempt
        return now
      }),
      {
        while: (error) =>
          policy.shouldRetry(error) && (retryAfterOf(error) ?? 0) <= Duration.toMillis(policy.maxRetryAfter),
        schedule: policy.schedule.pipe(
          Schedule.zipRight(Schedule.identity<OAuthError>()),
          Schedule.modifyDelay((error, delay) => retryAfterOf(error) || delay)
        )
      }
    )
  })

const retryAfterOf = (error: OAuthError): number | undefined =>
  "retryAfterMillis" in error ? error.retryAfterMillis : undefined
