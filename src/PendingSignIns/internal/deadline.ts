/** How long a store may take for one call. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

export const defaultTimeout: Duration.Duration = Duration.seconds(5)

/** Fails when the time is over. `disconnect` lets the caller go even if the store's client does not stop its work. */
export const within = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  timeout: Duration.Duration,
  onTimeout: (duration: string) => E2
): Effect.Effect<A, E | E2, R> =>
  Effect.timeoutFail(Effect.disconnect(effect), {
    duration: timeout,
    onTimeout: () => onTimeout(Duration.format(timeout))
  })
