/** Makes a failed attempt again. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { OAuthError } from "../OAuthError.js"
import type { RetryPolicy } from "../RetryPolicy.js"

/**
 * Makes attempts as the policy says. `timeout` is that of one attempt. Most calls succeed at once, so the schedule is driven from the
 * first failure on: the retry begins with that failure, not with an attempt.
 */
export const retrying = <A, E extends OAuthError>(
  attempt: Effect.Effect<A, E>,
  policy: RetryPolicy,
  timeout: Duration.Duration
): Effect.Effect<A, E> =>
  Effect.flatMap(Clock.currentTimeMillis, (begun) =>
    Effect.catchAll(attempt, (first) => {
      let isFirst = true
      const next = Effect.suspend(() => {
        if (!isFirst) return attempt
        isFirst = false
        return Effect.fail(first)
      })
      const lastStart = begun + Duration.toMillis(policy.maxElapsed?.(timeout) ?? Duration.infinity)
      return Effect.retry(next, { while: isRetried(policy), schedule: delaysUntil(lastStart, policy) })
    })
  )

/** A `Retry-After` that is longer than the policy allows ends the retries. */
const isRetried = (policy: RetryPolicy) => (error: OAuthError) =>
  policy.shouldRetry(error) && retryAfterOf(error) <= Duration.toMillis(policy.maxRetryAfter)

/** The policy's delays, or what a `Retry-After` asks for where that is longer. Only then may an attempt begin after `lastStart`. */
const delaysUntil = (lastStart: number, policy: RetryPolicy) =>
  policy.schedule.pipe(
    Schedule.zipRight(Schedule.identity<OAuthError>()),
    Schedule.modifyDelay((error, delay) => Duration.max(delay, retryAfterOf(error))),
    Schedule.delays,
    Schedule.checkEffect((error, delay) =>
      Effect.map(
        Clock.currentTimeMillis,
        (now) => now + Duration.toMillis(delay) <= Math.max(lastStart, now + retryAfterOf(error))
      )
    )
  )

/** In milliseconds; 0 if the server did not ask to wait. */
const retryAfterOf = (error: OAuthError): number => ("retryAfterMillis" in error && error.retryAfterMillis) || 0
