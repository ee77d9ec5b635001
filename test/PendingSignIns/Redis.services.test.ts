/** The store on a real Redis. */

import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import * as Redis from "effect-openrouter-oauth/PendingSignIns/Redis"
import { createClient, createClientPool, RESP_TYPES } from "redis"
import { afterAll } from "vitest"
import { twoProcesses } from "../services/processes.js"
import { redis } from "../services/server.js"
import { cast } from "../util/cast.js"
import { freshKey, pending, suite, ttl } from "../util/pendingSignIns.js"
import { outageSuite } from "./outageSuite.js"

const scope = Effect.runSync(Scope.make())
const server = await Effect.runPromise(Scope.extend(redis(["--notify-keyspace-events", "Ex"]), scope))
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

type ClientOptions = NonNullable<Parameters<typeof createClient>[0]>

const connect = (options: ClientOptions = {}) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      createClient({ url: server.url, ...options })
        .on("error", () => {})
        .connect()
    ),
    (client) => Effect.sync(() => client.destroy())
  )

const storeOn = (options: ClientOptions, settings: Redis.Options = {}) =>
  Layer.unwrapScoped(Effect.map(connect(options), (client) => Redis.layer(client, settings)))

const client = await Effect.runPromise(Scope.extend(connect(), scope))
const layer = Redis.layer(client)
const keyOf = (key: string) => `openrouter-sign-in:${key}`

describe("Redis", () => {
  suite({ layer, tamper: (key, text) => Effect.promise(() => client.set(keyOf(key), text)) })

  it.live(
    "10,000 attempts put by two processes, and taken by both at once: each comes out once",
    () => twoProcesses(server.url, 20),
    120_000
  )

  it.live("Redis forgets a sign-in by itself when its time is over", () =>
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      const [key, long] = [freshKey("short"), freshKey("long")]
      const expired = yield* Deferred.make<void>()
      const listener = yield* connect()
      yield* Effect.promise(() =>
        listener.subscribe("__keyevent@0__:expired", (name) => {
          if (name === keyOf(key)) Effect.runSync(Deferred.succeed(expired, undefined))
        })
      )
      yield* store.put(long, pending(), ttl)
      yield* store.put(key, pending(), Duration.millis(20.5))
      yield* Deferred.await(expired)
      assert.isTrue(Option.isNone(yield* store.get(key)))
      assert.isTrue(Option.isNone(yield* store.take(key)))
      const left = yield* Effect.promise(() => client.pTTL(keyOf(long)))
      assert.isAbove(left, 0)
      assert.isAtMost(left, 600_000)
    }).pipe(Effect.provide(layer), Effect.scoped)
  )

  it.effect("keeps its keys under a prefix of the app's own", () =>
    Effect.gen(function* () {
      const key = freshKey("prefixed")
      yield* Effect.flatMap(PendingSignIns, ({ put }) => put(key, pending(), ttl)).pipe(
        Effect.provide(Redis.layer(client, { prefix: "app:" }))
      )
      assert.strictEqual(yield* Effect.promise(() => client.exists([`app:${key}`, keyOf(key)])), 1)
      assert.isTrue(Option.isNone(yield* Effect.flatMap(PendingSignIns, ({ get }) => Effect.provide(get(key), layer))))
    }).pipe(Effect.provide(layer))
  )

  for (const [what, options] of [
    ["RESP 2", { RESP: 2 }],
    ["Buffers", { commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } }]
  ] as const) {
    it.effect(`takes a client that speaks ${what}`, () =>
      Effect.gen(function* () {
        const { put, take } = yield* PendingSignIns
        const key = freshKey("client")
        yield* put(key, pending(), ttl)
        assert.strictEqual((yield* Effect.flatten(take(key))).returnTo, pending().returnTo)
        assert.isTrue(Option.isNone(yield* take(key)))
      }).pipe(Effect.provide(storeOn(cast<ClientOptions>(options))))
    )
  }

  it.effect("takes a pool of clients", () =>
    Effect.gen(function* () {
      const pool = createClientPool({ url: server.url }).on("error", () => {})
      yield* Effect.acquireRelease(
        Effect.promise(() => pool.connect()),
        () => Effect.sync(() => pool.destroy())
      )
      const key = freshKey("pool")
      const took = yield* Effect.flatMap(PendingSignIns, ({ put, take }) =>
        Effect.zipRight(put(key, pending(), ttl), take(key))
      ).pipe(Effect.provide(Redis.layer(pool)))
      assert.isTrue(Option.isSome(took))
    }).pipe(Effect.scoped)
  )

  it.live("a command whose caller no longer waits is never sent, also when Redis is back", () =>
    Effect.gen(function* () {
      const key = freshKey("stale")
      // Queues what it cannot send.
      const queueing = yield* connect({ socket: { reconnectStrategy: 10 } })
      yield* server.stop
      yield* Effect.flatMap(PendingSignIns, ({ put }) => Effect.flip(put(key, pending(), ttl))).pipe(
        Effect.provide(Redis.layer(queueing, { timeout: "100 millis" }))
      )
      yield* server.start
      yield* Effect.promise(() => queueing.ping())
      assert.strictEqual(yield* Effect.promise(() => queueing.exists(keyOf(key))), 0)
    }).pipe(Effect.scoped)
  )

  outageSuite(server, (port, options) => storeOn({ url: `redis://127.0.0.1:${port}` }, options))
})
