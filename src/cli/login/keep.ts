/** Saves or shows a key, and asks before another one is replaced. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "../../node/CredentialStore.js"
import type { SignedIn } from "../../SignIn.js"
import * as Client from "../client.js"
import { CommandFailed } from "../exit.js"
import { afterwards } from "../keyPage.js"
import { print, say } from "../output.js"
import * as Terminal from "../terminal.js"
import { tell } from "./events.js"
import type { LoginOptions } from "./options.js"

/** Reads the stored key; none if the store cannot be read. That is reported when it is written, and the key is shown then. */
const storedNow = (where: CredentialStore.Where) =>
  Effect.flatMap(CredentialStore.CredentialStore, (store) => store.get(where)).pipe(Effect.orElseSucceed(Option.none))

/** Says who is signed in already, and asks whether to go on; without a terminal it wants `--force`. */
export const confirm = ({ force, profile, save }: LoginOptions, baseUrl: string) =>
  Effect.gen(function* () {
    if (force || !save) return true
    const stored = yield* storedNow({ baseUrl, profile })
    if (Option.isNone(stored)) return true
    const { savedTo, userId } = stored.value
    const already = `You are signed in to ${baseUrl} already${userId === null ? "" : ` as ${userId}`}; the key is in ${savedTo}.`
    if (!Terminal.isInteractive()) {
      return yield* new CommandFailed({
        why: "usage",
        message: `${already} Add --force to sign in again, or --profile with another name to keep both keys.`
      })
    }
    const answer = yield* Terminal.ask(`${already} Sign in again? (y/N)`)
    return /^y(es)?$/i.test(answer.trim())
  })

/** Saves or shows a key. */
export const keep = (options: LoginOptions, baseUrl: string, { key, userId }: SignedIn) =>
  Effect.gen(function* () {
    const { events, json, profile, sandbox, save } = options
    const store = yield* CredentialStore.CredentialStore
    const show = (savedTo: string | null) =>
      events
        ? tell(options, { event: "signed-in", key: Redacted.value(key), userId, savedTo })
        : print(json, { key: Redacted.value(key), userId, savedTo }, Redacted.value(key))
    const who = userId === null ? "" : ` as ${userId}`
    if (sandbox) {
      yield* say(`Signed in to the sandbox${who}. Its key only works there, and is not saved.`)
      return yield* show(null)
    }
    if (!save) {
      yield* say(`Signed in${who}. The key is not saved, so keep it.`)
      return yield* show(null)
    }
    const where = { baseUrl, profile }
    const replaced = yield* storedNow(where)
    const { savedTo } = yield* store.set(where, { key, userId, label: options.keyLabel }).pipe(
      Effect.catchAll(({ message }) =>
        Effect.zipRight(
          show(null),
          Effect.fail(
            new CommandFailed({
              why: "notSaved",
              message: `Signed in${who}, but the key could not be saved, so it is printed on standard output: keep it. ${message}`
            })
          )
        )
      )
    )
    yield* say(
      `Signed in${who}. The key is saved in ${savedTo}; print it with: openrouter-oauth key${Client.profileFlag(profile)}`
    )
    if (Option.isSome(replaced) && Redacted.value(replaced.value.key) !== Redacted.value(key)) {
      yield* say(`It replaces another key. ${afterwards(baseUrl, replaced.value.key)}`)
    }
    if (Option.isSome(yield* Client.variable("OPENROUTER_API_KEY"))) {
      yield* say("OPENROUTER_API_KEY is set, and wins over the key that is saved. Unset it to use this one.")
    }
    if (json || events) yield* show(savedTo)
  })
