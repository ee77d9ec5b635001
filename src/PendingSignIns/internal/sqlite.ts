/** SQLite lets one connection write at a time, and refuses the others at once if no timeout is set. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { makeOneAtATime } from "../../internal/oneAtATime.js"

interface DatabaseError {
  readonly cause?: unknown
}

/** Refused because of another connection: nothing was done. */
const isBusy = ({ cause }: DatabaseError): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && /^SQLITE_(?:BUSY|LOCKED)/.test(String(cause.code))

const retryWhileBusy = <A, E extends DatabaseError>(statement: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.retry(statement, { while: isBusy, schedule: Schedule.jittered(Schedule.spaced("2 millis")) })

/** The client below `@effect/sql-libsql`, of a file. */
interface LibsqlFile {
  readonly protocol: "file"
  readonly execute: (sql: string) => Promise<unknown>
  readonly transaction: (mode: "read") => Promise<{ readonly close: () => void }>
}

const fileOf = (sql: object): LibsqlFile | undefined => {
  const sdk = "sdk" in sql ? (sql.sdk as Partial<LibsqlFile> | undefined) : undefined
  return sdk?.protocol === "file" ? (sdk as LibsqlFile) : undefined
}

/**
 * Tries a statement until SQLite is not busy.
 *
 * libsql leaves a refused statement in progress. As long as it is, nothing that its connection writes is committed, although each
 * write says that it succeeded (tursodatabase/libsql-client-ts#352). So one statement at a time, and after a refused one another
 * connection, which libsql opens when a transaction takes the one it has. A short wait in SQLite itself makes that rare.
 */
export const patiently = <E extends DatabaseError>(
  sql: object,
  toError: (cause: unknown) => E
): (<A>(statement: Effect.Effect<A, E>) => Effect.Effect<A, E>) => {
  const file = fileOf(sql)
  if (file === undefined) return retryWhileBusy
  let connection: "new" | "ready" | "stuck" = "new"
  const prepare = Effect.tryPromise({
    try: async () => {
      if (connection === "stuck") {
        const transaction = await file.transaction("read")
        transaction.close()
      }
      await file.execute("PRAGMA busy_timeout = 50")
      connection = "ready"
    },
    catch: toError
  })
  const oneAtATime = makeOneAtATime()
  return (statement) =>
    Effect.suspend(() => (connection === "ready" ? statement : Effect.zipRight(prepare, statement))).pipe(
      Effect.tapError((error) =>
        Effect.sync(() => {
          if (isBusy(error)) connection = "stuck"
        })
      ),
      // There is nothing to interrupt: libsql works on files synchronously.
      Effect.uninterruptible,
      oneAtATime,
      retryWhileBusy
    )
}
