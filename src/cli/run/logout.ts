import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as CredentialStore from "../../node/CredentialStore.js"
import { stored } from "../client.js"
import { afterwards } from "../keyPage.js"
import { print, say } from "../output.js"

/** Ends with 0 also if nothing is stored, and says so. */
export const run = ({ json, profile }: { readonly json: boolean; readonly profile: string | undefined }) =>
  Effect.gen(function* () {
    const { baseUrl, credential, store, where } = yield* stored(profile)
    const removed = yield* store.remove(where)
    if (json) yield* print(true, { removed }, "")
    if (!removed || Option.isNone(credential)) return yield* say(`You were not signed in to ${baseUrl}.`)
    yield* say(`You are signed out of ${baseUrl}. ${afterwards(baseUrl, credential.value.key)}`)
  }).pipe(Effect.provide(CredentialStore.layer()))
