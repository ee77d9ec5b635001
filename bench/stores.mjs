/**
 * What a sign-in costs in each store of pending sign-ins: put, get and take, one after another and many at once, and what a
 * pending one takes of space. The numbers of docs/scaling.md come from here.
 *
 *   npm run example -- bench/stores.mjs          a Markdown table
 *   npm run example -- bench/stores.mjs --json   the same as JSON
 *
 * Starts a PostgreSQL and a Redis of its own: apt-get install postgresql redis-server
 */
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { SqlClient } from "@effect/sql/SqlClient"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { layerMemory, PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import * as Redis from "effect-openrouter-oauth/PendingSignIns/Redis"
import * as Sql from "effect-openrouter-oauth/PendingSignIns/Sql"
import { createClient } from "redis"
import { postgres, redis } from "../test/services/server.js"

const base64url = (bytes) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("base64url")

/** A sign-in as SignIn puts it. */
const pending = () => ({
  codeVerifier: Redacted.make(base64url(32)),
  bindingDigest: base64url(32),
  callbackUrl: `https://app.example/auth/openrouter/callback?attempt=${base64url(16)}`,
  returnTo: "/settings",
  expiresAt: Date.now() + 600_000
})
const ttl = Duration.minutes(10)
const keys = (count) => Array.from({ length: count }, () => base64url(32))

const signIn = (store) => (key) =>
  store.put(key, pending(), ttl).pipe(Effect.zipRight(store.get(key)), Effect.zipRight(store.take(key)))

/** Milliseconds that it takes. */
const timed = (effect) =>
  Effect.suspend(() => {
    const begun = performance.now()
    return Effect.map(effect, () => performance.now() - begun)
  })

const round = (number) => Number(number.toPrecision(2))

/** Measures a store; `size` gives the bytes that all its pending sign-ins take. */
const measure = (name, size) =>
  Effect.gen(function* () {
    const store = yield* PendingSignIns
    yield* Effect.forEach(keys(500), signIn(store), { discard: true })
    const each = yield* Effect.forEach(keys(2_000), (key) => timed(signIn(store)(key)))
    each.sort((one, other) => one - other)
    const many = 5_000
    const took = yield* timed(Effect.forEach(keys(many), signIn(store), { concurrency: 32, discard: true }))
    const before = yield* size
    const kept = 10_000
    yield* Effect.forEach(keys(kept), (key) => store.put(key, pending(), ttl), { concurrency: 32, discard: true })
    const after = yield* size
    return {
      store: name,
      medianMs: round(each[each.length / 2]),
      p99Ms: round(each[Math.floor(each.length * 0.99)]),
      signInsPerSecond: round((many / took) * 1_000),
      bytesEach: round((after - before) / kept)
    }
  })

const heap = Effect.sync(() => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
})

const folder = mkdtempSync(join(tmpdir(), "stores-"))

const onSqlite = (() => {
  const file = join(folder, "pending.db")
  return Effect.gen(function* () {
    const sql = yield* SqlClient
    yield* sql`PRAGMA journal_mode = WAL`
    const size = Effect.map(sql`PRAGMA wal_checkpoint(TRUNCATE)`, () => statSync(file).size)
    return yield* Effect.provide(measure("SQLite (libsql, WAL)", size), Sql.layer)
  }).pipe(Effect.provide(LibsqlClient.layer({ url: `file:${file}` })))
})()

const onPostgres = Effect.gen(function* () {
  const { url } = yield* postgres([])
  return yield* Effect.gen(function* () {
    const sql = yield* SqlClient
    const size = Effect.gen(function* () {
      yield* sql`VACUUM FULL openrouter_pending_sign_ins`
      const [row] = yield* sql`SELECT pg_total_relation_size('openrouter_pending_sign_ins') AS bytes`
      return Number(row.bytes)
    })
    return yield* Effect.provide(measure("PostgreSQL 15", size), Sql.layer)
  }).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 10 })))
})

const onRedis = Effect.gen(function* () {
  const { url } = yield* redis()
  const client = yield* Effect.acquireRelease(
    Effect.promise(() => createClient({ url }).connect()),
    (self) => Effect.sync(() => self.destroy())
  )
  // MEMORY USAGE counts a key, its value and its expiry.
  const size = Effect.promise(async () => {
    let bytes = 0
    for await (const found of client.scanIterator({ MATCH: "openrouter-sign-in:*", COUNT: 1_000 })) {
      for (const key of found) bytes += (await client.memoryUsage(key)) ?? 0
    }
    return bytes
  })
  return yield* Effect.provide(measure("Redis 7", size), Redis.layer(client))
})

const results = await Effect.all([
  Effect.provide(measure("memory", heap), layerMemory),
  onSqlite,
  onPostgres,
  onRedis
]).pipe(
  Effect.scoped,
  Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true, force: true }))),
  Effect.runPromise
)

if (process.argv.includes("--json")) console.log(JSON.stringify(results))
else {
  console.log(`${cpus().length} × ${cpus()[0].model}, Node ${process.version}\n`)
  console.log("| store | one sign-in, median | 99 % below | sign-ins a second, 32 at once | bytes each |")
  console.log("| --- | ---: | ---: | ---: | ---: |")
  for (const { bytesEach, medianMs, p99Ms, signInsPerSecond, store } of results) {
    console.log(`| ${store} | ${medianMs} ms | ${p99Ms} ms | ${signInsPerSecond} | ${bytesEach} |`)
  }
}
process.exit()
