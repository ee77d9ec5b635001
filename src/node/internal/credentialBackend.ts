/** A place for the texts of credentials: the file system, the keychain, or memory. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { Name } from "./credentialRecord.js"

/** The place could not be used. `message` never holds a secret. */
export class BackendFault extends Data.TaggedError("BackendFault")<{
  readonly reason: "Corrupt" | "Refused" | "Io"
  /** The file or folder; null where none was touched. */
  readonly path: string | null
  readonly message: string
}> {}

export interface Backend {
  readonly read: (name: Name) => Effect.Effect<Kept | undefined, BackendFault>
  /** Writes a text. Returns the place that it was written to. */
  readonly write: (name: Name, text: string) => Effect.Effect<string, BackendFault>
  /** Removes a text. Returns whether there was one. */
  readonly remove: (name: Name) => Effect.Effect<boolean, BackendFault>
  readonly list: Effect.Effect<ReadonlyArray<Kept>, BackendFault>
}

export interface Kept {
  readonly text: string
  /** A file's path, or `the keychain`. */
  readonly place: string
}

/** A backend that is made at each use. Making it may fail, for instance if a user has no home folder. */
export const lazily = (make: Effect.Effect<Backend, BackendFault>): Backend => ({
  read: (name) => Effect.flatMap(make, ({ read }) => read(name)),
  write: (name, text) => Effect.flatMap(make, ({ write }) => write(name, text)),
  remove: (name) => Effect.flatMap(make, ({ remove }) => remove(name)),
  list: Effect.flatMap(make, ({ list }) => list)
})

export const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : "unknown"

export const corrupt = (path: string): BackendFault =>
  new BackendFault({
    reason: "Corrupt",
    path,
    message: `${path} does not hold credentials of this program. Move it away, then sign in again.`
  })
