/** The inputs and outputs of `SignIn`. */
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Callback } from "../../AuthorizationUrl.js"
import type { InvalidRequest } from "../../OAuthError.js"
import type { StoreError } from "../../PendingSignIns.js"
import type { CompleteError } from "./errors.js"

/**
 * Options of `begin`. Without a `callbackUrl` the sign-in is headless: OpenRouter's page shows the code, and the user copies it.
 *
 * @since 0.1.0
 * @category models
 */
export interface BeginOptions {
  /** The URL that OpenRouter sends the browser to with the code. Must be https, or http on localhost, 127.0.0.1 or [::1], or an app's own scheme. */
  readonly callbackUrl?: string | URL | undefined
  /** The credit limit of the key, in US dollars. */
  readonly limit?: number | undefined
  /** The name of the key, at most 100 characters. */
  readonly keyLabel?: string | undefined
  /** The workspace that the key is for; the user may choose another one. */
  readonly workspaceId?: string | undefined
  /** The workspace that the key is for; the user cannot choose another one. Wins over `workspaceId`. */
  readonly requiredWorkspaceId?: string | undefined
  /** The path of the app that the user goes to afterwards, such as `/settings`, of at most 2,048 characters. Comes back with the key. */
  readonly returnTo?: string | undefined
  /**
   * The user of the app who connects an OpenRouter account: an id of the app's own, of 1 to 256 characters. Only the same subject can
   * complete the sign-in. It stays in the store and is not sent to OpenRouter.
   */
  readonly subject?: string | undefined
}

/**
 * Options of `complete` and `completeWithCode`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CompleteOptions {
  /** The binding that `begin` gave to the browser from which the callback came. */
  readonly browserBinding: Redacted.Redacted
  /** The user of the app who is signed in now. Must be the `subject` of `begin`, or absent as there. */
  readonly subject?: string | undefined
}

/**
 * A sign-in that waits for its callback.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignInStarted {
  /** OpenRouter's consent page: send the user's browser there. */
  readonly authorizationUrl: URL
  /** The name of this sign-in. It travels in the callback URL and as `state`. */
  readonly attempt: string
  /** A secret for the browser that began: a cookie on a server, a variable in a process. It must not stand in a URL. */
  readonly browserBinding: Redacted.Redacted
  /** Ten minutes after `begin`. */
  readonly expiresAt: DateTime.Utc
}

/**
 * A completed sign-in.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedIn {
  /** The user's API key. */
  readonly key: Redacted.Redacted
  /** The user's id at OpenRouter, if OpenRouter sent one. */
  readonly userId: string | null
  /** The `returnTo` of `begin`. */
  readonly returnTo?: string | undefined
  /** The `subject` of `begin`. */
  readonly subject?: string | undefined
}

/**
 * The operations of `SignIn`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Begins a sign-in. Sends nothing to OpenRouter: the browser goes to `authorizationUrl`. */
  readonly begin: (options: BeginOptions) => Effect.Effect<SignInStarted, InvalidRequest | StoreError>
  /**
   * Completes a sign-in by its callback: a whole URL, its path and query, or the result of `parseCallback`. A parsed callback has no
   * address, so its address is not compared with the callback URL of the sign-in.
   *
   * An interruption leaves the sign-in pending until it is taken from the store, just before the exchange. From then on the sign-in is
   * over, because its code may have been sent: begin again.
   */
  readonly complete: (
    callback: string | URL | Callback,
    options: CompleteOptions
  ) => Effect.Effect<SignedIn, CompleteError>
  /**
   * Completes a sign-in by a code that the user copied, headless or not. If OpenRouter refuses the code (`InvalidGrant`), it may have
   * been mistyped: the sign-in stays pending for another one.
   */
  readonly completeWithCode: (
    attempt: string,
    code: Redacted.Redacted,
    options: CompleteOptions
  ) => Effect.Effect<SignedIn, CompleteError>
}
