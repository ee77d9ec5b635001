/** The one form of each input that its schema knows. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { defined } from "./defined.js"

/**
 * A URL as text, a Date as DateTime, S256 where a challenge or verifier comes without a method. Nothing is checked yet: what is no
 * object, and an invalid Date, stay as they are, for the schema to refuse.
 */
export const canonical = (input: unknown): unknown => {
  if (!Predicate.isRecord(input)) return input
  const { callbackUrl, codeChallenge, codeChallengeMethod, codeVerifier, expiresAt } = input
  const needsMethod = codeChallengeMethod === undefined && (codeChallenge !== undefined || codeVerifier !== undefined)
  return defined({
    ...input,
    callbackUrl: callbackUrl instanceof URL ? callbackUrl.href : callbackUrl,
    codeChallengeMethod: needsMethod ? "S256" : codeChallengeMethod,
    expiresAt: expiresAt instanceof Date ? Option.getOrElse(DateTime.make(expiresAt), () => expiresAt) : expiresAt
  })
}
