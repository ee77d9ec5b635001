/** A failed attempt, made again. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { OAuthError } from "../OAuthError.js"
import type { RetryPolicy } from "../RetryPolicy.js"

/**
 * Sends again as the policy says. `Retry-After` goes over the schedule's delay; a longer one than the policy allows ends it.
 * Most calls succeed at once: what drives the schedule is not made before it is needed.
 */
export const retrying = <A, E extends OAuthError>(
  attempt: Effect.Effect<A, E>,
  policy: RetryPolicy
): Effect.Effect<A, E> =>
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

const retryAfterOf = (error: OAuthError): number | undefined => Object(error).retryAfterMillis
