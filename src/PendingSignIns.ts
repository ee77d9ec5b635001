/**
 * Sign-ins that were begun and not yet completed: where they wait for their callback.
 *
 * A pending sign-in is kept under the SHA-256 of its attempt, so that who reads the store cannot complete what is in it without
 * the browser that began. It holds its verifier as it is: protect the store as you protect sessions.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { ParseError } from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { asText } from "./PendingSignIns/internal/text.js"
import { malformed, occupied, unavailable } from "./PendingSignIns/internal/words.js"

/**
 * What is known of a sign-in before its callback comes. Its schema encodes it for stores that keep text.
 *
 * @since 0.1.0
 * @category models
 */
export const PendingSignIn = Schema.Struct({
  codeVerifier: Schema.Redacted(Schema.String),
  /** SHA-256 of the browser binding, base64url. */
  bindingDigest: Schema.String,
  /** Where the callback must come to; null is headless. */
  callbackUrl: Schema.NullOr(Schema.String),
  /** Where the app sends the user afterwards: a path of its own. */
  returnTo: Schema.NullOr(Schema.String),
  /** Milliseconds since 1970. */
  expiresAt: Schema.Number
})

/**
 * @since 0.1.0
 * @category models
 */
export type PendingSignIn = typeof PendingSignIn.Type

/**
 * The store could not be reached, or holds what it cannot hold.
 *
 * @since 0.1.0
 * @category errors
 */
export class StoreError extends Data.TaggedError("StoreError")<{
  readonly operation: "put" | "get" | "take"
  readonly message: string
}> {}

/**
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Keeps a sign-in for `ttl`. Fails where one is pending under the same key: that would be another user's. */
  readonly put: (key: string, pending: PendingSignIn, ttl: Duration.Duration) => Effect.Effect<void, StoreError>
  /** None where there is no such sign-in, or no longer. */
  readonly get: (key: string) => Effect.Effect<Option.Option<PendingSignIn>, StoreError>
  /** The same as `get`, removing it in one step: of any number of takes at once, one gets it. */
  readonly take: (key: string) => Effect.Effect<Option.Option<PendingSignIn>, StoreError>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class PendingSignIns extends Context.Tag("effect-openrouter-oauth/PendingSignIns")<PendingSignIns, Service>() {}

/**
 * In the memory of one process: for command lines, desktop apps, and servers that are one process.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<PendingSignIns> = Layer.sync(PendingSignIns, () => {
  const entries = new Map<string, { readonly pending: PendingSignIn; readonly until: number }>()
  const find = (key: string, now: number) =>
    Option.fromNullable(entries.get(key)).pipe(
      Option.filter(({ until }) => until > now),
      Option.map(({ pending }) => pending)
    )
  return {
    put: (key, pending, ttl) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (Option.isSome(find(key, now))) return Effect.fail(new StoreError({ operation: "put", message: occupied }))
        // Almost all live equally long, so the oldest come first: memory holds what is pending, and little more.
        for (const [old, { until }] of entries) {
          if (until > now) break
          entries.delete(old)
        }
        entries.delete(key)
        entries.set(key, { pending, until: now + Duration.toMillis(ttl) })
        return Effect.void
      }),
    get: (key) => Effect.map(Clock.currentTimeMillis, (now) => find(key, now)),
    take: (key) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const found = find(key, now)
        entries.delete(key)
        return found
      })
  }
})

const Entry = asText(Schema.Struct({ pending: PendingSignIn, until: Schema.Number }))
const encodeEntry = Schema.encode(Entry)
const decodeEntry = Schema.decode(Entry)

const prefix = "openrouter-sign-in/"

/**
 * In a `KeyValueStore`: sessionStorage, a folder, memory. A `KeyValueStore` has no step that reads and removes, so a take is
 * atomic within one process only; across processes use a database or Redis.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerKeyValueStore: Layer.Layer<PendingSignIns, never, KeyValueStore.KeyValueStore> = Layer.effect(
  PendingSignIns,
  Effect.gen(function* () {
    const store = yield* KeyValueStore.KeyValueStore
    const oneAtATime = yield* Effect.makeSemaphore(1)
    const failing = (operation: StoreError["operation"]) =>
      Effect.mapError((error: StoreError | PlatformError | ParseError) =>
        error._tag === "StoreError"
          ? error
          : new StoreError({ operation, message: error._tag === "ParseError" ? malformed : unavailable(operation) })
      )
    const read = (key: string) =>
      Effect.gen(function* () {
        const text = yield* store.get(prefix + key)
        if (Option.isNone(text)) return Option.none()
        const { pending, until } = yield* decodeEntry(text.value)
        const now = yield* Clock.currentTimeMillis
        return until > now ? Option.some(pending) : Option.none()
      })
    return PendingSignIns.of({
      put: (key, pending, ttl) =>
        Effect.gen(function* () {
          if (Option.isSome(yield* read(key))) {
            return yield* new StoreError({ operation: "put", message: occupied })
          }
          const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(ttl)
          yield* store.set(prefix + key, yield* encodeEntry({ pending, until }))
        }).pipe(oneAtATime.withPermits(1), failing("put")),
      get: (key) => failing("get")(read(key)),
      take: (key) =>
        read(key).pipe(Effect.zipLeft(store.remove(prefix + key)), oneAtATime.withPermits(1), failing("take"))
    })
  })
)
