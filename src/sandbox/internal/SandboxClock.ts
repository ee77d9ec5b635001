/** The time of the sandbox: Effect's Clock, which tests can move forward. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * The time that decides when codes, keys and access tokens expire, and on which day usage is counted.
 *
 * @since 0.1.0
 * @category models
 */
export interface SandboxClock {
  /** Milliseconds since 1970: Effect's Clock plus every `advance`. */
  readonly now: Effect.Effect<number>
  /** Moves the time forward. Delays of faults still pass on Effect's Clock. */
  readonly advance: (duration: Duration.DurationInput) => Effect.Effect<void>
}

export interface MovableClock extends SandboxClock {
  /** Goes back to Effect's Clock. */
  readonly reset: () => void
}

export const makeClock = (): MovableClock => {
  let ahead = 0
  return {
    now: Effect.map(Clock.currentTimeMillis, (millis) => millis + ahead),
    advance: (duration) =>
      Effect.sync(() => {
        ahead += Duration.toMillis(duration)
      }),
    reset: () => {
      ahead = 0
    }
  }
}

/** Writes a time as ISO 8601, from milliseconds since 1970. */
export const iso = (millis: number): string => DateTime.formatIso(DateTime.unsafeMake(millis))
