/** The store of credentials over a backend of texts: adds names, records and one error. */
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { defaultBaseUrl } from "../../internal/url.js"
import { type Backend, type BackendFault, corrupt, type Kept } from "./credentialBackend.js"
import { type CredentialRecord, decodeRecord, encodeRecord, type Name, normalBaseUrl } from "./credentialRecord.js"
import { defaultProfile, isProfile, profileRule } from "./profile.js"

/**
 * The name of a credential in the store. A base URL is found in any spelling.
 *
 * @since 0.1.0
 * @category models
 */
export interface Where {
  /** Defaults to `https://openrouter.ai/api/v1`. */
  readonly baseUrl?: string | URL | undefined
  /** 1 to 64 characters of `A-Z a-z 0-9 - _ .`. Defaults to `default`. */
  readonly profile?: string | undefined
}

/**
 * A key to store, and whose it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Credential {
  readonly key: Redacted.Redacted
  /** The user's id at OpenRouter, if it is known. */
  readonly userId: string | null
  /** The name of the key at OpenRouter. */
  readonly label?: string | undefined
  /** Defaults to the time it is stored. */
  readonly createdAt?: DateTime.Utc | undefined
  /** When OpenRouter stops accepting the key. */
  readonly expiresAt?: DateTime.Utc | undefined
}

/**
 * A credential that was read from the store.
 *
 * @since 0.1.0
 * @category models
 */
export interface StoredCredential extends Credential {
  /** The base URL in its normal spelling: lower-case host, no default port, no slash at the end. */
  readonly baseUrl: string
  readonly profile: string
  readonly createdAt: DateTime.Utc
  /** Says when the key expires, if fewer than 7 days are left. */
  readonly warning?: string | undefined
  /** A file's path, `the keychain` or `memory`. */
  readonly savedTo: string
}

/**
 * The store could not be read or written. If a key could not be saved, the error has it in `credential`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as CredentialStore from "effect-openrouter-oauth/node/CredentialStore"
 *
 * declare const saved: Effect.Effect<CredentialStore.StoredCredential, CredentialStore.CredentialStoreError>
 *
 * const withMessage = Effect.tapErrorTag(saved, "CredentialStoreError", ({ message, path }) =>
 *   Effect.logError(message).pipe(Effect.annotateLogs({ path }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialStoreError extends Data.TaggedError("CredentialStoreError")<{
  readonly operation: "get" | "set" | "remove" | "list"
  /**
   * - `Invalid`: the profile or the base URL is invalid.
   * - `Corrupt`: the file holds no credential. It is never overwritten.
   * - `Refused`: a link, a pipe, a device or another user's folder is in place of the store.
   * - `Io`: the file system failed (a full disk, for example), or the user has no home folder.
   */
  readonly reason: "Invalid" | "Corrupt" | "Refused" | "Io"
  /** The file or folder; null if none was touched. */
  readonly path: string | null
  readonly message: string
  /** The credential that could not be saved. */
  readonly credential?: Credential | undefined
}> {}

/**
 * The operations of a store. They fail with `CredentialStoreError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Returns the credential of a base URL and a profile; none if nothing is stored. */
  readonly get: (where?: Where) => Effect.Effect<Option.Option<StoredCredential>, CredentialStoreError>
  /** Stores a credential in place of an earlier one. Returns it with the place that it was saved to. */
  readonly set: (where: Where, credential: Credential) => Effect.Effect<StoredCredential, CredentialStoreError>
  /** Removes a credential. Returns whether there was one. */
  readonly remove: (where?: Where) => Effect.Effect<boolean, CredentialStoreError>
  /** Returns all credentials, sorted by base URL and profile. */
  readonly list: Effect.Effect<ReadonlyArray<StoredCredential>, CredentialStoreError>
}

type Operation = CredentialStoreError["operation"]

const warningOf = (expiresAt: DateTime.Utc | undefined, now: DateTime.Utc): string | undefined => {
  if (expiresAt === undefined) return undefined
  const days = DateTime.distance(now, expiresAt) / 86_400_000
  if (days >= 7) return undefined
  const date = DateTime.formatIsoDateUtc(expiresAt)
  return days <= 0
    ? `The key expired on ${date}. Sign in again.`
    : `The key expires on ${date}, in ${days < 1 ? "less than a day" : `${Math.floor(days)} days`}. Sign in again before that.`
}

/** The service over a backend. */
export const make = (backend: Backend): Service => {
  const failed =
    (operation: Operation, credential?: Credential) => (fault: Pick<BackendFault, "reason" | "path" | "message">) =>
      new CredentialStoreError({
        operation,
        reason: fault.reason,
        path: fault.path,
        message: fault.message,
        ...(credential && { credential })
      })

  const resolve = (operation: Operation, where: Where = {}, credential?: Credential) => {
    const baseUrl = normalBaseUrl(where.baseUrl ?? defaultBaseUrl)
    const profile = where.profile ?? defaultProfile
    const wrong =
      baseUrl === undefined
        ? "The base URL must be an http or https URL."
        : isProfile(profile)
          ? undefined
          : `A profile ${profileRule}.`
    return baseUrl === undefined || wrong !== undefined
      ? Effect.fail(
          new CredentialStoreError({
            operation,
            reason: "Invalid",
            path: null,
            message: `${operation} refused its input. ${wrong}`,
            ...(credential && { credential })
          })
        )
      : Effect.succeed({ baseUrl, profile })
  }

  const publish = (record: CredentialRecord, savedTo: string): Effect.Effect<StoredCredential> =>
    Effect.map(DateTime.now, (now) => {
      const { version: _, ...credential } = record
      const warning = warningOf(record.expiresAt, now)
      return { ...credential, savedTo, ...(warning !== undefined && { warning }) }
    })

  /** Checks the name too: a file that was copied to another name must not send its key to another server. */
  const decode = ({ place, text }: Kept, name?: Name): Effect.Effect<StoredCredential, BackendFault> =>
    Option.match(
      Option.filter(
        decodeRecord(text),
        ({ baseUrl, profile }) => name === undefined || (baseUrl === name.baseUrl && profile === name.profile)
      ),
      {
        onNone: () => Effect.fail(corrupt(place)),
        onSome: (record) => publish(record, place)
      }
    )

  return {
    get: (where) =>
      Effect.flatMap(resolve("get", where), (name) =>
        Effect.flatMap(backend.read(name), (kept) =>
          kept === undefined ? Effect.succeedNone : Effect.asSome(decode(kept, name))
        ).pipe(Effect.mapError(failed("get")))
      ),

    set: (where, credential) =>
      Effect.gen(function* () {
        const name = yield* resolve("set", where, credential)
        const { expiresAt, key, label, userId } = credential
        const record: CredentialRecord = {
          version: 2,
          ...name,
          key,
          userId,
          ...(label !== undefined && { label }),
          createdAt: credential.createdAt ?? (yield* DateTime.now),
          ...(expiresAt !== undefined && { expiresAt })
        }
        const savedTo = yield* Effect.gen(function* () {
          const kept = yield* backend.read(name)
          if (kept !== undefined) yield* decode(kept, name)
          return yield* backend.write(name, encodeRecord(record))
        }).pipe(Effect.mapError(failed("set", credential)))
        return yield* publish(record, savedTo)
      }),

    remove: (where) =>
      Effect.flatMap(resolve("remove", where), (name) => Effect.mapError(backend.remove(name), failed("remove"))),

    list: backend.list.pipe(
      Effect.flatMap((all) => Effect.all(all.map((kept) => decode(kept)))),
      Effect.map((all) => [...all].sort((one, other) => compare(one, other))),
      Effect.mapError(failed("list"))
    )
  }
}

const compare = (one: Name, other: Name): number =>
  one.baseUrl === other.baseUrl ? (one.profile < other.profile ? -1 : 1) : one.baseUrl < other.baseUrl ? -1 : 1
