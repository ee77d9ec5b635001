/** Reads the reason of an error answer, and writes the message of its error. */
import { checkAddress, later, tryAgain } from "../internal/remedy.js"
import type { Operation, Reason } from "../OAuthError.js"
import type { ErrorBody } from "./readErrorBody.js"

/** The parts of an error body that the reason is read from, not scrubbed yet. */
type Said = Pick<ErrorBody, "said" | "validation" | "oauthCode">

// The reason is at the beginning of a text, which may have 64 KiB.
const meaningful = 1000

/** Reads status and message together: OpenRouter's documents say 403 for a code that its servers answer with 400. */
export const reasonOf = (operation: Operation, status: number, { oauthCode, said = "", validation }: Said): Reason => {
  const message = said.slice(0, meaningful)
  if (status === 429) return "RateLimited"
  if (status >= 500) return "Other"
  if (operation === "createOauthToken") return tokenReasonOf(oauthCode, message)
  if (validation) return "ValidationFailed"
  if (/(malformed|invalid) json/i.test(message)) return "MalformedBody"
  if (/code_challenge_method/i.test(message)) return "InvalidCodeChallengeMethod"
  if (operation === "exchangeAuthCodeForAPIKey") {
    if (/expired/i.test(message)) return "CodeExpired"
    if (invalidGrant.test(message)) return "InvalidGrant"
  }
  return (status === 400 || status === 422) && /validation|invalid|required/i.test(message)
    ? "ValidationFailed"
    : "Other"
}

const invalidGrant = /invalid_grant|verifier|invalid.* code\b|\bcode\b.* (invalid|used|unknown|not found)/i

/** By the error code of RFC 6749, section 5.2. `invalid_grant` stands for the policy or for the subject token: the message tells which. */
const tokenReasonOf = (oauthCode: string | undefined, message: string): Reason => {
  switch (oauthCode) {
    case "invalid_scope":
      return "ScopeRefused"
    case "invalid_grant":
      return /subject[ _]token|jwt/i.test(message) || !/policy/i.test(message) ? "InvalidSubjectToken" : "PolicyRefused"
    case "invalid_request":
    case "unsupported_grant_type":
      return "ValidationFailed"
    default:
      return "Other"
  }
}

const signInAgain = "Start the sign-in again: a code works once, for 10 minutes."

const remedies: Partial<Record<Reason | number, string>> = {
  InvalidGrant: signInAgain,
  CodeExpired: signInAgain,
  InvalidCodeChallengeMethod: "Send the codeChallengeMethod that the code was made with.",
  InvalidSubjectToken:
    "Get a fresh subject token, from the issuer and for the audience that the federation policy names, and try again.",
  PolicyRefused: "Check federationPolicyId, and that the policy still exists.",
  ScopeRefused: "Leave scope out, or ask for one that the federation policy allows.",
  ValidationFailed: "OpenRouter refused a field of the request: correct it and send it again.",
  RateLimited: later,
  401: "The API key is missing, unknown, disabled or expired. Use another one (option apiKey, OPENROUTER_API_KEY).",
  403: "OpenRouter refused the account. Look at its settings on https://openrouter.ai/settings.",
  404: checkAddress,
  405: checkAddress,
  409: later
}

const refusedRequest = "See https://openrouter.ai/docs/api-reference/errors."

/** Returns a sentence that says what failed, and one that says what to do. `said` is scrubbed already. */
export const describe = (operation: Operation, status: number, reason: Reason, said: string | undefined): string =>
  `${operation} got status ${status}${said === undefined ? "" : `: "${said}"`}. ${
    remedies[reason] ?? remedies[status] ?? (status < 500 ? refusedRequest : tryAgain(operation))
  }`
