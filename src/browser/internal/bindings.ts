/** The browser bindings of the sign-ins that this tab began. Each is kept as long as its sign-in is pending. */
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { makeOneAtATime } from "../../internal/oneAtATime.js"
import { digestOf } from "../../internal/secret.js"
import { PendingSignIns, StoreError } from "../../PendingSignIns.js"

type Bindings = ReadonlyMap<string, string>

// Pairs rather than an object: an attempt comes from a URL and may be called __proto__.
const Entries = Schema.parseJson(Schema.Array(Schema.Tuple(Schema.String, Schema.String)))
const decode = Schema.decodeOption(Entries)
const encode = Schema.encodeSync(Entries)

const name = "openrouter-sign-in-bindings"

const failing = (operation: StoreError["operation"]) =>
  Effect.mapError(() => new StoreError({ operation, message: `The browser bindings failed to ${operation}.` }))

export const make = Effect.gen(function* () {
  const storage = yield* KeyValueStore.KeyValueStore
  const pending = yield* PendingSignIns
  const oneAtATime = makeOneAtATime()

  // A text that cannot be read was written by somebody else, and must not prevent the next sign-in.
  const read: Effect.Effect<Bindings, StoreError> = storage.get(name).pipe(
    failing("get"),
    Effect.map((text) => new Map(Option.getOrElse(Option.flatMap(text, decode), () => [])))
  )

  const isPending = (attempt: string) =>
    Effect.gen(function* () {
      const key = yield* digestOf(attempt)
      if (yield* Effect.orElseSucceed(Effect.map(pending.get(key), Option.isSome), () => false)) return true
      // Removes one that has expired.
      yield* Effect.ignore(pending.take(key))
      return false
    })

  /** Removes bindings that are no longer pending, and adds `added`. */
  const update = (added: ReadonlyArray<readonly [attempt: string, binding: string]>) =>
    Effect.gen(function* () {
      const kept = yield* Effect.filter(yield* read, ([attempt]) => isPending(attempt))
      const entries = [...kept, ...added]
      yield* failing("put")(entries.length === 0 ? storage.remove(name) : storage.set(name, encode(entries)))
    }).pipe(oneAtATime)

  return {
    find: (attempt: string): Effect.Effect<Redacted.Redacted | undefined, StoreError> =>
      Effect.map(read, (bindings) => {
        const binding = bindings.get(attempt)
        return binding === undefined ? undefined : Redacted.make(binding)
      }),
    add: (attempt: string, binding: Redacted.Redacted) => update([[attempt, Redacted.value(binding)]]),
    prune: update([])
  }
})
