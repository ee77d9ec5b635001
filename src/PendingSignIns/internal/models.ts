/** A pending sign-in, and the store that it waits in. */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { full } from "./words.js"

/**
 * A sign-in that was begun and waits for its callback. This schema encodes it for stores that keep text.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
 *
 * // A row of a store of your own: the verifier is in it as plain text.
 * const toRow = Schema.encode(Schema.parseJson(PendingSignIns.PendingSignIn))
 * const fromRow = Schema.decode(Schema.parseJson(PendingSignIns.PendingSignIn))
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export const PendingSignIn = Schema.Struct({
  codeVerifier: Schema.Redacted(Schema.String),
  /** SHA-256 of the browser binding, base64url. */
  bindingDigest: Schema.String,
  /** The callback URL; null if the sign-in is headless. */
  callbackUrl: Schema.NullOr(Schema.String),
  /** The path of the app that the user goes to afterwards. */
  returnTo: Schema.NullOr(Schema.String),
  /** The app's user who began, if the app named one. */
  subject: Schema.optional(Schema.String),
  /** Milliseconds since 1970. */
  expiresAt: Schema.Number
})

/**
 * A pending sign-in, as stores receive it.
 *
 * @since 0.1.0
 * @category models
 */
export type PendingSignIn = typeof PendingSignIn.Type

/**
 * The store is full, could not be reached, or holds a text that is no sign-in. `message` never repeats what the store itself said, which
 * may hold the verifier.
 *
 * @since 0.1.0
 * @category errors
 */
export class StoreError extends Data.TaggedError("StoreError")<{
  readonly operation: "put" | "get" | "take"
  /** `Full`: the store holds as many pending sign-ins as it may. There is room again when some are completed or expire. */
  readonly reason?: "Full" | undefined
  readonly message: string
}> {}

/**
 * The operations of a store.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Keeps a sign-in for `ttl`. Fails if one is pending under the same key, or if the store is full. */
  readonly put: (key: string, pending: PendingSignIn, ttl: Duration.Duration) => Effect.Effect<void, StoreError>
  /** Returns none if there is no such sign-in, or if it has expired. */
  readonly get: (key: string) => Effect.Effect<Option.Option<PendingSignIn>, StoreError>
  /** Gets and removes in one step: of any number of takes at once, one gets the sign-in. */
  readonly take: (key: string) => Effect.Effect<Option.Option<PendingSignIn>, StoreError>
}

/**
 * The store that `SignIn` uses. Servers provide it by `layerMemory` (one process), `PendingSignIns/Redis`, `PendingSignIns/Sql` or a store
 * of their own, made by `make`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { layerMemory, PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
 *
 * const found = Effect.flatMap(PendingSignIns, (store) => store.get("SHA-256 of an attempt, base64url")).pipe(
 *   Effect.provide(layerMemory)
 * )
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class PendingSignIns extends Context.Tag("effect-openrouter-oauth/PendingSignIns")<PendingSignIns, Service>() {}

/** The error of a store that takes no more. */
export const storeIsFull = (): StoreError => new StoreError({ operation: "put", reason: "Full", message: full })

/** How many sign-ins may be pending in memory. Without a bound, people who are not signed in could fill the memory. */
export const defaultCapacity = 10_000
