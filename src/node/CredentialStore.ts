/**
 * Where a program keeps the keys of its users between runs: a file that only they can read, one entry for each base URL.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { random } from "../internal/digest.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Credential {
  readonly key: Redacted.Redacted
  readonly userId: string | null
}

/**
 * The file could not be read or written. After a sign-in whose key could not be saved it carries the key: nothing is lost.
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialStoreError extends Data.TaggedError("CredentialStoreError")<{
  readonly operation: "get" | "set" | "remove"
  /** `Corrupt`: the file holds something else; it is never overwritten. `Locked`: another program is writing it. */
  readonly reason: "Corrupt" | "Locked" | "Io"
  readonly path: string
  readonly message: string
  /** What was to be saved. */
  readonly credential?: Credential | undefined
}> {}

/**
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Where it is kept; null in memory. */
  readonly path: string | null
  readonly get: (baseUrl: string | URL) => Effect.Effect<Option.Option<Credential>, CredentialStoreError>
  readonly set: (baseUrl: string | URL, credential: Credential) => Effect.Effect<void, CredentialStoreError>
  /** Whether there was one. */
  readonly remove: (baseUrl: string | URL) => Effect.Effect<boolean, CredentialStoreError>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class CredentialStore extends Context.Tag("effect-openrouter-oauth/node/CredentialStore")<
  CredentialStore,
  Service
>() {}

const Entry = Schema.Struct({
  key: Schema.Redacted(Schema.String),
  userId: Schema.NullOr(Schema.String)
})

const File = Schema.parseJson(
  Schema.Struct({
    version: Schema.Literal(1),
    entries: Schema.Record({ key: Schema.String, value: Entry })
  }),
  { space: 2 }
)

type Entries = (typeof File.Type)["entries"]

const decodeFile = Schema.decode(File)
const encodeFile = Schema.encodeSync(File)

/** One name for every spelling of a base URL. */
const nameOf = (baseUrl: string | URL): string => String(baseUrl).replace(/\/+$/, "")

/**
 * `$XDG_CONFIG_HOME/openrouter-oauth/credentials.json`, in `~/.config` where the variable is not set, in `%APPDATA%` on Windows.
 *
 * @since 0.1.0
 * @category utils
 */
export const defaultPath = (
  env: { readonly [name: string]: string | undefined } = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = Os.homedir()
): string => {
  const { APPDATA, XDG_CONFIG_HOME } = env
  const absolute = XDG_CONFIG_HOME !== undefined && Path.isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : undefined
  const folder = absolute ?? ((platform === "win32" ? APPDATA : undefined) || Path.join(home, ".config"))
  return Path.join(folder, "openrouter-oauth", "credentials.json")
}

const isMissing = (error: unknown): boolean => codeOf(error) === "ENOENT"

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : "unknown"

// A program that was killed while it held the lock must not lock everybody out.
const staleAfter = 10_000

/**
 * In a file, created 0600 inside a 0700 folder, replaced as a whole (temporary file, then rename), written by one program at a
 * time. A file with wider permissions is tightened; one that holds something else is reported and left as it is.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as CredentialStore from "effect-openrouter-oauth/node/CredentialStore"
 *
 * const saved = Effect.flatMap(CredentialStore.CredentialStore, (store) => store.get("https://openrouter.ai/api/v1")).pipe(
 *   Effect.provide(CredentialStore.layer())
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: { readonly path?: string | undefined } = {}): Layer.Layer<CredentialStore> =>
  Layer.sync(CredentialStore, () => {
    const path = options.path ?? defaultPath()
    const lock = `${path}.lock`
    const folder = Path.dirname(path)

    const failed = (
      operation: CredentialStoreError["operation"],
      reason: CredentialStoreError["reason"],
      what: string
    ): CredentialStoreError => new CredentialStoreError({ operation, reason, path, message: `${path} ${what}` })

    const io = <A>(operation: CredentialStoreError["operation"], run: () => Promise<A>) =>
      Effect.tryPromise({
        try: run,
        catch: (error) => failed(operation, "Io", `cannot be used (${codeOf(error)}). Check the file and its folder.`)
      })

    const read = (operation: CredentialStoreError["operation"]): Effect.Effect<Entries, CredentialStoreError> =>
      io(operation, async () => {
        try {
          const { mode } = await Fs.stat(path)
          if (process.platform !== "win32" && (mode & 0o077) !== 0) await Fs.chmod(path, 0o600)
          return await Fs.readFile(path, "utf8")
        } catch (error) {
          if (isMissing(error)) return undefined
          throw error
        }
      }).pipe(
        Effect.flatMap((text) =>
          text === undefined
            ? Effect.succeed<Entries>({})
            : Effect.mapBoth(decodeFile(text), {
                onSuccess: ({ entries }) => entries,
                onFailure: () =>
                  failed(
                    operation,
                    "Corrupt",
                    "does not hold credentials of this program. Move it away, then sign in again."
                  )
              })
        )
      )

    const write = (operation: "set" | "remove", entries: Entries) =>
      io(operation, async () => {
        const temporary = `${path}.${random(9)}.tmp`
        try {
          await Fs.writeFile(temporary, `${encodeFile({ version: 1, entries })}\n`, { mode: 0o600, flag: "wx" })
          await Fs.rename(temporary, path)
        } catch (error) {
          await Fs.rm(temporary, { force: true })
          throw error
        }
      })

    /** Creates the lock, or fails with the reason why it is held; a stale one is broken. */
    const acquire = (operation: "set" | "remove") =>
      io(operation, async () => {
        await Fs.mkdir(folder, { recursive: true, mode: 0o700 })
        try {
          await Fs.writeFile(lock, String(process.pid), { flag: "wx", mode: 0o600 })
          return true
        } catch (error) {
          if (codeOf(error) !== "EEXIST") throw error
          const held = await Fs.stat(lock).catch(() => undefined)
          if (held !== undefined && Date.now() - held.mtimeMs > staleAfter) await Fs.rm(lock, { force: true })
          return false
        }
      }).pipe(
        Effect.filterOrFail(
          (acquired) => acquired,
          () => failed(operation, "Locked", "is being written by another program. Try again in a moment.")
        ),
        Effect.retry({
          while: ({ reason }) => reason === "Locked",
          schedule: Schedule.spaced("50 millis").pipe(Schedule.intersect(Schedule.recurs(100)))
        })
      )

    const change = <A>(operation: "set" | "remove", update: (entries: Entries) => readonly [Entries | undefined, A]) =>
      Effect.acquireUseRelease(
        acquire(operation),
        () =>
          Effect.gen(function* () {
            const [entries, result] = update(yield* read(operation))
            if (entries !== undefined) yield* write(operation, entries)
            return result
          }),
        () => Effect.promise(() => Fs.rm(lock, { force: true }))
      )

    return {
      path,
      get: (baseUrl) => Effect.map(read("get"), (entries) => Option.fromNullable(own(entries, nameOf(baseUrl)))),
      set: (baseUrl, credential) =>
        change("set", (entries) => [{ ...entries, [nameOf(baseUrl)]: credential }, undefined]).pipe(
          Effect.mapError(
            ({ message, operation, path, reason }) =>
              new CredentialStoreError({ operation, reason, path, message, credential })
          )
        ),
      remove: (baseUrl) =>
        change("remove", (entries) => {
          const { [nameOf(baseUrl)]: removed, ...rest } = entries
          return removed === undefined ? [undefined, false] : [rest, true]
        })
    }
  })

const own = (entries: Entries, name: string): Credential | undefined =>
  Object.hasOwn(entries, name) ? entries[name] : undefined

/**
 * In memory, for tests and for programs that sign in each time.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<CredentialStore> = Layer.sync(CredentialStore, () => {
  const entries = new Map<string, Credential>()
  return {
    path: null,
    get: (baseUrl) => Effect.sync(() => Option.fromNullable(entries.get(nameOf(baseUrl)))),
    set: (baseUrl, credential) => Effect.sync(() => void entries.set(nameOf(baseUrl), credential)),
    remove: (baseUrl) => Effect.sync(() => entries.delete(nameOf(baseUrl)))
  }
})
