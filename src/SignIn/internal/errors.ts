/** The errors of a sign-in that was not completed. */
import * as Data from "effect/Data"
import type { CallbackMalformed, ExchangeError } from "../../OAuthError.js"
import type { StoreError } from "../../PendingSignIns.js"

/** The functions that complete a sign-in. */
export type Completing = "complete" | "completeWithCode"

/**
 * The user did not consent. The sign-in is over.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as SignIn from "effect-openrouter-oauth/SignIn"
 *
 * declare const completed: Effect.Effect<SignIn.SignedIn, SignIn.CompleteError>
 *
 * const answered = Effect.catchTag(completed, "AuthorizationDenied", () => Effect.succeed("Not connected"))
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class AuthorizationDenied extends Data.TaggedError("AuthorizationDenied")<{
  readonly operation: "complete"
  /** `access_denied`, if OpenRouter sent it. */
  readonly error?: string | undefined
  /** OpenRouter's words, if it sent any. */
  readonly description?: string | undefined
}> {
  override get message(): string {
    const words = this.description === undefined ? "" : ` ("${this.description}")`
    return `The user did not allow OpenRouter to give a key${words}. Start the sign-in again to ask once more.`
  }
}

/**
 * OpenRouter's page failed before the user could decide, or could not give a code. The sign-in is over.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as SignIn from "effect-openrouter-oauth/SignIn"
 *
 * declare const completed: Effect.Effect<SignIn.SignedIn, SignIn.CompleteError>
 *
 * const answered = Effect.catchTag(completed, "AuthorizationFailed", ({ error }) => Effect.succeed(`Try again later (${error})`))
 * ```
 *
 * @since 0.1.0
 * @category errors
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
 */
export class AuthorizationFailed extends Data.TaggedError("AuthorizationFailed")<{
  readonly operation: "complete"
  /** The error code that OpenRouter sent, such as `server_error`. */
  readonly error: string
  /** OpenRouter's words, if it sent any. */
  readonly description?: string | undefined
}> {
  override get message(): string {
    const words = this.description === undefined ? "" : `: "${this.description}"`
    return `OpenRouter could not complete the sign-in (${this.error}${words}). Wait a moment, then start it again.`
  }
}

/**
 * The sign-in was never begun here, has expired, or is completed already.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as SignIn from "effect-openrouter-oauth/SignIn"
 *
 * declare const completed: Effect.Effect<SignIn.SignedIn, SignIn.CompleteError>
 *
 * const answered = Effect.catchTag(completed, "UnknownAttempt", () => Effect.succeed("Sign in again"))
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class UnknownAttempt extends Data.TaggedError("UnknownAttempt")<{
  readonly operation: Completing
}> {
  override get message(): string {
    return "No such sign-in is pending: it has expired, is completed already, or was begun elsewhere. Start it again."
  }
}

const mismatches = {
  State: "The state in the callback is not the one of its sign-in. Start the sign-in again.",
  Browser: "This sign-in was begun in another browser. Start it again in this one.",
  Subject: "Another user of this app began this sign-in. Start it again as the one who is signed in."
}

/**
 * The callback does not belong to the sign-in that it names, or another browser or another subject began it. The sign-in stays
 * pending.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as SignIn from "effect-openrouter-oauth/SignIn"
 *
 * declare const completed: Effect.Effect<SignIn.SignedIn, SignIn.CompleteError>
 *
 * const answered = Effect.catchTag(completed, "StateMismatch", ({ reason }) => Effect.succeed(`Refused: ${reason}`))
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class StateMismatch extends Data.TaggedError("StateMismatch")<{
  readonly operation: Completing
  /** What differs: `state` from the attempt, the browser, or the `subject`. */
  readonly reason: "State" | "Browser" | "Subject"
}> {
  override get message(): string {
    return mismatches[this.reason]
  }
}

/**
 * Errors of `complete` and `completeWithCode`.
 *
 * @since 0.1.0
 * @category errors
 */
export type CompleteError =
  | ExchangeError
  | AuthorizationDenied
  | AuthorizationFailed
  | UnknownAttempt
  | StateMismatch
  | CallbackMalformed
  | StoreError
