/** A store in a `KeyValueStore`. */
import type { PlatformError } from "@effect/platform/Error"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ParseError } from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { makeOneAtATime } from "../../internal/oneAtATime.js"
import { defaultCapacity, PendingSignIn, type Service, StoreError, storeIsFull } from "./models.js"
import { asText } from "./text.js"
import { malformed, occupied, unavailable } from "./words.js"

const Entry = asText(Schema.Struct({ pending: PendingSignIn, until: Schema.Number }))
const encodeEntry = Schema.encode(Entry)
const decodeEntry = Schema.decode(Entry)

const prefix = "openrouter-sign-in/"

/** The keys that are in use and when each expires: a `KeyValueStore` cannot list them. */
const indexName = "openrouter-sign-ins"

type Index = ReadonlyArray<readonly [key: string, until: number]>

const Index = Schema.parseJson(Schema.Array(Schema.Tuple(Schema.String, Schema.Number)))
const decodeIndex = Schema.decodeOption(Index)
const encodeIndex = Schema.encode(Index)

/** Makes the store. A take is atomic within one process. */
export const overKeyValueStore: Effect.Effect<Service, never, KeyValueStore.KeyValueStore> = Effect.gen(function* () {
  const store = yield* KeyValueStore.KeyValueStore
  const oneAtATime = makeOneAtATime()
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
  /** The keys beside this one, without those that have expired, which it removes. An index that cannot be read is begun again. */
  const others = (key: string) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const index = Option.getOrElse(Option.flatMap(yield* store.get(indexName), decodeIndex), (): Index => [])
      const expired = index.filter(([other, until]) => other !== key && until <= now)
      yield* Effect.forEach(expired, ([other]) => store.remove(prefix + other), { discard: true })
      return index.filter(([other, until]) => other !== key && until > now)
    })
  const setIndex = (index: Index) =>
    index.length === 0
      ? store.remove(indexName)
      : Effect.flatMap(encodeIndex(index), (text) => store.set(indexName, text))
  return {
    put: (key, pending, ttl) =>
      Effect.gen(function* () {
        if (Option.isSome(yield* read(key))) {
          return yield* new StoreError({ operation: "put", message: occupied })
        }
        const kept = yield* others(key)
        if (kept.length >= defaultCapacity) return yield* storeIsFull()
        const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(ttl)
        // The index first: whatever is interrupted afterwards, nothing is kept that nobody will remove.
        yield* setIndex([...kept, [key, until]])
        yield* store.set(prefix + key, yield* encodeEntry({ pending, until }))
      }).pipe(oneAtATime, failing("put")),
    get: (key) => failing("get")(read(key)),
    take: (key) =>
      Effect.gen(function* () {
        const found = yield* read(key)
        yield* store.remove(prefix + key)
        yield* Effect.ignore(Effect.flatMap(others(key), setIndex))
        return found
      }).pipe(oneAtATime, failing("take"))
  }
})
