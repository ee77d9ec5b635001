/**
 * The keychain in front of the files. Saving to the keychain removes the file, so a file that exists is newer than the keychain's entry: it
 * is used, and moved to the keychain.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Backend, Kept } from "./credentialBackend.js"
import { decodeRecord, type Name } from "./credentialRecord.js"
import type { Keychain, KeychainFault } from "./keychain.js"

const place = "the keychain"

const accountOf = ({ baseUrl, profile }: Name): string => `${profile} ${baseUrl}`

/** `onFallback` runs once. From then on the files are used. */
export const credentialKeychain = (
  keychain: Keychain,
  files: Backend,
  onFallback: (why: string) => Effect.Effect<void>
): Backend => {
  let usable = true

  const attempt = <A>(use: Effect.Effect<A, KeychainFault>): Effect.Effect<Option.Option<A>> =>
    Effect.suspend(() =>
      usable
        ? Effect.catchAll(Effect.asSome(use), ({ why }) => {
            usable = false
            return Effect.as(onFallback(why), Option.none<A>())
          })
        : Effect.succeedNone
    )

  const move = (name: Name, kept: Kept): Effect.Effect<Kept, never> =>
    Effect.gen(function* () {
      const isSaved = Option.isSome(yield* attempt(keychain.set(accountOf(name), kept.text)))
      if (!isSaved) return kept
      return yield* Effect.match(files.remove(name), {
        onFailure: () => kept,
        onSuccess: () => ({ text: kept.text, place })
      })
    }).pipe(Effect.uninterruptible)

  return {
    read: (name) =>
      Effect.gen(function* () {
        const kept = yield* files.read(name)
        if (kept !== undefined) return Option.isSome(decodeRecord(kept.text)) ? yield* move(name, kept) : kept
        const text = Option.getOrNull(yield* attempt(keychain.get(accountOf(name))))
        return text === null ? undefined : { text, place }
      }),

    write: (name, text) =>
      Effect.gen(function* () {
        if (Option.isNone(yield* attempt(keychain.set(accountOf(name), text)))) return yield* files.write(name, text)
        yield* files.remove(name)
        return place
      }).pipe(Effect.uninterruptible),

    remove: (name) =>
      Effect.gen(function* () {
        const wasInFile = yield* files.remove(name)
        return Option.getOrElse(yield* attempt(keychain.remove(accountOf(name))), () => false) || wasInFile
      }),

    list: Effect.gen(function* () {
      const inFiles = yield* files.list
      const entries = Option.getOrElse(yield* attempt(keychain.list), () => [])
      const accounts = inFiles.flatMap(({ text }) => Option.toArray(Option.map(decodeRecord(text), accountOf)))
      return [
        ...inFiles,
        ...entries
          .filter(({ account }) => !accounts.includes(account))
          .map(({ password }) => ({ text: password, place }))
      ]
    })
  }
}
