/** Turns every other status than 200 into the error of that status, whatever the body is. */
import { defined } from "../internal/defined.js"
import { cleaner } from "../internal/redact.js"
import { UnexpectedStatus } from "../OAuthError.js"
import type { Endpoint, Refusal } from "./endpoint.js"
import { retryAfter } from "./headers.js"
import { readErrorBody } from "./readErrorBody.js"
import { describe, reasonOf } from "./reason.js"
import type { Answer } from "./transport.js"

/** Returns the endpoint's error of a documented status, and `UnexpectedStatus` of any other. `now` is in milliseconds. */
export const refused = <E>(
  { errors, operation }: Endpoint<unknown, E>,
  answer: Answer,
  secrets: ReadonlyArray<string | undefined>,
  now: number
): E | UnexpectedStatus => {
  const { header, status } = answer
  const clean = cleaner(secrets)
  const text = answer.text(false)
  const body = readErrorBody(text, clean)
  const reason = reasonOf(operation, status, body)
  const refusal: Refusal = defined({
    operation,
    message: describe(operation, status, reason, body.message),
    serverMessage: body.message,
    reason,
    metadata: body.metadata,
    userId: body.userId,
    requestId: clean(header("request-id") ?? header("x-generation-id") ?? header("cf-ray") ?? "") || undefined,
    retryAfter: retryAfter(header, now)
  })
  const documented = errors[status]
  if (documented !== undefined) return documented(refusal)
  return new UnexpectedStatus(defined({ ...refusal, status, body: text === "" ? undefined : body.raw }))
}
