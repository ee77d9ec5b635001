/** What the store of a database promises beyond other stores; SQLite and PostgreSQL run it. */
import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import * as Migrator from "@effect/sql/Migrator"
import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import * as Sql from "effect-openrouter-oauth/PendingSignIns/Sql"
import { verifier } from "../util/client.js"
import { expirySuite, freshKey, pending, suite, ttl } from "../util/pendingSignIns.js"
import { spansOf } from "../util/tracing.js"

const table = "openrouter_pending_sign_ins"

/** The statements that docs/scaling.md tells to run by hand. */
const documented = (): ReadonlyArray<string> => {
  const docs = readFileSync(new URL("../../docs/scaling.md", import.meta.url), "utf8")
  const [, text = ""] = /```sql\n([\s\S]*?)```/.exec(docs) ?? []
  return text.split(";").filter((statement) => statement.trim() !== "")
}

/** Tables of tests that run one after another in the same database. */
let tables = 0
const freshTable = () => {
  tables += 1
  return `pending_${tables}`
}

/** The store over a table of its own, with the database beside it. */
const storeOf = <E>(options: Sql.Options, database: Layer.Layer<SqlClient, E>) =>
  Layer.provideMerge(Sql.layerWith(options), database)

const count = (name: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const [row] = yield* sql<{ n: number | string }>`SELECT count(*) AS n FROM ${sql(name)}`
    return Number(row?.n)
  })

const columns = (name: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    return yield* sql.onDialectOrElse({
      pg: () =>
        sql`SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = ${name} ORDER BY column_name`,
      orElse: () => sql`SELECT name, type, "notnull", pk FROM pragma_table_info(${name}) ORDER BY name`
    })
  })

const indexes = (name: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    return yield* sql.onDialectOrElse({
      pg: () => sql`SELECT indexname FROM pg_indexes WHERE tablename = ${name} ORDER BY indexname`,
      orElse: () => sql`SELECT name FROM pragma_index_list(${name}) ORDER BY name`
    })
  })

export const sqlSuite = (fresh: () => Layer.Layer<SqlClient, SqlError>) => {
  const database = fresh()
  const layer = Layer.provide(Sql.layer, database)

  suite({
    layer,
    tamper: (key, text) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient
        yield* sql`INSERT INTO ${sql(table)} (key, value, expires_at) VALUES (${key}, ${text}, ${10_000_000})`
      }).pipe(Effect.provide(database))
  })
  expirySuite(layer)

  it.effect("creates its table where it is missing, also when many machines start at once", () =>
    Effect.gen(function* () {
      const name = freshTable()
      const key = freshKey("together")
      yield* Effect.all(
        Array.from({ length: 8 }, (_, n) =>
          Effect.flatMap(PendingSignIns, (store) => store.put(`${key}-${n}`, pending(), ttl)).pipe(
            Effect.provide(storeOf({ table: name }, database))
          )
        ),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(yield* count(name), 8)
    }).pipe(Effect.provide(database))
  )

  it.effect("its migration is one that @effect/sql's Migrator runs, and running it again changes nothing", () =>
    Effect.gen(function* () {
      const name = freshTable()
      const migrate = Migrator.make({})({
        loader: Migrator.fromRecord({ "1_pending_sign_ins": Sql.migrationFor(name) }),
        table: `${name}_migrations`
      })
      assert.deepStrictEqual(yield* migrate, [[1, "pending_sign_ins"]])
      assert.deepStrictEqual(yield* migrate, [])
      yield* Sql.migrationFor(name)
      yield* Effect.flatMap(PendingSignIns, (store) => store.put("a", pending(), ttl)).pipe(
        Effect.provide(Sql.layerWith({ table: name }))
      )
      yield* Sql.migrationFor(name)
      assert.strictEqual(yield* count(name), 1)
    }).pipe(Effect.provide(database))
  )

  it.effect("the SQL in docs/scaling.md makes what the migration makes", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const statements = documented()
      assert.lengthOf(statements, 2)
      const look = Effect.all([columns(table), indexes(table)])
      yield* sql`DROP TABLE IF EXISTS ${sql(table)}`
      yield* Sql.migration
      const migrated = yield* look
      assert.lengthOf(migrated[0], 3)
      assert.lengthOf(migrated[1], 2)
      yield* sql`DROP TABLE ${sql(table)}`
      for (const statement of statements) yield* sql.unsafe(statement)
      assert.deepStrictEqual(yield* look, migrated)
    }).pipe(Effect.provide(fresh()))
  )

  it.effect("sweeps what has expired, in batches, at most once a minute, and nothing that is pending", () => {
    const name = freshTable()
    const sweeps: Array<string> = []
    const listening = Statement.withTransformer((statement) => {
      const [text] = statement.compile()
      if (text.includes("LIMIT")) sweeps.push(text)
      return Effect.succeed(statement)
    })
    return Effect.gen(function* () {
      const store = yield* PendingSignIns
      const put = (n: number, time: Duration.Duration) => store.put(`${n}`, pending(), time)
      const rows = (n: number) => Effect.repeat(count(name), { until: (found) => found === n, times: 1_000 })
      yield* put(0, Duration.minutes(10))
      yield* Effect.repeat(Effect.yieldNow(), { until: () => sweeps.length === 1 })
      for (let n = 1; n <= 25; n++) yield* put(n, Duration.seconds(5))
      yield* TestClock.adjust("59 seconds")
      yield* put(26, Duration.seconds(5))
      assert.lengthOf(sweeps, 1, "a minute is not over")
      assert.strictEqual(yield* count(name), 27)
      yield* TestClock.adjust("1 seconds")
      yield* put(27, Duration.seconds(5))
      assert.strictEqual(yield* rows(3), 3)
      assert.lengthOf(sweeps, 1 + 3, "10, 10 and 5 rows")
      assert.isTrue(Option.isSome(yield* store.take("0")))
      assert.isTrue(Option.isSome(yield* store.take("26")))
      assert.isTrue(Option.isSome(yield* store.take("27")))
    }).pipe(listening, Effect.provide(storeOf({ table: name, sweepBatch: 10 }, database)))
  })

  it.effect("tells nothing of what the database says: it may repeat the row", () => {
    const name = freshTable()
    return Effect.gen(function* () {
      const sql = yield* SqlClient
      yield* sql`CREATE TABLE ${sql(name)} (key text PRIMARY KEY, value text CHECK (length(value) < 10), expires_at bigint)`
      const spans = yield* Effect.gen(function* () {
        const store = yield* PendingSignIns
        const { cause } = yield* Effect.flip(
          Effect.sandbox(store.put(freshKey("refused"), pending(), ttl)).pipe(Effect.mapError((cause) => ({ cause })))
        )
        const shown = `${Cause.pretty(cause)}${inspect(cause, { depth: 9 })}${JSON.stringify(cause)}`
        assert.include(shown, "failed to put one")
        assert.notInclude(shown, verifier)
        assert.notInclude(shown, "constraint")
      }).pipe(spansOf, Effect.provide(Sql.layerWith({ table: name })))
      assert.isTrue(spans.some(({ name: span }) => span === "PendingSignIns.put"))
      for (const span of spans) assert.notInclude(inspect([span.told, span.attributes], { depth: 9 }), verifier)
    }).pipe(Effect.provide(database))
  })
}
