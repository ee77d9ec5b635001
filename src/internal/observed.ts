/** A span and a latency histogram for every operation. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import type * as Tracer from "effect/Tracer"
import type { Operation } from "../OAuthError.js"

const latency = Metric.timer("openrouter_oauth_latency", "An operation with all its attempts")

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isSuccess(exit)
    ? "Success"
    : Cause.isInterruptedOnly(exit.cause)
      ? "Interrupted"
      : (Object(Cause.squash(exit.cause))._tag ?? "Defect")

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
export const observed = <A, E>(
  operation: Operation,
  run: (progress: Progress, span: Tracer.Span) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.useSpan(`OAuthClient.${operation}`, { kind: "client", captureStackTrace: false }, (span) =>
    Effect.clockWith((clock) => {
      const start = clock.unsafeCurrentTimeMillis()
      const progress: Progress = { attempts: 0, status: undefined }
      return Effect.onExit(run(progress, span), (exit) => {
        span.attribute("openrouter.attempts", progress.attempts)
        if (progress.status) span.attribute("http.response.status_code", progress.status)
        return latency.pipe(
          Metric.tagged("operation", operation),
          Metric.tagged("outcome", outcomeOf(exit)),
          Metric.update(Duration.millis(clock.unsafeCurrentTimeMillis() - start))
        )
      })
    })
  )
