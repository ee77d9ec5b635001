/** What the stores outside of this process share: text, a deadline, and errors that tell nothing of what the store said. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PendingSignIn, StoreError } from "../../PendingSignIns.js"
import { asText } from "./text.js"
import { malformed, silent, unavailable } from "./words.js"

const encodeText = Schema.encode(asText(PendingSignIn))
const decodeText = Schema.decodeUnknown(asText(PendingSignIn))

export const encode = (pending: PendingSignIn): Effect.Effect<string, StoreError> =>
  Effect.mapError(encodeText(pending), () => new StoreError({ operation: "put", message: unavailable("put") }))

export const decode = (operation: "get" | "take", text: unknown): Effect.Effect<PendingSignIn, StoreError> =>
  Effect.mapError(decodeText(text), () => new StoreError({ operation, message: malformed }))

/** How long a store may take for one call. */
export type Timeout = Duration.DurationInput | undefined

/** Fails when the time is over, also where the store's client does not let go of its work: hence `disconnect`. */
export const within = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  timeout: Timeout,
  onTimeout: (duration: string) => E2
): Effect.Effect<A, E | E2, R> => {
  const duration = Duration.decode(timeout ?? "5 seconds")
  return Effect.timeoutFail(Effect.disconnect(effect), {
    duration,
    onTimeout: () => onTimeout(Duration.format(duration))
  })
}

/**
 * One call to the store. The spans of the store's own client are left out: their exits hold its error, and that may hold what the
 * store was given.
 */
export const call = <A, E, R>(
  operation: StoreError["operation"],
  timeout: Timeout,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, StoreError, R> =>
  effect.pipe(
    Effect.withTracerEnabled(false),
    Effect.mapError(() => new StoreError({ operation, message: unavailable(operation) })),
    (safe) => within(safe, timeout, (duration) => new StoreError({ operation, message: silent(operation, duration) })),
    Effect.withSpan(`PendingSignIns.${operation}`, { kind: "client", captureStackTrace: false })
  )
