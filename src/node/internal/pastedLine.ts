/** A line that the user pasted: a callback URL, its query, or only the code. */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import { parseCallback } from "../../AuthorizationUrl.js"
import { InvalidRequest } from "../../OAuthError.js"
import type { CompleteError, SignedIn } from "../../SignIn.js"

const refused = (message: string) => new InvalidRequest({ operation: "signIn", issues: [{ path: "pasted", message }] })

/** The two ways to complete the sign-in. */
export interface Completion {
  readonly complete: (callback: string) => Effect.Effect<SignedIn, CompleteError>
  readonly completeWithCode: (code: Redacted.Redacted) => Effect.Effect<SignedIn, CompleteError>
}

/** Completes the sign-in with the line. Refuses a line that is neither a code nor an address, before anything is sent. */
export const complete = (flow: Completion, line: string): Effect.Effect<SignedIn, CompleteError> => {
  const text = line.trim()
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return flow.complete(text)
  const query = text.replace(/^[/?]*(?:callback\?)?/, "")
  if (/(?:^|&)(?:code|error|state|attempt)=/.test(query)) return flow.complete(`/callback?${query}`)
  if (/sk-or-/i.test(text)) return Effect.fail(refused("is an API key, not a code"))
  // Codes are one word.
  if (!/^[\x21-\x7e]+$/.test(text)) return Effect.fail(refused("must be a code or an address"))
  return flow.completeWithCode(Redacted.make(text))
}

/** Whether a callback brings the code of this sign-in. */
export const grants = (callback: string, attempt: string): boolean => {
  const parsed = Either.getOrUndefined(parseCallback(callback))
  return (
    parsed?._tag === "Granted" &&
    (parsed.attempt ?? attempt) === attempt &&
    (parsed.state ?? attempt) === attempt &&
    (parsed.attempt ?? parsed.state) !== undefined
  )
}

/** Errors of callbacks that do not belong to this sign-in. It goes on waiting for the right one. */
const strangers = ["CallbackMalformed", "StateMismatch", "UnknownAttempt", "InvalidRequest"]

type Failed = Exit.Failure<SignedIn, CompleteError> & { readonly cause: Cause.Fail<CompleteError> }

/** Whether the sign-in goes on after a callback. */
export const isStranger = (exit: Exit.Exit<SignedIn, CompleteError>): exit is Failed =>
  Exit.isFailure(exit) && exit.cause._tag === "Fail" && strangers.includes(exit.cause.error._tag)

/** Whether the sign-in goes on after a pasted line. It also goes on if the server refused the code. */
export const isRefused = (exit: Exit.Exit<SignedIn, CompleteError>): exit is Failed =>
  isStranger(exit) || (Exit.isFailure(exit) && exit.cause._tag === "Fail" && isRefusedCode(exit.cause.error))

const isRefusedCode = (error: CompleteError): boolean => "reason" in error && error.reason === "InvalidGrant"

/** Says what is wrong with a line, and what to paste. The errors' own messages say to start again, which is wrong here. */
export const refusal = (error: CompleteError, mode: "loopback" | "headless"): string => {
  const remedy =
    mode === "headless"
      ? "the code that the page shows"
      : "the whole address that your browser ended up at, or the code in it"
  return `${fault(error)}, and it changed nothing. Paste ${remedy}.`
}

const fault = (error: CompleteError): string => {
  switch (error._tag) {
    case "InvalidRequest":
      return error.issues.some(({ message }) => message.includes("API key"))
        ? "This is an API key, not a code"
        : "This is not a code"
    case "CallbackMalformed": {
      const issues = error.issues.map(({ message, path }) => `${path} ${message}`.trim())
      return `This is not the address of this sign-in (${issues.join("; ")})`
    }
    case "StateMismatch":
    case "UnknownAttempt":
      return "This is not the address of this sign-in"
    default:
      return "OpenRouter does not know this code"
  }
}
