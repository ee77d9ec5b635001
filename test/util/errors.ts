/** One of every error. */
import * as Duration from "effect/Duration"
import * as OAuthError from "effect-openrouter-oauth/OAuthError"

export const operations = [
  "createAuthCode",
  "exchangeAuthCodeForAPIKey",
  "getCurrentKey",
  "createOauthToken",
  "listOauthJwks"
] as const

const fields = <Status extends number>(operation: OAuthError.Operation, status: Status) => ({
  operation,
  status,
  message: `${operation} got status ${status}.`,
  reason: "Other" as const
})

export const unexpected = (operation: OAuthError.Operation, status: number) =>
  new OAuthError.UnexpectedStatus(fields(operation, status))

export const errorsOf = (operation: OAuthError.Operation) => ({
  BadRequest: new OAuthError.BadRequest(fields(operation, 400)),
  Unauthorized: new OAuthError.Unauthorized(fields(operation, 401)),
  Forbidden: new OAuthError.Forbidden(fields(operation, 403)),
  Conflict: new OAuthError.Conflict(fields(operation, 409)),
  InternalServer: new OAuthError.InternalServer(fields(operation, 500)),
  UnexpectedStatus: unexpected(operation, 418),
  InvalidRequest: new OAuthError.InvalidRequest({
    operation,
    issues: [{ path: "limit", message: "must be a number" }]
  }),
  CallbackMalformed: new OAuthError.CallbackMalformed({ issues: [{ path: "", message: "it is not a URL" }] }),
  ConnectionFailed: new OAuthError.ConnectionFailed({ operation, message: `${operation} could not connect.` }),
  ConnectionLost: new OAuthError.ConnectionLost({ operation, message: `${operation} lost its connection.` }),
  TimedOut: new OAuthError.TimedOut({ operation, timeout: Duration.seconds(30) }),
  MalformedResponse: new OAuthError.MalformedResponse({
    operation,
    status: 200,
    reason: "Json",
    message: `The answer to ${operation} is not valid JSON.`
  })
})
