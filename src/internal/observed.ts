/** A span and a latency histogram for every operation. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"
import type { Operation } from "../OAuthError.js"
import { defined } from "./attribution.js"

const latency = Metric.histogram(
  "openrouter_oauth_latency",
  MetricBoundaries.exponential({ start: 5, factor: 2, count: 14 }),
  "Milliseconds of an operation with all its attempts"
)

const outcomeOf = (exit: Exit.Exit<unknown, { readonly _tag: string }>): string => {
  if (Exit.isSuccess(exit)) return "Success"
  for (const { _tag } of Cause.failures(exit.cause)) return _tag
  return Cause.isInterrupted(exit.cause) ? "Interrupted" : "Defect"
}

/** What an operation tells of itself while it runs. */
export interface Progress {
  attempts: number
  /** Of the last attempt's answer; undefined where it had none. */
  status: number | undefined
}

/**
 * Runs an operation. Its span holds the number of attempts and the last one's status; the histogram is tagged with `operation`
 * and `outcome` (`Success`, the error's tag, `Interrupted`, `Defect`).
 */
export const observed = <A, E extends { readonly _tag: string }>(
  operation: Operation,
  run: (progress: Progress) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(Effect.clock, (clock) => {
    const start = clock.unsafeCurrentTimeMillis()
    const progress: Progress = { attempts: 0, status: undefined }
    return run(progress).pipe(
      Effect.onExit((exit) => {
        latency.unsafeUpdate(clock.unsafeCurrentTimeMillis() - start, [
          MetricLabel.make("operation", operation),
          MetricLabel.make("outcome", outcomeOf(exit))
        ])
        return Effect.annotateCurrentSpan(
          defined({ "openrouter.attempts": progress.attempts, "http.response.status_code": progress.status })
        )
      }),
      Effect.withSpan(`OAuthClient.${operation}`, { kind: "client", captureStackTrace: false })
    )
  })
