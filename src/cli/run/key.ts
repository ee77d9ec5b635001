import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "../../node/CredentialStore.js"
import { currentKey } from "../client.js"
import { print } from "../output.js"

export const run = ({ json, profile }: { readonly json: boolean; readonly profile: string | undefined }) =>
  Effect.gen(function* () {
    const key = Redacted.value((yield* currentKey(profile)).key)
    yield* print(json, { key }, key)
  }).pipe(Effect.provide(CredentialStore.layer()))
