/** A sign-in ends once: by the first callback or pasted line that settles it, or by what stops it. */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { makeOneAtATime } from "../../internal/oneAtATime.js"

/** `E`: how attempts fail. `Stop`: how else the sign-in can end. */
export interface Settlement<A, E, Stop> {
  /** What settled it; undefined while it waits. */
  readonly outcome: () => Exit.Exit<A, E> | undefined
  /**
   * Tries to complete it, one attempt at a time. An attempt that comes when it is settled returns the outcome, and tries nothing.
   * `endsNothing`: which results leave it waiting.
   */
  readonly attempt: (
    complete: Effect.Effect<A, E>,
    endsNothing: (exit: Exit.Exit<A, E>) => boolean
  ) => Effect.Effect<Exit.Exit<A, E>>
  /** Gives the outcome, if there is one, to who waits for the end. */
  readonly end: Effect.Effect<void>
  /** Ends it at once. */
  readonly stop: (cause: Cause.Cause<Stop>) => Effect.Effect<void>
  /** Ends it, unless it is settled or an attempt that still runs settles it. */
  readonly giveUp: (error: Stop) => Effect.Effect<void>
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
