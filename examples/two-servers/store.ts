/**
 * The store that all servers share, chosen by one address: redis://…, postgres://… or file:… for SQLite.
 */
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import * as Redis from "effect-openrouter-oauth/PendingSignIns/Redis"
import * as Sql from "effect-openrouter-oauth/PendingSignIns/Sql"
import { createClient } from "redis"

const connect = (url: string) =>
  Effect.acquireRelease(
    Effect.tryPromise(() =>
      // While Redis is away a command fails at once instead of waiting in a queue. The ping notices when it went silently.
      createClient({ url, disableOfflineQueue: true, pingInterval: 10_000, socket: { socketTimeout: 30_000 } })
        // node-redis reconnects by itself, and would end the process were nobody listening.
        .on("error", (error) => console.error(`Redis: ${error.code ?? error.message}`))
        .connect()
    ),
    (client) => Effect.sync(() => client.destroy())
  )

export const storeAt = (
  url: string,
  options: Sql.Options & Redis.Options = {}
): Layer.Layer<PendingSignIns, unknown> => {
  const { protocol } = new URL(url)
  switch (protocol) {
    case "redis:":
    case "rediss:":
      return Layer.unwrapScoped(Effect.map(connect(url), (client) => Redis.layer(client, options)))
    case "postgres:":
    case "postgresql:":
      // Connections are renewed now and then, so that one which went silently does not stay in the pool.
      return Layer.provide(
        Sql.layerWith(options),
        PgClient.layer({ url: Redacted.make(url), connectionTTL: "5 minutes" })
      )
    default:
      return Layer.provide(Sql.layerWith(options), LibsqlClient.layer({ url }))
  }
}
