/**
 * Stores of pending sign-ins: begun, and not yet completed by their callback.
 *
 * A store keeps a sign-in under the SHA-256 of its attempt. Whoever reads the store cannot complete a sign-in without the browser
 * that began it. The PKCE verifier is stored in plain text: protect the store as you protect sessions.
 *
 * @since 0.1.0
 */
import type * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { defaultTimeout, within } from "./PendingSignIns/internal/deadline.js"
import { overKeyValueStore } from "./PendingSignIns/internal/keyValueStore.js"
import {
  defaultCapacity,
  PendingSignIn,
  PendingSignIns,
  type Service,
  StoreError,
  storeIsFull
} from "./PendingSignIns/internal/models.js"
import { asText } from "./PendingSignIns/internal/text.js"
import { malformed, occupied, silent, unavailable } from "./PendingSignIns/internal/words.js"

export { PendingSignIn, PendingSignIns, type Service, StoreError } from "./PendingSignIns/internal/models.js"

/**
 * The methods that `make` needs of a database, a cache or a key-value service. They return Effects or promises. Their errors are shown
 * to nobody, because they may repeat the value.
 *
 * @since 0.1.0
 * @category models
 */
export interface Backend {
  /**
   * Keeps the text under the key, and forgets it after `ttl` or later. Returns false, and changes nothing, if the key holds a text
   * that has not expired.
   */
  readonly put: (key: string, text: string, ttl: Duration.Duration) => Answer<boolean>
  /** Returns the text, or null or undefined if there is none. */
  readonly get: (key: string) => Answer<unknown>
  /**
   * Returns the text and removes it. Do both in one step if the backend can: otherwise a callback that arrives twice at once may be
   * exchanged twice, and OpenRouter refuses the second exchange.
   */
  readonly take: (key: string) => Answer<unknown>
}

/**
 * The result of a backend's method: an Effect or a promise.
 *
 * @since 0.1.0
 * @category models
 */
export type Answer<A> = Effect.Effect<A, unknown> | PromiseLike<A>

const encodeText = Schema.encode(asText(PendingSignIn))
const decodeText = Schema.decodeUnknown(asText(PendingSignIn))

/**
 * Makes a store from a backend that keeps text. Adds the encoding, the checks, the errors, a deadline and a span for each call.
 *
 * `timeout` bounds one call and defaults to 5 seconds. Sign-ins that are read after their 10 minutes are refused by `SignIn`, so a
 * backend may forget them late, but it must forget them.
 *
 * @example
 * ```ts
 * import * as Duration from "effect/Duration"
 * import * as Layer from "effect/Layer"
 * import { make, PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
 *
 * declare const cache: {
 *   add: (key: string, text: string, seconds: number) => Promise<boolean>
 *   get: (key: string) => Promise<string | null>
 *   getAndDelete: (key: string) => Promise<string | null>
 * }
 *
 * const Store = Layer.succeed(
 *   PendingSignIns,
 *   make({
 *     put: (key, text, ttl) => cache.add(key, text, Math.ceil(Duration.toSeconds(ttl))),
 *     get: (key) => cache.get(key),
 *     take: (key) => cache.getAndDelete(key)
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  backend: Backend,
  { timeout = defaultTimeout }: { readonly timeout?: Duration.Duration | undefined } = {}
): Service => {
  /** The spans of the backend's own client are left out: their exits hold its error. */
  const call = <A>(operation: StoreError["operation"], run: () => Answer<A>): Effect.Effect<A, StoreError> => {
    const answer = Effect.suspend(() => {
      const given = run()
      return Effect.isEffect(given) ? given : Effect.tryPromise(() => given)
    })
    return answer.pipe(
      Effect.withTracerEnabled(false),
      Effect.mapError(() => new StoreError({ operation, message: unavailable(operation) })),
      (safe) =>
        within(safe, timeout, (duration) => new StoreError({ operation, message: silent(operation, duration) })),
      Effect.withSpan(`PendingSignIns.${operation}`, { kind: "client", captureStackTrace: false })
    )
  }
  const read = (operation: "get" | "take", key: string) =>
    Effect.flatMap(
      call(operation, () => backend[operation](key)),
      (text) =>
        text === null || text === undefined
          ? Effect.succeedNone
          : Effect.asSome(Effect.mapError(decodeText(text), () => new StoreError({ operation, message: malformed })))
    )
  return {
    put: (key, pending, ttl) =>
      Effect.gen(function* () {
        if (Duration.toMillis(ttl) <= 0) return
        const text = yield* Effect.mapError(
          encodeText(pending),
          () => new StoreError({ operation: "put", message: unavailable("put") })
        )
        const kept = yield* call("put", () => backend.put(key, text, ttl))
        if (!kept) return yield* new StoreError({ operation: "put", message: occupied })
      }),
    get: (key) => read("get", key),
    take: (key) => read("take", key)
  }
}

/**
 * `layerMemory` with another capacity. At most `capacity` sign-ins are pending at once, 10,000 by default; another one then fails
 * with a `StoreError` whose `reason` is `Full`. New sign-ins never push out old ones.
 *
 * @example
 * ```ts
 * import { layerMemoryWith } from "effect-openrouter-oauth/PendingSignIns"
 *
 * const Store = layerMemoryWith({ capacity: 500 })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemoryWith = ({
  capacity = defaultCapacity
}: {
  readonly capacity?: number | undefined
}): Layer.Layer<PendingSignIns> =>
  Layer.sync(PendingSignIns, () => {
    const entries = new Map<string, { readonly pending: PendingSignIn; readonly until: number }>()
    const find = (key: string, now: number) =>
      Option.fromNullable(entries.get(key)).pipe(
        Option.filter(({ until }) => until > now),
        Option.map(({ pending }) => pending)
      )
    const removeExpired = (now: number) => {
      for (const [key, { until }] of entries) {
        // Almost all live equally long, so the oldest come first. A full store looks at every one.
        if (until <= now) entries.delete(key)
        else if (entries.size < capacity) break
      }
    }
    return {
      put: (key, pending, ttl) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          if (Option.isSome(find(key, now))) return Effect.fail(new StoreError({ operation: "put", message: occupied }))
          entries.delete(key)
          removeExpired(now)
          if (entries.size >= capacity) return Effect.fail(storeIsFull())
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

/**
 * A store in the memory of one process, with room for 10,000 pending sign-ins: for command lines, desktop apps, and servers that
 * are one process.
 *
 * @example
 * ```ts
 * import * as Layer from "effect/Layer"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import { layerMemory } from "effect-openrouter-oauth/PendingSignIns"
 * import * as SignIn from "effect-openrouter-oauth/SignIn"
 *
 * const SignInLive = SignIn.layer.pipe(Layer.provide([OAuthClient.layerFetch(), layerMemory]))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<PendingSignIns> = layerMemoryWith({})

/**
 * A store in a `KeyValueStore`: sessionStorage, a folder, memory. Takes at most 10,000 pending sign-ins.
 *
 * A `KeyValueStore` has no step that reads and removes, so a take is atomic within one process only. For several processes use a
 * database or Redis.
 *
 * @example
 * ```ts
 * import * as NodeKeyValueStore from "@effect/platform-node/NodeKeyValueStore"
 * import * as Layer from "effect/Layer"
 * import { layerKeyValueStore } from "effect-openrouter-oauth/PendingSignIns"
 *
 * const Store = Layer.provide(layerKeyValueStore, NodeKeyValueStore.layerFileSystem("./pending"))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerKeyValueStore: Layer.Layer<PendingSignIns, never, KeyValueStore.KeyValueStore> = Layer.effect(
  PendingSignIns,
  overKeyValueStore
)
