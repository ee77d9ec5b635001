/** What an answer, or the lack of one, means: a value or a typed error. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { defined } from "../internal/defined.js"
import { issuesOf } from "../internal/invalid.js"
import { orUndefined } from "../internal/orUndefined.js"
import { cleaner } from "../internal/redact.js"
import { lookBetween, outcomeUnknown, sentence } from "../internal/remedy.js"
import { ConnectionFailed, ConnectionLost, MalformedResponse, type Operation, UnexpectedStatus } from "../OAuthError.js"
import { failureOf } from "./connection.js"
import type { Endpoint } from "./endpoint.js"
import { retryAfter } from "./headers.js"
import { describe, parseJson, readErrorBody, reasonOf } from "./readErrorBody.js"
import type { Answer } from "./transport.js"

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
        message: `${operation} could not connect to ${peer}: nothing was sent. Check the network.`
      })
    : new ConnectionLost({ operation, message: outcomeUnknown(operation, `lost its connection to ${peer}`) })
}

/** The value of a 200, or the error that another status, a redirect or an unreadable body is. */
export const outcomeOf = <A, E>(
  endpoint: Endpoint<A, E>,
  answer: Answer,
  host: string,
  secrets: ReadonlyArray<string | undefined>
): Effect.Effect<A, E | UnexpectedStatus | MalformedResponse | ConnectionFailed | ConnectionLost> => {
  const { operation } = endpoint
  const { failure, status } = answer
  const malformed = (reason: MalformedResponse["reason"], what: string) =>
    new MalformedResponse({
      operation,
      status,
      reason,
      message: `${operation} got an answer that is ${what} (status ${status}). ${lookBetween}`
    })

  if (status !== 200 && answer.fault !== "Redirect") {
    return Effect.clockWith((clock) => Effect.fail(refused(endpoint, answer, secrets, clock.unsafeCurrentTimeMillis())))
  }
  // zlib could not unpack it; everything else is a connection that broke within the body.
  if (failure && !failureOf(failure).code?.startsWith("Z_")) return connectionError(operation, host, failure, true)
  const text = failure ? undefined : orUndefined(() => answer.text(true))
  const json = parseJson(text ?? "")
  const fault = answer.fault ?? (text === undefined ? "Encoding" : json === undefined ? "Json" : undefined)
  if (fault) return malformed(fault, faults[fault])
  return Either.mapLeft(endpoint.decode(json), (error) =>
    malformed("Schema", `not as documented: ${sentence(issuesOf(error))}`)
  )
}

const faults = {
  Redirect: "a redirect",
  ContentType: "not JSON by its type",
  TooLarge: "over 64 KiB",
  Encoding: "not readable as UTF-8",
  Json: "not valid JSON"
}

/** Any other status: always an error of that status, whatever its body is. */
const refused = <A, E>(
  { errors, operation }: Endpoint<A, E>,
  answer: Answer,
  secrets: ReadonlyArray<string | undefined>,
  now: number
): E | UnexpectedStatus => {
  const { header, status } = answer
  const clean = cleaner(secrets)
  const text = answer.text(false)
  const { message, metadata, raw, said, userId, validation } = readErrorBody(text, clean)
  const reason = reasonOf(operation, status, said, validation)
  const Class = errors[status]
  return new (Class ?? UnexpectedStatus)(
    defined({
      operation,
      status,
      message: describe(operation, status, reason, message),
      serverMessage: message,
      reason,
      metadata,
      userId,
      requestId: clean(header("request-id") ?? header("x-generation-id") ?? header("cf-ray") ?? "") || undefined,
      retryAfter: retryAfter(header, now),
      body: Class || text === "" ? undefined : raw
    }) as never
  )
}
