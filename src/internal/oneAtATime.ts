/** A lock that no interruption can lose. */
import * as Effect from "effect/Effect"

/**
 * Makes a combinator whose effects run one at a time, in the order in which they came.
 *
 * A semaphore of Effect loses its permit if a fiber is interrupted between the step that takes it and the next: the fibers after it
 * then wait forever. Here whoever passes the turn on writes down who has it, so it is given back however that fiber ends.
 */
export const makeOneAtATime = (): (<A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) => {
  const waiting = new Set<() => void>()
  let isTaken = false
  return (self) =>
    Effect.suspend(() => {
      let hasTurn = false
      const turn = Effect.async<void>((resume) => {
        const enter = () => {
          hasTurn = true
          resume(Effect.void)
        }
        if (!isTaken) {
          isTaken = true
          return enter()
        }
        waiting.add(enter)
        return Effect.sync(() => waiting.delete(enter))
      })
      const leave = Effect.sync(() => {
        if (!hasTurn) return
        const [next] = waiting
        if (next === undefined) {
          isTaken = false
        } else {
          waiting.delete(next)
          next()
        }
      })
      return Effect.ensuring(Effect.zipRight(turn, self), leave)
    })
}
