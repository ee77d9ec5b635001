import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../../OAuthError.js"
import * as Pkce from "../../Pkce.js"
import type { PlainChallenge } from "./models.js"

/** Computes the challenge of a verifier. Makes the verifier if none is given. */
export const codeChallenge = (
  params: { readonly codeVerifier?: string | undefined } | undefined
): Effect.Effect<PlainChallenge, InvalidRequest> =>
  Effect.gen(function* () {
    const pkce = yield* Pkce.Pkce
    const codeVerifier = params?.codeVerifier
    if (codeVerifier !== undefined) {
      return { codeVerifier, codeChallenge: yield* pkce.challenge(Redacted.make(codeVerifier)) }
    }
    const pair = yield* pkce.generate
    return { codeVerifier: Redacted.value(pair.codeVerifier), codeChallenge: pair.codeChallenge }
  }).pipe(Effect.provide(Pkce.layer))
