/** Turns inputs into the one form that their schemas know. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { defined } from "./defined.js"

/**
 * A URL becomes text, a Date a DateTime, and the method of a challenge or verifier defaults to S256. Nothing is checked yet: a value that
 * is not an object, and an invalid Date, stay as they are, for the schema to refuse.
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
