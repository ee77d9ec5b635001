/**
 * A whole "Sign in with OpenRouter": begun here, consented to on OpenRouter's page, completed by its callback.
 *
 * Nothing in a callback is believed before it is tied to a sign-in that this program began, in the browser that began it
 * (RFC 9700, section 4.7): its attempt or state must be known, the browser binding must fit, and it must come to where it was
 * asked to. What fails one of these checks ends nothing: the sign-in stays pending.
 *
 * @since 0.1.0
 * @see https://openrouter.ai/docs/use-cases/oauth-pkce
 */

import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { type Callback, parseCallback } from "./AuthorizationUrl.js"
import { random, sameDigest, sha256 } from "./internal/digest.js"
import { parse } from "./internal/url.js"
import { OAuthClient } from "./OAuthClient.js"
import { CallbackMalformed, type ExchangeError, InvalidRequest } from "./OAuthError.js"
import { type PendingSignIn, PendingSignIns, type StoreError } from "./PendingSignIns.js"
import { Pkce } from "./Pkce.js"

/**
 * What `begin` takes. Without a `callbackUrl` it is headless: OpenRouter's page shows the code, for the user to copy.
 *
 * @since 0.1.0
 * @category models
 */
export interface BeginOptions {
  readonly callbackUrl?: string | URL | undefined
  /** The credit limit of the key, in US dollars. */
  readonly limit?: number | undefined
  /** The name of the key, at most 100 characters. */
  readonly keyLabel?: string | undefined
  readonly workspaceId?: string | undefined
  /** Locks the workspace; wins over `workspaceId`. */
  readonly requiredWorkspaceId?: string | undefined
  /** Where the app sends the user afterwards: a path of its own, such as `/settings`. Comes back with the key. */
  readonly returnTo?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SignInStarted {
  /** Where to send the user's browser. */
  readonly authorizationUrl: URL
  /** The name of this sign-in: it travels in the callback URL and as `state`. */
  readonly attempt: string
  /** For the browser that began, and for no URL: a cookie on a server, a variable in a process. */
  readonly browserBinding: Redacted.Redacted
  /** Ten minutes from its begin. */
  readonly expiresAt: DateTime.Utc
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SignedIn {
  /** The user's API key. */
  readonly key: Redacted.Redacted
  readonly userId: string | null
  readonly returnTo?: string | undefined
}

/**
 * The user did not consent. The sign-in is over.
 *
 * @since 0.1.0
 * @category errors
 */
export class AuthorizationDenied extends Data.TaggedError("AuthorizationDenied")<{
  readonly operation: "complete"
  /** OpenRouter's words, where it sent any. */
  readonly error?: string | undefined
  readonly description?: string | undefined
  readonly message: string
}> {}

/**
 * OpenRouter's page could not ask the user or give a code: nobody refused. The sign-in is over.
 *
 * @since 0.1.0
 * @category errors
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
 */
export class AuthorizationFailed extends Data.TaggedError("AuthorizationFailed")<{
  readonly operation: "complete"
  /** The error code that OpenRouter sent, such as `server_error`. */
  readonly error: string
  /** OpenRouter's words, where it sent any. */
  readonly description?: string | undefined
}> {
  override get message(): string {
    const words = this.description === undefined ? "" : `: "${this.description}"`
    return `OpenRouter could not complete the sign-in (${this.error}${words}). Wait a moment, then start it again.`
  }
}

/**
 * A sign-in that was never begun here, has expired or is completed already.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnknownAttempt extends Data.TaggedError("UnknownAttempt")<{
  readonly operation: "complete"
  readonly message: string
}> {}

/**
 * The callback is not of the sign-in that it names, or comes from another browser than the one that began it.
 *
 * @since 0.1.0
 * @category errors
 */
export class StateMismatch extends Data.TaggedError("StateMismatch")<{
  readonly operation: "complete"
  readonly message: string
}> {}

/**
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

/**
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly begin: (options: BeginOptions) => Effect.Effect<SignInStarted, InvalidRequest | StoreError>
  /** Takes the callback that came: a whole URL, or its path and query. */
  readonly complete: (
    callback: string | URL,
    options: { readonly browserBinding: Redacted.Redacted }
  ) => Effect.Effect<SignedIn, CompleteError>
  /** Takes a code that the user copied, of a headless sign-in or any other. */
  readonly completeWithCode: (
    attempt: string,
    code: Redacted.Redacted,
    options: { readonly browserBinding: Redacted.Redacted }
  ) => Effect.Effect<SignedIn, CompleteError>
}

/**
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
 * import * as SignIn from "effect-openrouter-oauth/SignIn"
 *
 * const begin = Effect.gen(function* () {
 *   const signIn = yield* SignIn.SignIn
 *   return yield* signIn.begin({ callbackUrl: "https://app.example/callback", returnTo: "/settings" })
 * })
 *
 * const SignInLive = SignIn.layer.pipe(Layer.provide([OAuthClient.layerFetch(), PendingSignIns.layerMemory]))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class SignIn extends Context.Tag("effect-openrouter-oauth/SignIn")<SignIn, Service>() {}

/** OpenRouter's codes live as long. */
const lifetime = Duration.minutes(10)

const ownParameters = ["code", "state", "error", "attempt"]

/** The callback URL with the attempt in its query: OpenRouter keeps what is there, and does not always echo `state`. */
const withAttempt = (callbackUrl: string | URL, attempt: string): Effect.Effect<URL, InvalidRequest> => {
  const url = parse(callbackUrl)
  const taken = ownParameters.filter((name) => url?.searchParams.has(name))
  if (url === undefined || taken.length > 0) {
    const message =
      url === undefined
        ? "must be an absolute URL, such as https://app.example/callback"
        : `must not have ${taken.join(", ")} in its query: a callback is read by them`
    return Effect.fail(new InvalidRequest({ operation: "begin", issues: [{ path: "callbackUrl", message }] }))
  }
  url.searchParams.set("attempt", attempt)
  return Effect.succeed(url)
}

/** A path of the app's own: `//host` and `/\host` are another site's. */
const isOwnPath = (path: unknown): boolean => typeof path === "string" && /^\/(?![/\\])[^\p{Cc}\\]*$/u.test(path)

const digestOf = (secret: string) => Effect.promise(() => sha256(secret))

const unknownAttempt = () =>
  new UnknownAttempt({
    operation: "complete",
    message:
      "No such sign-in is pending here: it has expired, is completed already, or was begun elsewhere. Start it again."
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<SignIn, never, OAuthClient | Pkce | PendingSignIns> = Layer.effect(
  SignIn,
  Effect.gen(function* () {
    const client = yield* OAuthClient
    const pkce = yield* Pkce
    const store = yield* PendingSignIns

    const begin: Service["begin"] = ({ callbackUrl, returnTo, ...rest }) =>
      Effect.gen(function* () {
        if (returnTo !== undefined && !isOwnPath(returnTo)) {
          const issue = { path: "returnTo", message: "must be a path of this app's own, such as /settings" }
          return yield* new InvalidRequest({ operation: "begin", issues: [issue] })
        }
        const attempt = random(16)
        const browserBinding = random(32)
        const callback = callbackUrl === undefined ? undefined : yield* withAttempt(callbackUrl, attempt)
        const { codeChallenge, codeChallengeMethod, codeVerifier } = yield* pkce.generate
        const authorizationUrl = yield* client.createAuthorizationUrl({
          ...rest,
          callbackUrl: callback,
          codeChallenge,
          codeChallengeMethod,
          state: callback && attempt
        })
        const expiresAt = (yield* Clock.currentTimeMillis) + Duration.toMillis(lifetime)
        const pending: PendingSignIn = {
          codeVerifier,
          bindingDigest: yield* digestOf(browserBinding),
          callbackUrl: callback?.href ?? null,
          returnTo: returnTo ?? null,
          expiresAt
        }
        yield* store.put(yield* digestOf(attempt), pending, lifetime)
        return {
          authorizationUrl,
          attempt,
          browserBinding: Redacted.make(browserBinding),
          expiresAt: DateTime.unsafeMake(expiresAt)
        }
      })

    /** The pending sign-in of an attempt, in the browser that began it. */
    const look = (key: string, browserBinding: Redacted.Redacted) =>
      Effect.gen(function* () {
        const pending = yield* Effect.flatMap(store.get(key), Effect.mapError(unknownAttempt))
        if (pending.expiresAt <= (yield* Clock.currentTimeMillis)) return yield* unknownAttempt()
        if (!sameDigest(yield* digestOf(Redacted.value(browserBinding)), pending.bindingDigest)) {
          return yield* new StateMismatch({
            operation: "complete",
            message: "This sign-in was begun in another browser. Start it again in this one."
          })
        }
        return pending
      })

    /** Takes the sign-in, so that its code is exchanged once, and puts it back where the exchange provably never left. */
    const exchange = (key: string, code: Redacted.Redacted) =>
      Effect.gen(function* () {
        const pending = yield* Effect.flatMap(store.take(key), Effect.mapError(unknownAttempt))
        const { codeVerifier, expiresAt, returnTo } = pending
        const { key: apiKey, userId } = yield* client
          .exchangeAuthCodeForAPIKey({ code, codeVerifier, codeChallengeMethod: "S256" })
          .pipe(
            Effect.tapError(({ _tag }) =>
              _tag === "ConnectionFailed" || _tag === "InvalidRequest"
                ? Effect.flatMap(Clock.currentTimeMillis, (now) =>
                    Effect.ignore(store.put(key, pending, Duration.millis(expiresAt - now)))
                  )
                : Effect.void
            )
          )
        return { key: apiKey, userId, ...(returnTo !== null && { returnTo }) }
      })

    return SignIn.of({
      begin,

      complete: (callback, { browserBinding }) =>
        Effect.gen(function* () {
          const parsed = yield* parseCallback(callback)
          const key = yield* attemptKey(parsed)
          const pending = yield* look(key, browserBinding)
          yield* checkTarget(callback, pending)
          if (parsed._tag === "Granted") return yield* exchange(key, parsed.code)
          yield* Effect.flatMap(store.take(key), Effect.mapError(unknownAttempt))
          const { description, error } = parsed
          if (parsed._tag === "Failed") {
            return yield* new AuthorizationFailed({ operation: "complete", error: parsed.error, description })
          }
          return yield* new AuthorizationDenied({
            operation: "complete",
            ...(error !== undefined && { error }),
            ...(description !== undefined && { description }),
            message: `OpenRouter was not allowed to give a key${description === undefined ? "" : ` ("${description}")`}. Start the sign-in again to be asked anew.`
          })
        }),

      completeWithCode: (attempt, code, { browserBinding }) =>
        Effect.gen(function* () {
          const key = yield* digestOf(attempt)
          yield* look(key, browserBinding)
          return yield* exchange(key, code)
        })
    })
  })
)

/** The store's key of the sign-in that a callback names: by `attempt`, by `state`, or by both where they agree. */
const attemptKey = ({ attempt, state }: Callback): Effect.Effect<string, UnknownAttempt | StateMismatch> =>
  Effect.gen(function* () {
    const named = attempt ?? state
    if (named === undefined) return yield* unknownAttempt()
    const key = yield* digestOf(named)
    if (attempt !== undefined && state !== undefined && !sameDigest(yield* digestOf(state), key)) {
      return yield* new StateMismatch({
        operation: "complete",
        message: "The callback's state is not that of its sign-in. Start the sign-in again."
      })
    }
    return key
  })

/** Where a callback carries an origin, it must have come to where it was asked to. */
const checkTarget = (
  callback: string | URL,
  { callbackUrl }: PendingSignIn
): Effect.Effect<void, CallbackMalformed> => {
  const came = parse(callback)
  const asked = parse(callbackUrl)
  return came === undefined || (asked !== undefined && targetOf(came) === targetOf(asked))
    ? Effect.void
    : Effect.fail(
        new CallbackMalformed({
          issues: [{ path: "callback", message: "did not come to the callback URL of its sign-in" }]
        })
      )
}

const targetOf = ({ host, pathname, protocol }: URL): string => `${protocol}//${host}${pathname}`
