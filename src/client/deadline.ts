/** A promise that must settle in time. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { TimedOut } from "../OAuthError.js"
import type { Attempt } from "./transport.js"

/**
 * Runs an abortable promise. Fails with its rejection, or with `TimedOut` once the attempt's timeout has passed on the Clock. The deadline
 * and interruption abort the signal, and wait for nothing: a promise that ignores its signal holds up nobody.
 *
 * The promise needs no fiber of its own, so no two fibers race: one fiber sleeps, and resumes the caller when it wakes.
 */
export const tryPromiseWithin = <A>(
  { operation, timeout }: Attempt,
  run: (signal: AbortSignal) => Promise<A>
): Effect.Effect<A, unknown> =>
  Effect.clockWith((clock) => {
    const controller = new AbortController()
    let stopSleeper = () => {}
    const settled = Effect.async<A, unknown>((resume) => {
      const sleeper = Duration.isFinite(timeout) ? Effect.runFork(clock.sleep(timeout)) : undefined
      sleeper?.addObserver((slept) => {
        if (Exit.isFailure(slept)) return
        controller.abort()
        resume(new TimedOut({ operation, timeout }))
      })
      stopSleeper = () => sleeper?.unsafeInterruptAsFork(FiberId.none)
      run(controller.signal)
        .then(Effect.succeed, Effect.fail)
        .then((outcome) => {
          stopSleeper()
          resume(outcome)
        })
    })
    // Not returned from inside `async`: Effect would lose it, were the fiber interrupted while the promise begins.
    return Effect.onInterrupt(settled, () =>
      Effect.sync(() => {
        stopSleeper()
        controller.abort()
      })
    )
  })
