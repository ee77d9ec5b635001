/** The store of a database on SQLite, which needs no server. */

import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SqlClient } from "@effect/sql/SqlClient"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { InvalidRequest } from "effect-openrouter-oauth/OAuthError"
import { PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import * as Sql from "effect-openrouter-oauth/PendingSignIns/Sql"
import { twoProcesses } from "../services/processes.js"
import { cast } from "../util/cast.js"
import { freshKey, pending, ttl } from "../util/pendingSignIns.js"
import { sqlSuite } from "./sqlSuite.js"

// In memory where there is such a folder: how fast the disk is makes no difference to what is tested.
const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "pending-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const freshUrl = () => {
  files += 1
  return `file:${join(folder, `${files}.db`)}`
}
const fresh = () => LibsqlClient.layer({ url: freshUrl() })

describe("SQLite", () => {
  sqlSuite(fresh)

  it.live(
    "10,000 attempts put by two processes, and taken by both at once: each comes out once",
    () => {
      const url = freshUrl()
      return Effect.gen(function* () {
        const sql = yield* SqlClient
        yield* sql`PRAGMA journal_mode = WAL`
        yield* twoProcesses(url, 4)
      }).pipe(Effect.provide(LibsqlClient.layer({ url })))
    },
    120_000
  )

  it.effect("waits for another process that is writing, no longer than its timeout", () => {
    const url = freshUrl()
    const store = Layer.provide(Sql.layerWith({ timeout: "20 millis" }), LibsqlClient.layer({ url }))
    return Effect.gen(function* () {
      const { put, take } = yield* PendingSignIns
      const [one, two] = [freshKey("one"), freshKey("two")]
      yield* put(one, pending(), ttl)
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient
        yield* sql.withTransaction(
          Effect.gen(function* () {
            const waiting = yield* Effect.fork(Effect.flip(put(two, pending(), ttl)))
            yield* TestClock.adjust("19 millis")
            assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
            yield* TestClock.adjust("1 millis")
            assert.include((yield* Fiber.join(waiting)).message, "did not put one within 20ms")
          })
        )
      }).pipe(Effect.provide(LibsqlClient.layer({ url })))
      const waiting = yield* Effect.fork(put(two, pending(), ttl))
      yield* TestClock.adjust("5 millis")
      yield* Fiber.join(waiting)
      assert.isTrue(Option.isSome(yield* take(one)))
      // By another connection: what was put is really there.
      const taken = yield* Effect.flatMap(PendingSignIns, (other) => other.take(two)).pipe(
        Effect.provide(Layer.fresh(store))
      )
      assert.isTrue(Option.isSome(taken))
    }).pipe(Effect.provide(store))
  })
})

describe("a libsql client that was closed", () => {
  it.effect("is a StoreError", () =>
    Effect.gen(function* () {
      const { sdk } = cast<SqlClient & { readonly sdk: { readonly close: () => void } }>(yield* SqlClient)
      const { put } = yield* PendingSignIns
      sdk.close()
      const error = yield* Effect.flip(put(freshKey("closed"), pending(), ttl))
      assert.strictEqual(error._tag, "StoreError")
    }).pipe(Effect.provide(Layer.provideMerge(Sql.layer, fresh())))
  )
})

describe("other databases", () => {
  it.effect("are refused when the layer is built, with what to use instead", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const mysql = Object.assign(() => sql(""), sql, {
        onDialectOrElse: ({ orElse }: { orElse: () => unknown }) => orElse()
      })
      const error = yield* Effect.flip(
        Effect.provide(PendingSignIns, Layer.provide(Sql.layer, Layer.succeed(SqlClient, cast<typeof sql>(mysql))))
      )
      assert.include(error.message, "Use SQLite or PostgreSQL, or another store.")
    }).pipe(Effect.provide(fresh()))
  )
})

describe("a time that is no duration", () => {
  it.effect.each(["timeout", "sweepEvery"])("is InvalidRequest: %s", (name) =>
    Effect.gen(function* () {
      const layer: ReturnType<typeof Sql.layerWith> = Reflect.apply(Sql.layerWith, undefined, [{ [name]: "soon" }])
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.provide(layer, fresh()))))
      assert(error instanceof InvalidRequest)
      assert.strictEqual(error.issues[0]?.path, name)
    })
  )
})
