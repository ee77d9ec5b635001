/** What an error answer says, whatever its body looks like, and the sentence it becomes. */
import type { Operation, Reason } from "../OAuthError.js"
import { later, lookBetween, tryAgain } from "./remedy.js"
import { parseClean } from "./text.js"
import { orUndefined } from "./url.js"

export interface ErrorBody {
  /** What the server says; undefined where it says nothing that a person could read. */
  readonly message: string | undefined
  /** Whether the body is a validation error (a ZodError). */
  readonly validation: boolean
  readonly metadata: unknown
  readonly userId: string | undefined
  /** The whole body: parsed where it was JSON. */
  readonly raw: unknown
}

export const parseJson = (text: string): unknown => orUndefined(() => JSON.parse(text))

/** The fields of a JSON value; none where it is not an object. */
const fieldsOf = (json: unknown): Record<string, unknown> => Object(json)

const text = (u: unknown): string | undefined => (typeof u === "string" && u.trim()) || undefined

/** A ZodError's message is a list of issues, as JSON text: `callback_url: Invalid url`. */
const readable = (said: string): string =>
  (said.startsWith("[")
    ? orUndefined(() =>
        text(
          JSON.parse(said)
            .slice(0, 10)
            .flatMap((issue: unknown) => {
              const { message, path } = fieldsOf(issue)
              return text(message) ? [[path].flat().join("."), message].filter(Boolean).join(": ") : []
            })
            .join("; ")
        )
      )
    : undefined) ?? said

/** A page of the edge in front of OpenRouter; only its title is worth showing. */
const pageTitle = (html: string): string => /<title[^>]{0,99}>([^<]+)/i.exec(html)?.[1] ?? ""

/**
 * Understands OpenRouter's envelope, a ZodError, a plain string, RFC 6749's `error` and `error_description`, plain text,
 * an HTML page and nothing at all.
 */
export const readErrorBody = (body: string, clean: (text: string) => string): ErrorBody => {
  const json = parseClean(body, (said) => clean(readable(said)))
  const { error, error_description, message, user_id } = fieldsOf(json)
  const { message: reported, metadata, name } = fieldsOf(error)
  const raw = json ?? clean(body)
  return {
    message:
      text(reported) ??
      text([text(error), text(error_description)].filter(Boolean).join(": ")) ??
      text(message) ??
      text(json !== undefined ? json : /^\s*</.test(body) ? clean(pageTitle(body)) : raw),
    validation: name === "ZodError",
    metadata: metadata ?? undefined,
    userId: text(user_id),
    raw
  }
}

/** Status and message together: OpenRouter's documents say 403 for a code that its servers answer with 400. */
export const reasonOf = (operation: Operation, status: number, message = "", validation: boolean): Reason => {
  if (status === 429) return "RateLimited"
  if (status >= 500) return "Other"
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

const signInAgain = "Start the sign-in again: a code works once, for 10 minutes."

const remedies: Partial<Record<Reason | number, string>> = {
  InvalidGrant: signInAgain,
  CodeExpired: signInAgain,
  InvalidCodeChallengeMethod: "Use the code's own method.",
  ValidationFailed: "Correct the fields.",
  RateLimited: later,
  401: "Check the API key.",
  403: "Check the account.",
  409: later
}

/** One sentence that says what failed, and one that says what to do. `said` is clean. */
export const describe = (operation: Operation, status: number, reason: Reason, said: string | undefined): string =>
  `${operation} got status ${status}${said === undefined ? "" : `: "${said}"`}. ${
    remedies[reason] ?? remedies[status] ?? (status < 500 ? lookBetween : tryAgain(operation))
  }`
