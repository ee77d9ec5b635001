/** What an answer, or the lack of one, means: a value or a typed error. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import {
  ConnectionFailed,
  ConnectionLost,
  MalformedResponse,
  type Operation,
  type StatusFields,
  UnexpectedStatus
} from "../OAuthError.js"
import { type Answer, textOf } from "./answer.js"
import { defined } from "./attribution.js"
import type { Endpoint } from "./endpoint.js"
import { describe, parseJson, readErrorBody, reasonOf } from "./errorBody.js"
import { failureOf } from "./failure.js"
import { retryAfterMillis } from "./headers.js"
import { issuesOf } from "./issues.js"
import { lookBetween, outcomeUnknown } from "./remedy.js"
import { cleaner, cleanJson } from "./text.js"
import { orUndefined } from "./url.js"

/** A request that got no answer, or not all of it. */
export const connectionError = (
  operation: Operation,
  host: string,
  cause: unknown,
  isSent = false
): ConnectionFailed | ConnectionLost => {
  const { code, notSent } = failureOf(cause)
  const peer = code === undefined ? host : `${host} (${code})`
  return notSent && !isSent
    ? new ConnectionFailed({
        operation,
        message: `${operation} could not connect to ${peer}: nothing was sent. Check the network, then try again.`
      })
    : new ConnectionLost({ operation, message: outcomeUnknown(operation, `lost its connection to ${peer}`) })
}

/** The value of a 200, or the error that another status, a redirect or an unreadable body is. */
export const outcomeOf = <A, E>(
  endpoint: Endpoint<A, E>,
  answer: Answer,
  host: string,
  secrets: ReadonlyArray<string | null | undefined>
): Effect.Effect<A, E | UnexpectedStatus | MalformedResponse | ConnectionFailed | ConnectionLost> => {
  const { operation } = endpoint
  const { failure, fault, status } = answer
  const malformed = (reason: MalformedResponse["reason"], what: string) =>
    new MalformedResponse({
      operation,
      status,
      reason,
      message: `${operation} got an answer that is ${what} (status ${status}). ${lookBetween}`
    })

  if (fault === "Redirect") return malformed(fault, "a redirect")
  if (status !== 200) {
    return Effect.clockWith((clock) => Effect.fail(refused(endpoint, answer, secrets, clock.unsafeCurrentTimeMillis())))
  }
  if (fault === "ContentType") return malformed(fault, "not JSON by its content type")
  if (fault) return malformed(fault, "larger than 64 KiB")
  if (failure !== undefined) {
    // zlib could not unpack it; everything else is a connection that broke within the body.
    return failureOf(failure).code?.startsWith("Z_")
      ? malformed("Encoding", "not decompressible")
      : connectionError(operation, host, failure, true)
  }
  const text = orUndefined(() => textOf(answer, true))
  if (text === undefined) return malformed("Encoding", "not valid UTF-8")
  const json = parseJson(text)
  if (json === undefined) return malformed("Json", "not valid JSON")
  return Either.mapLeft(endpoint.decode(json), (error) => {
    const fields = issuesOf(error).map(({ message, path }) => `${path || "body"} ${message}`)
    return malformed("Schema", `not as documented: ${fields.join(", ")}`)
  })
}

/** Any other status: always an error of that status, whatever its body is. */
const refused = <A, E>(
  { errors, operation }: Endpoint<A, E>,
  answer: Answer,
  secrets: ReadonlyArray<string | null | undefined>,
  now: number
): E | UnexpectedStatus => {
  const { header, status } = answer
  const text = textOf(answer, false)
  const body = readErrorBody(text)
  const scrub = cleaner(secrets.filter(Predicate.isString))
  const clean = <T>(value: T): T => cleanJson(value, scrub) as T
  const reason = reasonOf(operation, status, body)
  const millis = retryAfterMillis(header, now)
  const fields: StatusFields = defined({
    operation,
    status,
    message: describe(operation, status, reason, clean(body.message)),
    reason,
    metadata: clean(body.metadata),
    userId: clean(body.userId),
    requestId: clean(header("request-id") ?? header("x-generation-id") ?? header("cf-ray")),
    retryAfter: millis === undefined ? millis : Duration.millis(millis)
  })
  const Class = errors[status]
  return Class === undefined
    ? new UnexpectedStatus({ ...fields, ...(text && { body: clean(body.raw) }) })
    : new Class(fields as never)
}
