import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "../../node/CredentialStore.js"
import { notSignedIn, stored } from "../client.js"
import { print } from "../output.js"

export const run = ({ json }: { readonly json: boolean }) =>
  Effect.gen(function* () {
    const { baseUrl, credential } = yield* stored
    if (Option.isNone(credential)) return yield* notSignedIn(baseUrl)
    const key = Redacted.value(credential.value.key)
    yield* print(json, { key }, key)
  }).pipe(Effect.provide(CredentialStore.layer()))
