/** Reads what an error answer says, whatever its body looks like. */
import { fieldsOf } from "../internal/fieldsOf.js"
import { orUndefined } from "../internal/orUndefined.js"
import { cleanJson, strip } from "../internal/redact.js"

export interface ErrorBody {
  /** The server's words, stripped but not scrubbed: for reading their meaning, never for showing. */
  readonly said: string | undefined
  /** The same words, scrubbed and cut, for showing. Undefined if the body has no words that a person could read. */
  readonly message: string | undefined
  /** Whether the body is a validation error (a ZodError). */
  readonly validation: boolean
  /** The code of RFC 6749 or RFC 8693 (`invalid_grant`), where the body has that shape. */
  readonly oauthCode: string | undefined
  readonly metadata: unknown
  readonly userId: string | undefined
  /** The whole body, scrubbed: parsed where it was JSON. */
  readonly raw: unknown
}

export const parseJson = (text: string): unknown => orUndefined(() => JSON.parse(text))

const text = (u: unknown): string | undefined => (typeof u === "string" ? strip(u).trim() : "") || undefined

const isName = (u: unknown): boolean => typeof u === "string" || typeof u === "number"

const describeIssue = (issue: unknown): ReadonlyArray<string> => {
  const fields = fieldsOf(issue)
  const message = text(fields.message)
  if (message === undefined) return []
  const path = Array.isArray(fields.path) ? fields.path : [fields.path]
  return [path.length > 0 && path.every(isName) ? `${path.join(".")}: ${message}` : message]
}

/** A ZodError's message is a list of issues, as JSON text: `callback_url: Invalid url`. */
const readable = (said: string): string => {
  const issues = said.startsWith("[") ? parseJson(said) : undefined
  return (Array.isArray(issues) && text(issues.slice(0, 10).flatMap(describeIssue).join("; "))) || said
}

/** A page of the edge in front of OpenRouter; only its title is worth showing. */
const pageTitle = (html: string): string => /<title[^>]{0,99}>([^<]+)/i.exec(html)?.[1] ?? ""

/**
 * Reads OpenRouter's envelope, a ZodError, a plain string, RFC 6749's `error` and `error_description`, plain text,
 * an HTML page and an empty body. The meaning is read before anything is cleaned; only the shown fields are cleaned.
 */
export const readErrorBody = (body: string, clean: (text: string) => string): ErrorBody => {
  const json = parseJson(body)
  const { error, error_description, message, user_id } = fieldsOf(json)
  const { message: reported, metadata, name } = fieldsOf(error)
  const words = text(reported)
  const said =
    (words && readable(words)) ??
    text([text(error), text(error_description)].filter(Boolean).join(": ")) ??
    text(message) ??
    text(json !== undefined ? json : /^\s*</.test(body) ? pageTitle(body) : body)
  const userId = text(user_id)
  return {
    said,
    message: said && text(clean(said)),
    validation: name === "ZodError",
    oauthCode: text(error),
    metadata: cleanJson(metadata ?? undefined, clean),
    userId: userId && clean(userId),
    raw: json === null ? null : (cleanJson(json, clean) ?? clean(body))
  }
}
