/** What the app keeps in SQLite: the sessions of its users, and their OpenRouter keys, encrypted. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"
import { createClient } from "@libsql/client"
import { type SessionData, Store } from "express-session"

const { APP_SECRET, DATABASE_URL = ":memory:" } = process.env // such as file:notes.db
if (DATABASE_URL !== ":memory:" && APP_SECRET === undefined) throw new Error("Set APP_SECRET, to 32 random bytes.")

/**
 * Signs session cookies and encrypts keys. Who reads the database alone, such as a backup of it, cannot spend the users' money; who
 * has this secret too, can. Keep it in another place than the database: a secret manager, or a KMS that encrypts for you and
 * changes its key from time to time.
 */
export const secret = APP_SECRET ?? randomBytes(32).toString("hex")

const database = createClient({ url: DATABASE_URL })
await database.executeMultiple(`
  CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, data TEXT NOT NULL, expires INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS openrouter_keys (user TEXT PRIMARY KEY, encrypted BLOB NOT NULL);
`)

const run = async (sql: string, ...args: ReadonlyArray<string | number | Uint8Array>) =>
  (await database.execute({ sql, args: [...args] })).rows[0]

const encryptionKey = new Uint8Array(hkdfSync("sha256", secret, "", "openrouter keys", 32))

/** AES-256-GCM. The user is authenticated with it, so that a row that was copied to another user cannot be read. */
const encrypt = (user: string, key: string): Uint8Array => {
  const iv = randomBytes(12)
  const cipher = createCipheriv("aes-256-gcm", encryptionKey, iv).setAAD(Buffer.from(user))
  const encrypted = Buffer.concat([cipher.update(key, "utf8"), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), encrypted])
}

const decrypt = (user: string, stored: Uint8Array): string => {
  const decipher = createDecipheriv("aes-256-gcm", encryptionKey, stored.subarray(0, 12))
    .setAAD(Buffer.from(user))
    .setAuthTag(stored.subarray(12, 28))
  return Buffer.concat([decipher.update(stored.subarray(28)), decipher.final()]).toString("utf8")
}

/** The OpenRouter keys of the app's users, one each. */
export const keys = {
  get: async (user: string): Promise<string | undefined> => {
    const row = await run("SELECT encrypted FROM openrouter_keys WHERE user = ?", user)
    return row?.encrypted instanceof ArrayBuffer ? decrypt(user, new Uint8Array(row.encrypted)) : undefined
  },
  set: (user: string, key: string) =>
    run("INSERT OR REPLACE INTO openrouter_keys (user, encrypted) VALUES (?, ?)", user, encrypt(user, key)),
  remove: (user: string) => run("DELETE FROM openrouter_keys WHERE user = ?", user)
}

/** The sessions of express-session. */
export class SessionStore extends Store {
  get(id: string, callback: (error?: unknown, session?: SessionData | null) => void): void {
    run("SELECT data FROM sessions WHERE id = ? AND expires > ?", id, Date.now()).then(
      (row) => callback(null, typeof row?.data === "string" ? JSON.parse(row.data) : null),
      callback
    )
  }

  set(id: string, session: SessionData, callback: (error?: unknown) => void = () => {}): void {
    const expires = Date.now() + (session.cookie.originalMaxAge ?? 0)
    Promise.all([
      run("INSERT OR REPLACE INTO sessions (id, data, expires) VALUES (?, ?, ?)", id, JSON.stringify(session), expires),
      run("DELETE FROM sessions WHERE expires <= ?", Date.now())
    ]).then(() => callback(), callback)
  }

  override touch(id: string, session: SessionData, callback: () => void = () => {}): void {
    this.set(id, session, callback)
  }

  destroy(id: string, callback: (error?: unknown) => void = () => {}): void {
    run("DELETE FROM sessions WHERE id = ?", id).then(() => callback(), callback)
  }
}
