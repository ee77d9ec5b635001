/** The error bodies of OpenRouter, and of the servers in front of it. */
import { escapeHtml } from "../../internal/html.js"
import * as Reply from "./Reply.js"

/**
 * The shape of an error body.
 *
 * - `standard`: OpenRouter's envelope.
 * - `zod`: the failure of a validation library, with its issues as JSON inside a string.
 * - `text`: plain text. `html`: a page, as a content delivery network sends it.
 * - `string`: `{"error":"…"}`. `oauth`: `error` and `error_description` of RFC 6749, section 5.2.
 * - `empty`: nothing.
 *
 * @since 0.1.0
 * @category faults
 */
export type ErrorShape = "standard" | "zod" | "text" | "html" | "string" | "oauth" | "empty"

/**
 * The shapes of error bodies that a `Fault` can answer with.
 *
 * @example
 * ```ts
 * import * as Sandbox from "effect-openrouter-oauth/Sandbox"
 *
 * const sandbox = Sandbox.toWebHandler()
 * // Every shape once, one request after the other.
 * sandbox.addFault(...Sandbox.errorShapes.map((body) => ({ operation: "getCurrentKey", status: 502, body }) as const))
 * ```
 *
 * @since 0.1.0
 * @category faults
 */
export const errorShapes: ReadonlyArray<ErrorShape> = ["standard", "zod", "text", "html", "string", "oauth", "empty"]

export interface FieldIssue {
  readonly path: ReadonlyArray<string>
  readonly message: string
}

export const zodError = (status: number, issues: ReadonlyArray<FieldIssue>): Reply.Reply =>
  Reply.json(status, {
    success: false,
    error: {
      name: "ZodError",
      message: JSON.stringify(
        issues.map(({ message, path }) => ({ code: "custom", path, message })),
        null,
        2
      )
    }
  })

export const standardError = (
  status: number,
  message: string,
  headers?: Readonly<Record<string, string>> | undefined
): Reply.Reply => Reply.json(status, { error: { code: status, message, metadata: null }, user_id: null }, headers)

/** The headers of every answer with or about a token (RFC 6749, section 5.1). */
export const noStore = { "cache-control": "no-store", pragma: "no-cache" }

/** An error of RFC 6749, section 5.2, as `POST /oauth/token` has it. */
export const oauthError = (status: number, error: string, description: string): Reply.Reply =>
  Reply.json(status, { error, error_description: description }, noStore)

/** Returns the error code of RFC 6749 for a status. */
const oauthWord = (status: number): string => {
  if (status === 401) return "invalid_client"
  if (status === 413 || status === 429) return "invalid_request"
  if (status === 503) return "temporarily_unavailable"
  return status >= 500 ? "server_error" : "invalid_grant"
}

export const htmlError = (status: number, message: string): Reply.Reply => {
  const text = escapeHtml(message)
  return Reply.make(
    status,
    "text/html; charset=utf-8",
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${text}</title></head><body><h1>${text}</h1></body></html>`
  )
}

export const errorBody = (shape: ErrorShape, status: number, message: string): Reply.Reply => {
  switch (shape) {
    case "standard":
      return standardError(status, message)
    case "zod":
      return zodError(status, [{ path: [], message }])
    case "text":
      return Reply.make(status, "text/plain; charset=utf-8", message)
    case "html":
      return htmlError(status, message)
    case "string":
      return Reply.json(status, { error: message })
    case "oauth":
      return oauthError(status, oauthWord(status), message)
    case "empty":
      return Reply.empty(status)
  }
}
