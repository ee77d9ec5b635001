/** Turns a 200 into its value. A redirect, which is never followed, is an error here. */
import * as Either from "effect/Either"
import { issuesOf } from "../internal/invalid.js"
import { orUndefined } from "../internal/orUndefined.js"
import { checkAddress, sentence } from "../internal/remedy.js"
import { type ConnectionFailed, type ConnectionLost, MalformedResponse, type Operation } from "../OAuthError.js"
import { connectionError, failureOf } from "./connection.js"
import type { Endpoint } from "./endpoint.js"
import { parseJson } from "./readErrorBody.js"
import type { Answer } from "./transport.js"

const descriptions = {
  Redirect: "a redirect",
  ContentType: "not JSON by its type",
  TooLarge: "over 64 KiB",
  Encoding: "not readable as UTF-8",
  Json: "not valid JSON"
}

const malformed = (
  operation: Operation,
  status: number,
  reason: MalformedResponse["reason"],
  description: string
): MalformedResponse =>
  new MalformedResponse({
    operation,
    status,
    reason,
    message: `${operation} got an answer that is ${description} (status ${status}). ${checkAddress}`
  })

/** Reads the value of a 200. A redirect is an answer that cannot be read. */
export const accepted = <A>(
  endpoint: Endpoint<A, unknown>,
  answer: Answer,
  host: string
): Either.Either<A, MalformedResponse | ConnectionFailed | ConnectionLost> => {
  const { operation } = endpoint
  const unreadable = (reason: keyof typeof descriptions) =>
    Either.left(malformed(operation, answer.status, reason, descriptions[reason]))

  if (answer.failure !== undefined) {
    // zlib could not unpack it; everything else is a connection that broke within the body.
    return failureOf(answer.failure).code?.startsWith("Z_")
      ? unreadable("Encoding")
      : Either.left(connectionError(operation, host, answer.failure, "answered"))
  }
  if (answer.fault !== undefined) return unreadable(answer.fault)
  const text = orUndefined(() => answer.text(true))
  if (text === undefined) return unreadable("Encoding")
  const json = parseJson(text)
  if (json === undefined) return unreadable("Json")
  return Either.mapLeft(endpoint.decode(json), (error) =>
    malformed(operation, answer.status, "Schema", `not as documented: ${sentence(issuesOf(error))}`)
  )
}
