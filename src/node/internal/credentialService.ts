/** What a store of credentials does with the texts of a backend: names, records, and one error. */
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
  /** 1 to 64 characters of `A-Z a-z 0-9 - _ .`; defaults to `default`. */
  readonly profile?: string | undefined
}

/**
 * A key to store, with what is known of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Credential {
  readonly key: Redacted.Redacted
  readonly userId: string | null
  /** The name of the key at OpenRouter. */
  readonly label?: string | undefined
  /** Defaults to the time it is stored. */
  readonly createdAt?: DateTime.Utc | undefined
  /** When OpenRouter stops accepting the key. */
  readonly expiresAt?: DateTime.Utc | undefined
}

/**
 * A credential as it comes out of the store.
 *
 * @since 0.1.0
 * @category models
 */
export interface StoredCredential extends Credential {
  /** In its normal spelling: lower-case host, no default port, no slash at the end. */
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
 * @since 0.1.0
 * @category errors
 */
export class CredentialStoreError extends Data.TaggedError("CredentialStoreError")<{
  readonly operation: "get" | "set" | "remove" | "list"
  /**
   * - `Invalid`: the profile or the base URL cannot be right.
   * - `Corrupt`: the file holds something else; it is never overwritten.
   * - `Refused`: a link, a pipe, a device or another user's folder is in the place of the store.
   * - `Io`: the file system failed, such as a full disk.
   */
  readonly reason: "Invalid" | "Corrupt" | "Refused" | "Io"
  /** The file or folder; null where none was touched. */
  readonly path: string | null
  readonly message: string
  /** What was to be saved. */
  readonly credential?: Credential | undefined
}> {}

/**
 * The operations of `CredentialStore`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly get: (where?: Where) => Effect.Effect<Option.Option<StoredCredential>, CredentialStoreError>
  /** Returns what was stored, with the place it was saved to. */
  readonly set: (where: Where, credential: Credential) => Effect.Effect<StoredCredential, CredentialStoreError>
  /** Returns whether there was one. */
  readonly remove: (where?: Where) => Effect.Effect<boolean, CredentialStoreError>
  /** Everything that is stored, by base URL and profile. */
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
    : `The key expires on ${date}, in ${days < 1 ? "less than a day" : `${Math.floor(days)} days`}. Sign in again before.`
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

  /** A file that was copied to another's name must not send its key to another server. */
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
