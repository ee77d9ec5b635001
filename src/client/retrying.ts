/** A failed attempt, made again. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { OAuthError } from "../OAuthError.js"
import type { RetryPolicy } from "../RetryPolicy.js"

/**
 * Makes attempts as the policy says. A `Retry-After` replaces the schedule's delay; one that is longer than the policy allows ends it.
 * Most calls succeed at once, so the schedule is driven from the first failure on: the retry begins with that failure, not with an attempt.
 */
export const retrying = <A, E extends OAuthError>(
  attempt: Effect.Effect<A, E>,
  policy: RetryPolicy
): Effect.Effect<A, E> =>
  Effect.catchAll(attempt, (first) => {
    let isFirst = true
    return Effect.retry(
      Effect.suspend(() => {
        if (!isFirst) return attempt
        isFirst = false
        return Effect.fail(first)
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
