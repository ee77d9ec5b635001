import { SystemError } from "@effect/platform/Error"
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
import { cast } from "./util/cast.js"
import { expirySuite, pending, suite, ttl } from "./util/pendingSignIns.js"
import { spansOf } from "./util/tracing.js"

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
      assert.include(error.message, "is full. Wait until some of them are completed or expire")
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

  it.effect("says whether it could not be reached or holds something else", () =>
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      kept.set("openrouter-sign-in/foreign", "{")
      assert.include(
        (yield* Effect.flip(store.get("foreign"))).message,
        "holds a text under this key that is no sign-in"
      )
      const broken = KeyValueStore.makeStringOnly({
        get: () => Effect.fail(new SystemError({ reason: "Unknown", module: "KeyValueStore", method: "get" })),
        set: () => Effect.void,
        remove: () => Effect.void,
        clear: Effect.void,
        size: Effect.succeed(0)
      })
      const error = yield* Effect.flatMap(PendingSignIns, (unreachable) => Effect.flip(unreachable.get("a"))).pipe(
        Effect.provide(Layer.fresh(layerKeyValueStore)),
        Effect.provideService(KeyValueStore.KeyValueStore, broken)
      )
      assert.include(error.message, "failed to get one")
    }).pipe(Effect.provide(layer))
  )

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
  ] as const)("its own errors are not told: %s", ([operation, call]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(call)
      assert.strictEqual(error._tag, "StoreError")
      assert.strictEqual(error.operation, operation)
      assert.include(
        error.message,
        `The store of pending sign-ins failed to ${operation} one. Check that it can be reached`
      )
      assert.notInclude(String(error), "secret-of-the-store")
    })
  )

  it.effect("a call that does not answer ends", () =>
    Effect.gen(function* () {
      const taking = yield* Effect.fork(Effect.flip(broken.take("a")))
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(taking)
      assert(error._tag === "StoreError")
      assert.strictEqual(error.operation, "take")
      assert.include(error.message, "did not take one within 5s. Check that it can be reached")
    })
  )

  it.effect.each([null, undefined])("a backend that gives %s has no such sign-in", (nothing) =>
    Effect.gen(function* () {
      const store = make({
        put: () => Effect.succeed(true),
        get: () => Effect.succeed(nothing),
        take: () => Effect.never
      })
      assert.isTrue(Option.isNone(yield* store.get("a")))
    })
  )

  it.effect("a sign-in of more than 64 KiB is not kept", () =>
    Effect.gen(function* () {
      const store = make({ put: () => Effect.succeed(true), get: () => Effect.never, take: () => Effect.never })
      const error = yield* Effect.flip(store.put("a", pending({ returnTo: `/${"x".repeat(70_000)}` }), ttl))
      assert.strictEqual(error.operation, "put")
      assert.include(error.message, "failed to put one")
      assert.notInclude(error.message, "xxx")
    })
  )

  it.effect(
    "a call is a span of its own; those of the backend's client are left out, for their exits may hold what it was given",
    () =>
      Effect.gen(function* () {
        const store = make({
          put: () => Effect.succeed(true),
          get: () => Effect.withSpan(Effect.fail("secret-of-the-store"), "backend"),
          take: () => Effect.never
        })
        const spans = yield* spansOf(Effect.exit(store.get("a")))
        assert.deepStrictEqual(
          spans.map(({ kind, name }) => [name, kind]),
          [["PendingSignIns.get", "client"]]
        )
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
      assert.deepStrictEqual(error.issues, [{ path: "timeout", message: 'must be a duration, such as "5 seconds"' }])
    })
  )

  const silent = {
    withCommandOptions: () => ({
      set: () => new Promise<string>(() => {}),
      get: () => new Promise<string>(() => {}),
      getDel: () => new Promise<string>(() => {})
    })
  }
  it.effect.each([
    [undefined, "5s"],
    ["2 seconds", "2s"]
  ] as const)("Redis that does not answer within %s", ([timeout, within]) =>
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      const getting = yield* Effect.fork(Effect.flip(store.get("a")))
      yield* TestClock.adjust(timeout ?? "5 seconds")
      assert.include((yield* Fiber.join(getting)).message, `did not get one within ${within}.`)
    }).pipe(Effect.provide(Redis.layer(cast(silent), { timeout })))
  )
})
