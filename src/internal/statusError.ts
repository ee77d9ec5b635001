/** The fields and the class that the errors of statuses share. */
import type * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"

/**
 * The endpoints that are reached over HTTP.
 *
 * @since 0.1.0
 * @category models
 */
export type Operation =
  | "createAuthCode"
  | "exchangeAuthCodeForAPIKey"
  | "getCurrentKey"
  | "createOauthToken"
  | "listOauthJwks"

/**
 * Why the server refused, read from the status and the message together.
 *
 * - `InvalidGrant`: the code is unknown, used or not for this verifier. OpenRouter sends 403 or 400 for it.
 * - `CodeExpired`: the code is older than 10 minutes.
 * - `InvalidCodeChallengeMethod`: the method is unknown, or not the one the code was made with.
 * - `InvalidSubjectToken`: the subject token is expired, not signed by the policy's issuer, or not for its audience.
 * - `PolicyRefused`: there is no such federation policy, or it does not allow this. `ScopeRefused`: the scope is not allowed.
 * - `ValidationFailed`: a field was refused. `MalformedBody`: the body was not JSON. `RateLimited`: status 429.
 *
 * @since 0.1.0
 * @category models
 * @see https://openrouter.ai/docs/use-cases/oauth-pkce
 */
export type Reason =
  | "InvalidGrant"
  | "CodeExpired"
  | "InvalidCodeChallengeMethod"
  | "InvalidSubjectToken"
  | "PolicyRefused"
  | "ScopeRefused"
  | "ValidationFailed"
  | "MalformedBody"
  | "RateLimited"
  | "Other"

/**
 * The fields of an error that the server answered with.
 *
 * @since 0.1.0
 * @category models
 */
export interface StatusFields<Status extends number = number> {
  readonly operation: Operation
  readonly status: Status
  readonly message: string
  /** The server's own words, without invisible characters and secrets, at most 500 characters; `message` is a sentence around them. */
  readonly serverMessage?: string | undefined
  readonly reason: Reason
  /** The `metadata` of OpenRouter's error body, scrubbed of secrets. */
  readonly metadata?: unknown
  readonly userId?: string | undefined
  /** `request-id`, `x-generation-id` or `cf-ray`. Quote it to OpenRouter's support. */
  readonly requestId?: string | undefined
  /** How long the server asks to wait (`Retry-After`, `retry-after-ms`). Browsers cannot read it. */
  readonly retryAfter?: Duration.Duration | undefined
}

export const millisOf = (duration: Duration.Duration | undefined) => duration && Duration.toMillis(duration)

/** The class that the error of a status extends. Its type is written out, so that it has a name in the declarations. */
type StatusErrorClass<Tag extends string, Status extends number> = new (
  fields: StatusFields<Status>
) => Cause.YieldableError & StatusFields<Status> & { readonly _tag: Tag; readonly retryAfterMillis: number | undefined }

export const StatusError = <Tag extends string, Status extends number>(tag: Tag): StatusErrorClass<Tag, Status> =>
  class extends Data.TaggedError(tag)<StatusFields<Status>> {
    /** `retryAfter` in milliseconds. */
    get retryAfterMillis(): number | undefined {
      return millisOf(this.retryAfter)
    }
  }
