/** The store of a database on a real PostgreSQL. */
import { SqlClient } from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import * as Sql from "effect-openrouter-oauth/PendingSignIns/Sql"
import { afterAll } from "vitest"
import { twoProcesses } from "../services/processes.js"
import { postgres } from "../services/server.js"
import { freshKey, pending, ttl } from "../util/pendingSignIns.js"
import { outageSuite } from "./outageSuite.js"
import { sqlSuite } from "./sqlSuite.js"

const scope = Effect.runSync(Scope.make())
const server = await Effect.runPromise(Scope.extend(postgres(), scope))
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const at = (url: string) => PgClient.layer({ url: Redacted.make(url), maxConnections: 5 })
const database = at(server.url)

describe("PostgreSQL", () => {
  sqlSuite(() => database)

  it.live(
    "10,000 attempts put by two processes, and taken by both at once: each comes out once",
    () => twoProcesses(server.url, 20),
    120_000
  )

  it.effect("stays outside of the caller's transaction: what was taken stays taken when that is rolled back", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const { put, take } = yield* PendingSignIns
      const key = freshKey("transaction")
      yield* put(key, pending(), ttl)
      const exit = yield* Effect.exit(
        sql.withTransaction(Effect.flatMap(take(key), (taken) => Effect.fail(Option.isSome(taken))))
      )
      assert.deepStrictEqual(exit, Exit.fail(true))
      assert.isTrue(Option.isNone(yield* take(key)))
    }).pipe(Effect.provide(Layer.provideMerge(Sql.layer, database)))
  )

  it.effect("works for an account that may create nothing, where the table is there", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient
      yield* sql`CREATE ROLE clerk LOGIN`
      yield* Sql.migrationFor("granted")
      yield* sql`GRANT SELECT, INSERT, UPDATE, DELETE ON granted TO clerk`
      const clerk = at(server.url.replace("app@", "clerk@"))
      const key = freshKey("clerk")
      const use = Effect.flatMap(PendingSignIns, ({ put, take }) =>
        Effect.zipRight(put(key, pending(), ttl), take(key))
      )
      const took = yield* Effect.provide(use, Layer.provide(Sql.layerWith({ table: "granted" }), clerk))
      assert.isTrue(Option.isSome(took))
      const error = yield* Effect.flip(Effect.provide(use, Layer.provide(Sql.layerWith({ table: "absent" }), clerk)))
      assert.strictEqual(error._tag, "SqlError")
    }).pipe(Effect.provide(database))
  )

  it.effect("keeps its table in a schema of its own", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient
      yield* sql`CREATE SCHEMA auth`
      const key = freshKey("schema")
      yield* Effect.flatMap(PendingSignIns, ({ put }) => put(key, pending(), ttl)).pipe(
        Effect.provide(Sql.layerWith({ table: "auth.pending" }))
      )
      assert.lengthOf(yield* sql`SELECT key FROM auth.pending`, 1)
    }).pipe(Effect.provide(database))
  )

  outageSuite(server, (port, options) =>
    Layer.provide(Sql.layerWith(options), at(server.url.replace(`:${server.port}/`, `:${port}/`)))
  )
})
