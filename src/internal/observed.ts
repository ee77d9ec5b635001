/** A span and a latency histogram for every operation. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import type * as Tracer from "effect/Tracer"
import type { Operation } from "../OAuthError.js"

const latency = Metric.histogram(
  "openrouter_oauth_latency",
  MetricBoundaries.exponential({ start: 5, factor: 2, count: 14 }),
  "Milliseconds of an operation with all its attempts"
)

const tagged = new Map<string, typeof latency>()

const latencyOf = (operation: string, outcome: string) => {
  const key = operation + outcome
  let found = tagged.get(key)
  if (found === undefined) {
    found = latency.pipe(Metric.tagged("operation", operation), Metric.tagged("outcome", outcome))
    tagged.set(key, found)
  }
  return found
}

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
 * and `outcome` (`Success`, the error's tag, `Interrupted`, `Defect`). The span is not provided: that costs as much as all of this.
 */
export const observed = <A, E extends { readonly _tag: string }>(
  operation: Operation,
  run: (progress: Progress, span: Tracer.Span) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(Effect.makeSpan(`OAuthClient.${operation}`, { kind: "client", captureStackTrace: false }), (span) =>
    Effect.clockWith((clock) => {
      const start = clock.unsafeCurrentTimeMillis()
      const progress: Progress = { attempts: 0, status: undefined }
      return Effect.onExit(run(progress, span), (exit) => {
        latencyOf(operation, outcomeOf(exit)).unsafeUpdate(clock.unsafeCurrentTimeMillis() - start, [])
        span.attribute("openrouter.attempts", progress.attempts)
        if (progress.status !== undefined) span.attribute("http.response.status_code", progress.status)
        span.end(clock.unsafeCurrentTimeNanos(), exit)
        return Effect.void
      })
    })
  )
