import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Pkce from "../../Pkce.js"
import { columns, print } from "../output.js"

export const run = ({ json }: { readonly json: boolean }) =>
  Effect.gen(function* () {
    const pair = yield* Effect.flatMap(Pkce.Pkce, ({ generate }) => generate)
    const shown = {
      codeVerifier: Redacted.value(pair.codeVerifier),
      codeChallenge: pair.codeChallenge,
      codeChallengeMethod: pair.codeChallengeMethod
    }
    yield* print(json, shown, columns(Object.entries(shown)))
  }).pipe(Effect.provide(Pkce.layer))
