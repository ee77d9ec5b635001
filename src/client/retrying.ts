/** Makes a failed attempt again. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { OAuthError } from "../OAuthError.js"
import type { RetryPolicy } from "../RetryPolicy.js"

/**
 * Makes attempts as the policy says. A `Retry-After` makes a delay longer, never shorter; one that is longer than the policy allows ends
 * the retries, as does an attempt that would begin too late without having been asked for. `timeout` is that of one attempt.
 *
 * Most calls succeed at once, so the schedule begins with the first failure and not, as in `Effect.retry`, before the first attempt.
 */
export const retrying = <A, E extends OAuthError>(
  attempt: Effect.Effect<A, E>,
  policy: RetryPolicy,
  timeout: Duration.Duration
): Effect.Effect<A, E> =>
  Effect.clockWith((clock) => {
    const begun = clock.unsafeCurrentTimeMillis()
    return Effect.catchAll(attempt, (first) => {
      const lastStart = begun + Duration.toMillis(policy.maxElapsed?.(timeout) ?? Duration.infinity)
      const delays = policy.schedule.pipe(
        Schedule.zipRight(Schedule.identity<OAuthError>()),
        Schedule.modifyDelay((error, delay) => Duration.max(delay, retryAfterOf(error))),
        Schedule.delays,
        Schedule.check((error, delay) => {
          const millis = Duration.toMillis(delay)
          return millis <= retryAfterOf(error) || clock.unsafeCurrentTimeMillis() + millis <= lastStart
        })
      )
      return Effect.flatMap(Schedule.driver(delays), (driver) => {
        const again = (error: E): Effect.Effect<A, E> =>
          policy.shouldRetry(error) && retryAfterOf(error) <= Duration.toMillis(policy.maxRetryAfter)
            ? Effect.matchEffect(driver.next(error), {
                onFailure: () => Effect.fail(error),
                onSuccess: () => Effect.catchAll(attempt, again)
              })
            : Effect.fail(error)
        return again(first)
      })
    })
  })

/** In milliseconds; 0 if the server did not ask to wait. */
const retryAfterOf = (error: OAuthError): number => ("retryAfterMillis" in error && error.retryAfterMillis) || 0
