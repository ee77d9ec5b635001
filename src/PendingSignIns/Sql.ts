/**
 * Keeps pending sign-ins in a table of an SQLite or PostgreSQL database, with any `@effect/sql` client: for servers on many machines that
 * already share a database.
 *
 * Install `@effect/sql` and the package of your database: `npm i @effect/sql @effect/sql-pg`, in the releases for your
 * `@effect/platform` (`@effect/sql` 0.52 for platform 0.97, 0.51 for 0.96). They are not declared as peer dependencies. Without them the
 * import fails with `Cannot find package '@effect/sql'`.
 *
 * @since 0.1.0
 */
import { SqlClient } from "@effect/sql/SqlClient"
import type { Row } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import type { Statement } from "@effect/sql/Statement"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { InvalidRequest } from "../OAuthError.js"
import { PendingSignIns, make as store } from "../PendingSignIns.js"
import { defaultTimeout, within } from "./internal/deadline.js"
import { durations } from "./internal/options.js"
import * as Sqlite from "./internal/sqlite.js"

/**
 * Options of the store.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The table, or `schema.table`. Defaults to `openrouter_pending_sign_ins`. */
  readonly table?: string | undefined
  /** How long one statement may take, on Effect's Clock. Defaults to 5 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
  /** How often, at most, this process deletes expired rows. Defaults to 1 minute. */
  readonly sweepEvery?: Duration.DurationInput | undefined
  /** How many rows one statement of a sweep deletes at most. Defaults to 1,000. */
  readonly sweepBatch?: number | undefined
}

const defaultTable = "openrouter_pending_sign_ins"

/**
 * Creates a table of another name, and its index, if they are missing. Pass the same name to `layerWith`. Fails with `SqlError`.
 *
 * @example
 * ```ts
 * import * as Migrator from "@effect/sql/Migrator"
 * import * as Sql from "effect-openrouter-oauth/PendingSignIns/Sql"
 *
 * const loader = Migrator.fromRecord({
 *   "0001_pending_sign_ins": Sql.migrationFor("auth.pending_sign_ins")
 * })
 * ```
 *
 * @since 0.1.0
 * @category migrations
 */
export const migrationFor = (table: string): Effect.Effect<void, SqlError, SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const index = `${table.slice(table.lastIndexOf(".") + 1)}_expires_at`
    const statements = [
      sql`CREATE TABLE IF NOT EXISTS ${sql(table)} (
  key text PRIMARY KEY NOT NULL,
  value text NOT NULL,
  expires_at bigint NOT NULL
)`,
      sql`CREATE INDEX IF NOT EXISTS ${sql(index)} ON ${sql(table)} (expires_at)`
    ]
    // Of two machines that create it at once PostgreSQL refuses one, in spite of IF NOT EXISTS; then it exists.
    for (const { withoutTransform } of statements) yield* Effect.retry(withoutTransform, { times: 1 })
  })

/**
 * Creates the table `openrouter_pending_sign_ins` and its index if they are missing. `layer` does the same. If the program's account may
 * not create tables, run this first, as one of your migrations or by hand (the SQL is in docs/scaling.md). Fails with `SqlError`.
 *
 * @example
 * ```ts
 * import * as Migrator from "@effect/sql/Migrator"
 * import * as Sql from "effect-openrouter-oauth/PendingSignIns/Sql"
 *
 * const loader = Migrator.fromRecord({
 *   "0001_pending_sign_ins": Sql.migration
 * })
 * ```
 *
 * @since 0.1.0
 * @category migrations
 */
export const migration: Effect.Effect<void, SqlError, SqlClient> = migrationFor(defaultTable)

const durationDefaults = { timeout: defaultTimeout, sweepEvery: Duration.minutes(1) }

/** The options with their durations decoded. */
interface Settings extends Pick<Options, "table" | "sweepBatch"> {
  readonly timeout: Duration.Duration
  readonly sweepEvery: Duration.Duration
}

const make = (options: Settings) =>
  Effect.gen(function* () {
    const { table: name = defaultTable, timeout } = options
    const sql = yield* SqlClient
    const scope = yield* Effect.scope
    const table = sql(name)
    const patiently = Sqlite.patiently(sql, (cause) => new SqlError({ cause }))
    const sweepBatch = Math.max(1, options.sweepBatch ?? 1_000)
    const sweepEvery = Duration.toMillis(options.sweepEvery)
    let sweepAt = 0

    const dialect = sql.onDialectOrElse({ pg: () => "pg", sqlite: () => "sqlite", orElse: () => undefined })
    if (dialect === undefined) {
      return yield* new SqlError({
        message:
          "Pending sign-ins need a database with DELETE … RETURNING and ON CONFLICT. Use SQLite or PostgreSQL, or another store."
      })
    }
    // Looks first: an account that may not create tables needs no such right once the table is there.
    const look = sql`SELECT key FROM ${table} WHERE 1 = 0`.withoutTransform
    yield* within(
      patiently(Effect.catchAll(look, () => Effect.provideService(migrationFor(name), SqlClient, sql))),
      timeout,
      (duration) =>
        new SqlError({
          message: `The database did not answer within ${duration}. Check that it can be reached, then start again.`
        })
    )

    /**
     * Outside of a transaction that the caller may be in: if that were rolled back, a sign-in whose code is used up would be
     * pending again.
     */
    const run = (statement: Statement<Row>): Effect.Effect<ReadonlyArray<Row>, SqlError> =>
      Effect.mapInputContext(patiently(statement.withoutTransform), (_: Context.Context<never>) => Context.empty())

    /** The value of the row that a statement returned, if it returned one. */
    const valueOf = (statement: (now: number) => Statement<Row>) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.map(run(statement(now)), ([row]) => row?.value))

    // A machine passes over the rows that another one is deleting.
    const skipLocked = sql.literal(dialect === "pg" ? " FOR UPDATE SKIP LOCKED" : "")
    const sweepOnce = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      within(
        run(
          sql`DELETE FROM ${table} WHERE key IN (SELECT key FROM ${table} WHERE expires_at <= ${now} ORDER BY expires_at LIMIT ${sweepBatch}${skipLocked}) RETURNING key`
        ),
        timeout,
        () => "late"
      )
    )
    const sweep = sweepOnce.pipe(
      Effect.repeat({ while: (swept) => swept.length >= sweepBatch }),
      Effect.withTracerEnabled(false),
      Effect.ignore
    )
    /** Rows only pile up where sign-ins are put, so a put starts the sweep, and does not wait for it. */
    const sweepWhenDue = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now < sweepAt) return Effect.void
      sweepAt = now + sweepEvery
      return Effect.forkIn(sweep, scope)
    })

    return store(
      {
        put: (key, value, ttl) =>
          Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            const expiresAt = Math.ceil(now + Duration.toMillis(ttl))
            const put = yield* run(
              sql`INSERT INTO ${table} AS held (key, value, expires_at) VALUES (${key}, ${value}, ${expiresAt}) ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at WHERE held.expires_at <= ${now} RETURNING key`
            )
            yield* sweepWhenDue
            return put.length > 0
          }),
        get: (key) => valueOf((now) => sql`SELECT value FROM ${table} WHERE key = ${key} AND expires_at > ${now}`),
        take: (key) =>
          valueOf((now) => sql`DELETE FROM ${table} WHERE key = ${key} AND expires_at > ${now} RETURNING value`)
      },
      { timeout }
    )
  })

/**
 * `layer` with options. Building it fails with `InvalidRequest` if `timeout` or `sweepEvery` is no duration, and with `SqlError` if the
 * database cannot be used.
 *
 * @example
 * ```ts
 * import * as Sql from "effect-openrouter-oauth/PendingSignIns/Sql"
 *
 * const Store = Sql.layerWith({ table: "auth.pending_sign_ins", timeout: "2 seconds" })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (options: Options): Layer.Layer<PendingSignIns, SqlError | InvalidRequest, SqlClient> =>
  Layer.scoped(
    PendingSignIns,
    Effect.flatMap(durations("Sql.layerWith", durationDefaults, options), (decoded) => make({ ...options, ...decoded }))
  )

/**
 * Keeps pending sign-ins in the table `openrouter_pending_sign_ins`, and creates it if it is missing. A take is one
 * `DELETE … RETURNING`, so exactly one of any number of machines gets the sign-in. Rows expire by Effect's Clock of the machine that
 * reads them: synchronize the machines' clocks, for instance with NTP.
 *
 * Building the layer fails with `SqlError` if the database cannot be reached. Later, while it cannot be reached, every call fails with a
 * `StoreError` within `timeout`; once it is back, calls succeed again.
 *
 * @example
 * ```ts
 * import * as PgClient from "@effect/sql-pg/PgClient"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import * as Sql from "effect-openrouter-oauth/PendingSignIns/Sql"
 *
 * const url = Redacted.make("postgres://app@127.0.0.1:5432/app")
 *
 * const Store = Sql.layer.pipe(Layer.provide(PgClient.layer({ url })))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<PendingSignIns, SqlError, SqlClient> = Layer.scoped(
  PendingSignIns,
  make(durationDefaults)
)
