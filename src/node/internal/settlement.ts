/** The end of a sign-in. It ends once: by the first callback or pasted line that settles it, or by being stopped. */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { makeOneAtATime } from "../../internal/oneAtATime.js"

/** `E`: the errors of attempts. `Stop`: the other errors that the sign-in can end with. */
export interface Settlement<A, E, Stop> {
  /** Returns the outcome; undefined while it waits. */
  readonly outcome: () => Exit.Exit<A, E> | undefined
  /**
   * Tries to complete it, one attempt at a time. Once it is settled, returns the outcome without trying. `endsNothing` says which results
   * leave it waiting.
   */
  readonly attempt: (
    complete: Effect.Effect<A, E>,
    endsNothing: (exit: Exit.Exit<A, E>) => boolean
  ) => Effect.Effect<Exit.Exit<A, E>>
  /** Ends it with the outcome, if there is one. */
  readonly end: Effect.Effect<void>
  /** Ends it at once. */
  readonly stop: (cause: Cause.Cause<Stop>) => Effect.Effect<void>
  /** Ends it, unless it is settled, or an attempt in progress settles it. */
  readonly giveUp: (error: Stop) => Effect.Effect<void>
  /** Waits for the end. */
  readonly ended: Effect.Effect<A, E | Stop>
}

export const make = <A, E, Stop>(): Effect.Effect<Settlement<A, E, Stop>> =>
  Effect.gen(function* () {
    const ended = yield* Deferred.make<A, E | Stop>()
    const oneAtATime = makeOneAtATime()
    let outcome: Exit.Exit<A, E> | undefined
    return {
      outcome: () => outcome,
      attempt: (complete, endsNothing) =>
        oneAtATime(
          Effect.suspend(() => {
            if (outcome !== undefined) return Effect.succeed(outcome)
            return Effect.tap(Effect.exit(complete), (exit) =>
              Effect.sync(() => {
                if (!endsNothing(exit)) outcome = exit
              })
            )
          })
        ),
      end: Effect.suspend(() => (outcome === undefined ? Effect.void : Deferred.done(ended, outcome))),
      stop: (cause) => Deferred.failCause(ended, cause),
      giveUp: (error) =>
        oneAtATime(Effect.suspend(() => (outcome === undefined ? Deferred.fail(ended, error) : Effect.void))),
      ended: Deferred.await(ended)
    }
  })
