/**
 * Everything that can go wrong, one tagged class each.
 *
 * Every error names the `operation` it comes from and has a `message` that says what failed and what to do. No error
 * holds a secret: not the API key, not the authorization code, not the verifier, also when the server echoes them.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import { outcomeUnknown, sentence } from "./internal/remedy.js"
import { millisOf, type Operation, StatusError, type StatusFields } from "./internal/statusError.js"

export type { Operation, Reason, StatusFields } from "./internal/statusError.js"

/**
 * One thing wrong with an input: the field, and what it must be. Never the value.
 *
 * @since 0.1.0
 * @category models
 */
export interface Issue {
  /** The field, dotted where it is nested: `callbackUrl`, `fetchOptions.redirect`. */
  readonly path: string
  readonly message: string
}

/**
 * 400: a field, the body, the code or its verifier was refused; `reason` tells which.
 *
 * @since 0.1.0
 * @category errors
 */
export class BadRequest extends StatusError<"BadRequest", 400>("BadRequest") {}

/**
 * 401: the API key is missing, unknown, disabled or expired.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unauthorized extends StatusError<"Unauthorized", 401>("Unauthorized") {}

/**
 * 403: the code, its verifier or the account was refused; `reason` tells which.
 *
 * @since 0.1.0
 * @category errors
 */
export class Forbidden extends StatusError<"Forbidden", 403>("Forbidden") {}

/**
 * 409: the request conflicts with another one.
 *
 * @since 0.1.0
 * @category errors
 */
export class Conflict extends StatusError<"Conflict", 409>("Conflict") {}

/**
 * 500: OpenRouter failed.
 *
 * @since 0.1.0
 * @category errors
 */
export class InternalServer extends StatusError<"InternalServer", 500>("InternalServer") {}

/**
 * Any status that OpenRouter's documentation does not list for the endpoint, a 429, a 502 and a 204 among them.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnexpectedStatus extends Data.TaggedError("UnexpectedStatus")<
  StatusFields & {
    /** The body, parsed where it was JSON, scrubbed of secrets, its texts cut to 500 characters. */
    readonly body?: unknown
  }
> {
  /** `retryAfter` in milliseconds. */
  get retryAfterMillis(): number | undefined {
    return millisOf(this.retryAfter)
  }
}

/**
 * An input is invalid. Nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidRequest extends Data.TaggedError("InvalidRequest")<{
  readonly operation: string
  readonly issues: ReadonlyArray<Issue>
  readonly message: string
}> {
  constructor(fields: { readonly operation: string; readonly issues: ReadonlyArray<Issue> }) {
    super({ ...fields, message: `${fields.operation} refused its input: ${sentence(fields.issues)}.` })
  }
}

/**
 * A URL that is not a callback of OpenRouter's. Nothing in it was used.
 *
 * @since 0.1.0
 * @category errors
 */
export class CallbackMalformed extends Data.TaggedError("CallbackMalformed")<{
  readonly operation: string
  readonly issues: ReadonlyArray<Issue>
  readonly message: string
}> {
  /** `operation` defaults to `parseCallback`. */
  constructor({
    issues,
    operation = "parseCallback"
  }: { readonly issues: ReadonlyArray<Issue>; readonly operation?: string }) {
    super({ operation, issues, message: `This is not a callback of OpenRouter's: ${sentence(issues)}.` })
  }
}

/**
 * The request was provably never sent (no such host, connection refused, TLS handshake failed): sending it again is safe.
 *
 * @since 0.1.0
 * @category errors
 */
export class ConnectionFailed extends Data.TaggedError("ConnectionFailed")<{
  readonly operation: Operation
  readonly message: string
}> {}

/**
 * The connection broke after the request may have left: OpenRouter may have processed it.
 *
 * @since 0.1.0
 * @category errors
 */
export class ConnectionLost extends Data.TaggedError("ConnectionLost")<{
  readonly operation: Operation
  readonly message: string
}> {}

/**
 * No whole answer within `timeout`: OpenRouter may have processed the request.
 *
 * @since 0.1.0
 * @category errors
 */
export class TimedOut extends Data.TaggedError("TimedOut")<{
  readonly operation: Operation
  readonly timeout: Duration.Duration
  readonly message: string
}> {
  constructor(fields: { readonly operation: Operation; readonly timeout: Duration.Duration }) {
    super({
      ...fields,
      message: outcomeUnknown(fields.operation, `got no whole answer within ${Duration.format(fields.timeout)}`)
    })
  }
}

/**
 * An answer that cannot be OpenRouter's: a redirect, or a 200 with something other than the documented JSON.
 *
 * @since 0.1.0
 * @category errors
 */
export class MalformedResponse extends Data.TaggedError("MalformedResponse")<{
  readonly operation: Operation
  readonly status: number
  readonly reason: "ContentType" | "Encoding" | "Json" | "Schema" | "TooLarge" | "Redirect"
  readonly message: string
}> {}

/**
 * The errors that every endpoint can fail with, beside those of its documented statuses.
 *
 * @since 0.1.0
 * @category models
 */
export type TransportError =
  | InvalidRequest
  | UnexpectedStatus
  | ConnectionFailed
  | ConnectionLost
  | TimedOut
  | MalformedResponse

/**
 * What `createAuthCode` fails with.
 *
 * @since 0.1.0
 * @category models
 */
export type CreateAuthCodeError = BadRequest | Unauthorized | Forbidden | Conflict | InternalServer | TransportError

/**
 * What `exchangeAuthCodeForAPIKey` fails with.
 *
 * @since 0.1.0
 * @category models
 */
export type ExchangeError = BadRequest | Forbidden | InternalServer | TransportError

/**
 * What `getCurrentKey` fails with.
 *
 * @since 0.1.0
 * @category models
 */
export type CurrentKeyError = Unauthorized | TransportError

/**
 * What `createOauthToken` fails with.
 *
 * @since 0.1.0
 * @category models
 */
export type CreateOauthTokenError = BadRequest | InternalServer | TransportError

/**
 * What `listOauthJwks` fails with.
 *
 * @since 0.1.0
 * @category models
 */
export type ListOauthJwksError = InternalServer | TransportError

/**
 * Every error of this module.
 *
 * @since 0.1.0
 * @category models
 */
export type OAuthError =
  | CreateAuthCodeError
  | ExchangeError
  | CurrentKeyError
  | CreateOauthTokenError
  | ListOauthJwksError
  | CallbackMalformed

const tags: ReadonlyArray<unknown> = [
  "BadRequest",
  "Unauthorized",
  "Forbidden",
  "Conflict",
  "InternalServer",
  "UnexpectedStatus",
  "InvalidRequest",
  "CallbackMalformed",
  "ConnectionFailed",
  "ConnectionLost",
  "TimedOut",
  "MalformedResponse"
] satisfies ReadonlyArray<OAuthError["_tag"]>

/**
 * Whether a value is an error of the endpoints: one of the union `OAuthError`.
 *
 * @example
 * ```ts
 * import { isOAuthError } from "effect-openrouter-oauth/OAuthError"
 *
 * const describe = (error: unknown): string => (isOAuthError(error) ? error.message : "Something else went wrong")
 * ```
 *
 * @since 0.1.0
 * @category guards
 */
export const isOAuthError = (u: unknown): u is OAuthError =>
  u instanceof Error && Predicate.hasProperty(u, "_tag") && "operation" in u && tags.includes(u._tag)

/**
 * Whether OpenRouter may have done what was asked although this error came back: after an exchange the code may be
 * used up, so start the sign-in again instead of sending the same code twice.
 *
 * True for `ConnectionLost`, `TimedOut`, `MalformedResponse`, and a 5XX of the exchange.
 *
 * @since 0.1.0
 * @category guards
 */
export const isOutcomeUnknown = (error: unknown): boolean => {
  if (!isOAuthError(error)) return false
  switch (error._tag) {
    case "ConnectionLost":
    case "TimedOut":
    case "MalformedResponse":
      return true
    case "InternalServer":
    case "UnexpectedStatus":
      return error.operation === "exchangeAuthCodeForAPIKey" && error.status >= 500
    default:
      return false
  }
}
