import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { InvalidRequest } from "effect-openrouter-oauth/OAuthError"
import {
  layerKeyValueStore,
  layerMemory,
  layerMemoryWith,
  make,
  PendingSignIns
} from "effect-openrouter-oauth/PendingSignIns"
import * as Redis from "effect-openrouter-oauth/PendingSignIns/Redis"
import { expirySuite, pending, suite, ttl } from "./util/pendingSignIns.js"

describe("layerMemory", () => {
  suite({ layer: layerMemory })
  expirySuite(layerMemory)

  it.effect("keeps 10,000 and refuses more as Full; those that are pending stay, and expired ones make room", () =>
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      for (let n = 0; n < 10_000; n++) yield* store.put(`${n}`, pending(), ttl)
      const error = yield* Effect.flip(store.put("more", pending(), ttl))
      assert.strictEqual(error._tag, "StoreError")
      assert.strictEqual(error.reason, "Full")
      assert.isTrue(Option.isSome(yield* store.take("0")))
      yield* store.put("in its place", pending(), ttl)
      assert.isTrue(Option.isSome(yield* store.get("9999")))
      yield* TestClock.adjust(ttl)
      yield* store.put("later", pending(), ttl)
    }).pipe(Effect.provide(layerMemory))
  )

  it.effect("counts what is pending only, also where a shorter one stands behind longer ones", () =>
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      yield* store.put("long", pending(), ttl)
      yield* store.put("short", pending(), Duration.seconds(1))
      assert.strictEqual((yield* Effect.flip(store.put("third", pending(), ttl))).reason, "Full")
      yield* TestClock.adjust("1 seconds")
      yield* store.put("third", pending(), ttl)
    }).pipe(Effect.provide(layerMemoryWith({ capacity: 2 })))
  )
})

describe("layerKeyValueStore", () => {
  const kept = new Map<string, string>()
  const keyValueStore = Layer.succeed(
    KeyValueStore.KeyValueStore,
    KeyValueStore.makeStringOnly({
      get: (key) => Effect.sync(() => Option.fromNullable(kept.get(key))),
      set: (key, value) => Effect.sync(() => kept.set(key, value)),
      remove: (key) => Effect.sync(() => kept.delete(key)),
      clear: Effect.sync(() => kept.clear()),
      size: Effect.sync(() => kept.size)
    })
  )
  const layer = Layer.provide(layerKeyValueStore, keyValueStore)
  /** As it is kept, with another sign-in inside. */
  const entry = (text: string) => (/^[{[]/.test(text) ? `{"until":1e15,"pending":${text}}` : text)

  suite({ layer, tamper: (key, text) => Effect.sync(() => kept.set(`openrouter-sign-in/${key}`, entry(text))) })
  expirySuite(layer)

  it.effect("removes what has expired, and leaves nothing behind where nothing is pending", () =>
    Effect.gen(function* () {
      kept.clear()
      kept.set("of the app", "stays")
      const store = yield* PendingSignIns
      for (let n = 0; n < 20; n++) yield* store.put(`${n}`, pending(), Duration.seconds(5))
      yield* TestClock.adjust("5 seconds")
      yield* store.put("next", pending(), ttl)
      assert.lengthOf(
        [...kept.keys()].filter((key) => key.startsWith("openrouter-sign-in/")),
        1
      )
      yield* store.take("next")
      assert.deepStrictEqual([...kept.keys()], ["of the app"])
    }).pipe(Effect.provide(layer))
  )

  it.effect("removes what has expired also after the process has started anew", () =>
    Effect.gen(function* () {
      kept.clear()
      yield* Effect.flatMap(PendingSignIns, (store) => store.put("old", pending(), ttl)).pipe(Effect.provide(layer))
      yield* TestClock.adjust(ttl)
      yield* Effect.flatMap(PendingSignIns, (store) => store.put("new", pending(), ttl)).pipe(
        Effect.provide(Layer.fresh(layer))
      )
      assert.isFalse(kept.has("openrouter-sign-in/old"))
    })
  )

  it.effect.each(["", "{", "null", "[1]", '[["a"]]'])(
    "a list of keys that somebody else wrote does not stand in the way: %s",
    (text) =>
      Effect.gen(function* () {
        const store = yield* PendingSignIns
        kept.set("openrouter-sign-ins", text)
        yield* store.put(`beside ${text}`, pending(), ttl)
        assert.isTrue(Option.isSome(yield* store.take(`beside ${text}`)))
      }).pipe(Effect.provide(layer))
  )

  it.effect("keeps 10,000 and refuses more as Full", () =>
    Effect.gen(function* () {
      kept.clear()
      const keys = Array.from({ length: 10_000 }, (_, n) => [`${n}`, 600_000])
      kept.set("openrouter-sign-ins", JSON.stringify(keys))
      const store = yield* PendingSignIns
      const error = yield* Effect.flip(store.put("more", pending(), ttl))
      assert.strictEqual(error.reason, "Full")
      yield* TestClock.adjust(ttl)
      yield* store.put("more", pending(), ttl)
    }).pipe(Effect.provide(layer))
  )
})

describe("make: a store of one's own", () => {
  const rows = new Map<string, string>()
  const take = (key: string) => {
    const row = rows.get(key)
    rows.delete(key)
    return row
  }
  const layer = Layer.succeed(
    PendingSignIns,
    make({
      put: (key, text) => {
        if (rows.has(key)) return Effect.succeed(false)
        rows.set(key, text)
        return Effect.succeed(true)
      },
      get: (key) => Effect.sync(() => rows.get(key)),
      take: (key) => Effect.sync(() => take(key))
    })
  )
  suite({ layer, tamper: (key, text) => Effect.sync(() => rows.set(key, text)) })

  const broken = make({
    put: () => Effect.fail(new Error("secret-of-the-store")),
    get: () => Promise.reject(new Error("secret-of-the-store")),
    take: () => Effect.never
  })

  it.effect.each([
    ["put", Effect.asVoid(broken.put("a", pending(), ttl))],
    ["get", Effect.asVoid(broken.get("a"))]
  ] as const)("its own errors are not told: %s", ([, call]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(call)
      assert.strictEqual(error._tag, "StoreError")
      assert.notInclude(String(error), "secret-of-the-store")
    })
  )

  it.effect("a call that does not answer ends", () =>
    Effect.gen(function* () {
      const taking = yield* Effect.fork(Effect.flip(broken.take("a")))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(taking))._tag, "StoreError")
    })
  )
})

describe("a timeout that is no duration is a typed error", () => {
  const client = {
    withCommandOptions: () => ({
      set: () => Promise.resolve("OK"),
      get: () => Promise.resolve(null),
      getDel: () => Promise.resolve(null)
    })
  }
  it.effect("Redis", () =>
    Effect.gen(function* () {
      const layer: ReturnType<typeof Redis.layer> = Reflect.apply(Redis.layer, undefined, [client, { timeout: "soon" }])
      const error = yield* Effect.flip(Effect.scoped(Layer.build(layer)))
      assert(error instanceof InvalidRequest)
      assert.deepStrictEqual(error.issues[0]?.path, "timeout")
    })
  )
})
