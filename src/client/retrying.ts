/** Makes a failed attempt again. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import type { OAuthError } from "../OAuthError.js"
import type { RetryPolicy } from "../RetryPolicy.js"

/**
 * Makes attempts as the policy says. `timeout` is that of one attempt.
 *
 * A `Retry-After` makes a delay longer, never shorter. One that is longer than the policy allows ends the retries, as does a delay of the
 * schedule after which the next attempt would begin too late.
 */
export const retrying = <A, E extends OAuthError>(
  attempt: Effect.Effect<A, E>,
  policy: RetryPolicy,
  timeout: Duration.Duration
): Effect.Effect<A, E> =>
  Effect.clockWith((clock) => {
    const begun = clock.unsafeCurrentTimeMillis()
    const lastStart = begun + Duration.toMillis(timeout) * (policy.maxTimeouts ?? Number.POSITIVE_INFINITY)
    const retry =
      (state: unknown) =>
      (error: E): Effect.Effect<A, E> =>
        Effect.gen(function* () {
          const retryAfter = retryAfterOf(error)
          if (!policy.shouldRetry(error) || retryAfter > Duration.toMillis(policy.maxRetryAfter)) {
            return yield* Effect.fail(error)
          }
          const now = clock.unsafeCurrentTimeMillis()
          const [nextState, , decision] = yield* policy.schedule.step(now, error, state)
          if (ScheduleDecision.isDone(decision)) return yield* Effect.fail(error)
          const delay = ScheduleIntervals.start(decision.intervals) - now
          if (delay > retryAfter && now + delay > lastStart) return yield* Effect.fail(error)
          yield* Effect.sleep(Math.max(delay, retryAfter))
          return yield* Effect.catchAll(attempt, retry(nextState))
        })
    return Effect.catchAll(attempt, retry(policy.schedule.initial))
  })

/** In milliseconds; 0 if the server did not ask to wait. */
const retryAfterOf = (error: OAuthError): number => ("retryAfterMillis" in error && error.retryAfterMillis) || 0
