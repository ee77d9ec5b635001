import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SqlClient } from "@effect/sql/SqlClient"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import { afterAll, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import * as Sql from "effect-openrouter-oauth/PendingSignIns/Sql"
import { nearlyPending, type Rows, rowsSuite } from "./rowsSuite.js"

// In memory where there is such a folder: how fast the disk is makes no difference to what is tested.
const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "fuzz-"))
const runtime = ManagedRuntime.make(
  Layer.provideMerge(Sql.layer, LibsqlClient.layer({ url: `file:${join(folder, "rows.db")}` }))
)
afterAll(async () => {
  await runtime.dispose()
  rmSync(folder, { recursive: true, force: true })
})

describe("a row of an SQLite table", () => {
  const open = (): Promise<Rows> =>
    runtime.runPromise(
      Effect.gen(function* () {
        const store = yield* PendingSignIns
        const sql = yield* SqlClient
        const remove = (key: string) => sql`DELETE FROM openrouter_pending_sign_ins WHERE key = ${key}`
        return {
          store,
          write: (key, row) =>
            row === undefined
              ? Effect.runPromise(remove(key))
              : Effect.runPromise(
                  Effect.zipRight(
                    remove(key),
                    sql`INSERT INTO openrouter_pending_sign_ins (key, value, expires_at) VALUES (${key}, ${sql.literal(literalOf(row))}, 4000000000000)`
                  )
                )
        }
      })
    )
  // SQLite keeps values of every kind in a column of text.
  rowsSuite(
    open,
    fc.oneof(
      { arbitrary: nearlyPending, weight: 8 },
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.uint8Array()
    ),
    3
  )
})

/** As a BLOB, which also holds what a parameter cannot, such as lone surrogates as their bytes. */
const literalOf = (row: unknown): string => {
  if (typeof row === "number") return String(row)
  if (row instanceof Uint8Array) return `x'${Buffer.from(row).toString("hex")}'`
  return `CAST(x'${Buffer.from(String(row)).toString("hex")}' AS TEXT)`
}
