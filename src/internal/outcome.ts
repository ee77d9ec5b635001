/** What an answer, or the lack of one, means: a value or a typed error. */
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import {
  ConnectionFailed,
  ConnectionLost,
  MalformedResponse,
  type Operation,
  type StatusFields,
  UnexpectedStatus
} from "../OAuthError.js"
import { type Answer, isJson } from "./answer.js"
import type { Endpoint } from "./endpoint.js"
import { describe, parseJson, readErrorBody, reasonOf } from "./errorBody.js"
import { retryAfterMillis } from "./headers.js"
import { issuesOf } from "./issues.js"
import { cleaner, cleanJson } from "./text.js"
import { codeOf, provablyNotSent } from "./transport.js"

/** A request that got no answer, or not all of it. */
export const connectionError = (
  operation: Operation,
  host: string,
  error: HttpClientError
): ConnectionFailed | ConnectionLost => {
  const code = codeOf(error.cause)
  const detail = code === undefined ? "" : ` (${code})`
  const neverSent = error._tag === "RequestError" && (error.reason !== "Transport" || provablyNotSent(error.cause))
  return neverSent
    ? new ConnectionFailed({
        operation,
        message: `${operation} could not connect to ${host}${detail}, so nothing was sent. Check the network and the base URL, then try again.`
      })
    : new ConnectionLost({
        operation,
        message:
          `${operation} lost its connection to ${host}${detail}, so its outcome is unknown. ` +
          (operation === "exchangeAuthCodeForAPIKey"
            ? "The code may be used up: start the sign-in again."
            : "Check the network, then try again.")
      })
}

const malformed = (operation: Operation, status: number, reason: MalformedResponse["reason"], what: string) =>
  Effect.fail(
    new MalformedResponse({
      operation,
      status,
      reason,
      message:
        `The answer to ${operation} (status ${status}) ${what}. ` +
        "Check the base URL, and look for a proxy or a sign-in page of the network in between."
    })
  )

/** The value of a 200, or the error that another status, a redirect or an unreadable body is. */
export const outcomeOf = <A, E>(
  endpoint: Endpoint<A, E>,
  answer: Answer,
  host: string,
  secrets: ReadonlyArray<string>
): Effect.Effect<A, E | UnexpectedStatus | MalformedResponse | ConnectionFailed | ConnectionLost> => {
  const { status } = answer
  if (status === 200) return accepted(endpoint, answer, host)
  // A browser shows a redirect that was not followed as status 0.
  if (status < 200 || (status >= 300 && status < 400)) {
    return malformed(endpoint.operation, status, "Redirect", "is a redirect, which no code or key may follow")
  }
  return Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.fail(refused(endpoint, answer, secrets, now)))
}

const utf8 = new TextDecoder("utf-8", { fatal: true })
const anyUtf8 = new TextDecoder("utf-8")

const decodeText = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** A 200: JSON by its content type, within the cap, valid UTF-8, and what the schema says. */
const accepted = <A, E>(
  { decode, operation }: Endpoint<A, E>,
  { bytes, failure, headers, status, whole }: Answer,
  host: string
): Effect.Effect<A, ConnectionFailed | ConnectionLost | MalformedResponse> => {
  if (!isJson(headers)) return malformed(operation, status, "ContentType", "is not JSON by its content type")
  if (!whole) return malformed(operation, status, "TooLarge", "is larger than 64 KiB")
  if (failure !== undefined) {
    // zlib could not unpack it; everything else is a connection that broke within the body.
    return codeOf(failure.cause)?.startsWith("Z_")
      ? malformed(operation, status, "Encoding", "cannot be decompressed")
      : Effect.fail(connectionError(operation, host, failure))
  }
  const text = decodeText(bytes)
  if (text === undefined) return malformed(operation, status, "Encoding", "is not valid UTF-8")
  const json = parseJson(text)
  if (json === undefined) return malformed(operation, status, "Json", "is not valid JSON")
  const decoded = decode(json)
  if (Either.isRight(decoded)) return Effect.succeed(decoded.right)
  const fields = issuesOf(decoded.left).map(({ message, path }) => `${path || "the body"}: ${message}`)
  return malformed(operation, status, "Schema", `is not what OpenRouter documents (${fields.slice(0, 5).join("; ")})`)
}

/** Any other status: always an error of that status, whatever its body is. */
const refused = <A, E>(
  { errors, operation }: Endpoint<A, E>,
  { bytes, headers, status }: Answer,
  secrets: ReadonlyArray<string>,
  now: number
): E | UnexpectedStatus => {
  const body = readErrorBody(anyUtf8.decode(bytes))
  const clean = cleaner(secrets)
  const reason = reasonOf(operation, status, body)
  const requestId = headers["request-id"] ?? headers["x-generation-id"] ?? headers["cf-ray"]
  const millis = retryAfterMillis(headers, now)
  const fields: StatusFields = {
    operation,
    status,
    message: describe(operation, status, reason, body.message && clean(body.message)),
    reason,
    ...(body.metadata !== undefined && { metadata: cleanJson(body.metadata, clean) }),
    ...(body.userId !== undefined && { userId: clean(body.userId) }),
    ...(requestId !== undefined && { requestId: clean(requestId) }),
    ...(millis !== undefined && { retryAfter: Duration.millis(millis) })
  }
  const Class = errors[status]
  return Class === undefined
    ? new UnexpectedStatus({ ...fields, ...(bytes.length > 0 && { body: cleanJson(body.raw, clean) }) })
    : new Class(fields as never)
}
