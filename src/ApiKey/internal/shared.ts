/** One run of an effect that any number of fibers wait for. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

interface Run<A, E> {
  readonly outcome: Deferred.Deferred<A, E>
  fiber: Fiber.Fiber<A, E> | undefined
  waiting: number
}

/**
 * Joins the run that is under way, or begins one. A run ends early when the last fiber that waits for it is interrupted, or with the
 * scope.
 */
export const shared = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<Effect.Effect<A, E>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R>()
    const scope = yield* Effect.scope
    let current: Run<A, E> | undefined

    const begin = (run: Run<A, E>) =>
      effect.pipe(
        Effect.provide(context),
        Effect.interruptible,
        Effect.onExit((exit) =>
          Effect.suspend(() => {
            if (current === run) current = undefined
            return Deferred.done(run.outcome, exit)
          })
        ),
        Effect.forkIn(scope),
        Effect.tap((fiber) =>
          Effect.sync(() => {
            run.fiber = fiber
          })
        )
      )

    const leave = (run: Run<A, E>) =>
      Effect.suspend(() => {
        run.waiting--
        if (run.waiting > 0 || run.fiber === undefined) return Effect.void
        if (current === run) current = undefined
        return Fiber.interrupt(run.fiber)
      })

    return Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const outcome = yield* Deferred.make<A, E>()
        // No other fiber runs between this check and this assignment.
        const isFirst = current === undefined
        const run = current ?? { outcome, fiber: undefined, waiting: 0 }
        current = run
        run.waiting++
        if (isFirst) yield* begin(run)
        return yield* Effect.ensuring(restore(Deferred.await(run.outcome)), leave(run))
      })
    )
  })
