/** A span and a latency histogram for every operation. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import type { Operation } from "../OAuthError.js"

const latency = Metric.timer("openrouter_oauth_latency")

const outcomeOf = (exit: Exit.Exit<unknown, { readonly _tag: string }>): string => {
  if (Exit.isSuccess(exit)) return "Success"
  if (Cause.isInterruptedOnly(exit.cause)) return "Interrupted"
  // An error that was thrown is a defect, also where it has a tag.
  return Option.match(Cause.failureOption(exit.cause), { onNone: () => "Defect", onSome: (error) => error._tag })
}

/**
 * Runs an operation, in a span and in the histogram, which is tagged with `operation` and `outcome` (`Success`, the error's tag,
 * `Interrupted`, `Defect`). The span is passed to `run` and not provided, because that would cost as much as all of this.
 */
export const observed = <A, E extends { readonly _tag: string }>(
  operation: Operation,
  run: (span: Tracer.Span) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.useSpan(`OAuthClient.${operation}`, { kind: "client", captureStackTrace: false }, (span) =>
    Effect.clockWith((clock) => {
      const start = clock.unsafeCurrentTimeMillis()
      return Effect.onExit(run(span), (exit) =>
        latency.pipe(
          Metric.tagged("operation", operation),
          Metric.tagged("outcome", outcomeOf(exit)),
          Metric.update(Duration.millis(clock.unsafeCurrentTimeMillis() - start))
        )
      )
    })
  )
