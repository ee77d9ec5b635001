/** Where the texts of credentials are kept: the file system, the keychain, or memory. */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type { Name } from "./credentialRecord.js"

/** Why a place could not be used; `message` never holds a secret. */
export class BackendFault extends Data.TaggedError("BackendFault")<{
  readonly reason: "Corrupt" | "Refused" | "Io"
  readonly path: string
  readonly message: string
}> {}

export interface Backend {
  readonly read: (name: Name) => Effect.Effect<Kept | undefined, BackendFault>
  /** Gives the place that it was written to. */
  readonly write: (name: Name, text: string) => Effect.Effect<string, BackendFault>
  /** Whether there was one. */
  readonly remove: (name: Name) => Effect.Effect<boolean, BackendFault>
  readonly list: Effect.Effect<ReadonlyArray<Kept>, BackendFault>
}

export interface Kept {
  readonly text: string
  /** A file's path, or `the keychain`. */
  readonly place: string
}

export const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : "unknown"

export const corrupt = (path: string): BackendFault =>
  new BackendFault({
    reason: "Corrupt",
    path,
    message: `${path} does not hold credentials of this program. Move it away, then sign in again.`
  })
