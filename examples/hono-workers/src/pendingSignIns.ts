/** Sign-ins that are under way, in D1: a callback may come to another machine than the one that began. */
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import { make, PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"

export const pendingSignIns = (db: D1Database): Layer.Layer<PendingSignIns> =>
  Layer.succeed(
    PendingSignIns,
    make({
      put: async (key, text, ttl) => {
        const now = Date.now()
        const [, inserted] = await db.batch([
          db.prepare("DELETE FROM pending_sign_ins WHERE expires_at <= ?").bind(now),
          db
            .prepare("INSERT INTO pending_sign_ins (key, text, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(key, text, now + Duration.toMillis(ttl))
        ])
        return inserted?.meta.changes === 1
      },
      get: (key) =>
        db
          .prepare("SELECT text FROM pending_sign_ins WHERE key = ? AND expires_at > ?")
          .bind(key, Date.now())
          .first("text"),
      // One statement: of two callbacks at once, one gets the row.
      take: (key) =>
        db
          .prepare("DELETE FROM pending_sign_ins WHERE key = ? AND expires_at > ? RETURNING text")
          .bind(key, Date.now())
          .first("text")
    })
  )
