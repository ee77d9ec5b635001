/** A span and a latency histogram for every operation. */

import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import type { Operation } from "../OAuthError.js"

const latency = Metric.histogram(
  "openrouter_oauth_latency",
  MetricBoundaries.exponential({ start: 5, factor: 2, count: 14 }),
  "How long OpenRouter's OAuth operations took, with all their attempts, in milliseconds"
)

const outcomeOf = (exit: Exit.Exit<unknown, { readonly _tag: string }>): string =>
  Exit.isSuccess(exit)
    ? "Success"
    : Option.match(Cause.failureOption(exit.cause), {
        onSome: ({ _tag }) => _tag,
        onNone: () => (Cause.isInterrupted(exit.cause) ? "Interrupted" : "Defect")
      })

/**
 * Runs an operation that tells of every attempt, and of the status of every answer. Its span holds the last status and the
 * number of attempts; the histogram is tagged with `operation` and `outcome` (`Success`, the error's tag, `Interrupted`).
 */
export const observed = <A, E extends { readonly _tag: string }>(
  operation: Operation,
  run: (tell: (event: { readonly attempt: true } | { readonly status: number }) => void) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(Effect.clock, (clock) => {
    const start = clock.unsafeCurrentTimeMillis()
    let attempts = 0
    let lastStatus: number | undefined
    return run((event) => {
      if ("attempt" in event) attempts++
      lastStatus = "status" in event ? event.status : undefined
    }).pipe(
      Effect.onExit((exit) => {
        latency.unsafeUpdate(clock.unsafeCurrentTimeMillis() - start, [
          MetricLabel.make("operation", operation),
          MetricLabel.make("outcome", outcomeOf(exit))
        ])
        return Effect.annotateCurrentSpan({
          "openrouter.attempts": attempts,
          ...(lastStatus !== undefined && { "http.response.status_code": lastStatus })
        })
      }),
      Effect.withSpan(`OAuthClient.${operation}`, { kind: "client", captureStackTrace: false })
    )
  })
