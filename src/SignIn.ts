/**
 * "Sign in with OpenRouter", whole: `begin` makes the address of OpenRouter's consent page, `complete` turns its callback into a key.
 *
 * Nothing in a callback is believed before it is tied to a sign-in that this program began, in the browser that began it
 * (RFC 9700, section 4.7): its attempt or state must be known, the browser binding must fit, the subject must be the same, and it
 * must have come to the callback URL of its sign-in. A callback that fails one of these checks ends nothing: the sign-in stays
 * pending.
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
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { type Callback, parseCallback } from "./AuthorizationUrl.js"
import { random, sameDigest, sha256 } from "./internal/secret.js"
import { parse } from "./internal/url.js"
import { OAuthClient } from "./OAuthClient.js"
import { CallbackMalformed, type ExchangeError, InvalidRequest, type Issue } from "./OAuthError.js"
import { malformed } from "./PendingSignIns/internal/words.js"
import { type PendingSignIn, PendingSignIns, StoreError } from "./PendingSignIns.js"
import { Pkce } from "./Pkce.js"

/**
 * Options of `begin`. Without a `callbackUrl` the sign-in is headless: OpenRouter's page shows the code, and the user copies it.
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
  /** Where the app sends the user afterwards: a path of its own, such as `/settings`, of at most 2,048 characters. Comes back with the key. */
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
  /** Where to send the user's browser. */
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
 * The callback does not belong to the sign-in that it names, or another browser or another subject began it. The sign-in stays
 * pending.
 *
 * @since 0.1.0
 * @category errors
 */
export class StateMismatch extends Data.TaggedError("StateMismatch")<{
  readonly operation: "complete"
  /** What differs: `state` from the attempt, the browser, or the `subject`. */
  readonly reason: "State" | "Browser" | "Subject"
  readonly message: string
}> {}

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
   * Completes a sign-in by its callback: a whole URL, its path and query, or what `parseCallback` gave. A parsed callback carries no
   * address, so that one is not compared with the callback URL of the sign-in.
   */
  readonly complete: (
    callback: string | URL | Callback,
    options: CompleteOptions
  ) => Effect.Effect<SignedIn, CompleteError>
  /**
   * Completes a sign-in by a code that the user copied, headless or not. A code that OpenRouter refuses (`InvalidGrant`) may be a
   * slip of the keyboard: the sign-in stays pending for another one.
   */
  readonly completeWithCode: (
    attempt: string,
    code: Redacted.Redacted,
    options: CompleteOptions
  ) => Effect.Effect<SignedIn, CompleteError>
}

/**
 * The service that signs users in.
 *
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

const maxReturnTo = 2048

const maxSubject = 256

/** A path of the app's own: `//host` and `/\\host` are another site's. */
const isOwnPath = (path: unknown): boolean =>
  typeof path === "string" && path.length <= maxReturnTo && /^\/(?![/\\])[^\p{Cc}\\]*$/u.test(path)

const isSubject = (subject: unknown): boolean =>
  typeof subject === "string" && subject.length > 0 && subject.length <= maxSubject

const refuseBegin = (issues: ReadonlyArray<Issue>): Effect.Effect<void, InvalidRequest> =>
  issues.length === 0 ? Effect.void : Effect.fail(new InvalidRequest({ operation: "begin", issues }))

/** Plain JavaScript can pass anything: what is no binding is refused before the store is asked. */
const bindingOf = (operation: string, options: unknown): Effect.Effect<string, InvalidRequest> => {
  const binding = Predicate.hasProperty(options, "browserBinding") ? options.browserBinding : undefined
  const text = Redacted.isRedacted(binding) ? Redacted.value(binding) : undefined
  if (typeof text === "string") return Effect.succeed(text)
  const message =
    binding === undefined
      ? "is missing: pass the one that begin gave to this browser"
      : "must be Redacted: wrap the text with Redacted.make"
  return Effect.fail(new InvalidRequest({ operation, issues: [{ path: "browserBinding", message }] }))
}

const isParsed = (callback: string | URL | Callback): callback is Callback => Predicate.hasProperty(callback, "_tag")

const digestOf = (secret: string) => Effect.promise(() => sha256(secret))

const unknownAttempt = () =>
  new UnknownAttempt({
    operation: "complete",
    message:
      "No such sign-in is pending here: it has expired, is completed already, or was begun elsewhere. Start it again."
  })

const mismatch = (reason: StateMismatch["reason"], message: string) =>
  new StateMismatch({ operation: "complete", reason, message })

/** Whether the code was not used up, so that the sign-in may be completed later. */
const neverSent = ({ _tag }: ExchangeError): boolean => _tag === "ConnectionFailed" || _tag === "InvalidRequest"

/** The same, and codes that OpenRouter does not know: somebody typed them. */
const neverSentOrUnknown = (error: ExchangeError): boolean =>
  neverSent(error) || ("reason" in error && error.reason === "InvalidGrant")

/**
 * `SignIn` over a client and a store.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<SignIn, never, OAuthClient | Pkce | PendingSignIns> = Layer.effect(
  SignIn,
  Effect.gen(function* () {
    const client = yield* OAuthClient
    const pkce = yield* Pkce
    const store = yield* PendingSignIns

    const begin: Service["begin"] = (options) =>
      Effect.gen(function* () {
        const { callbackUrl, returnTo, subject, ...rest } = options ?? {}
        yield* refuseBegin([
          ...(returnTo === undefined || isOwnPath(returnTo)
            ? []
            : [
                {
                  path: "returnTo",
                  message: "must be a path of this app's own, such as /settings, of at most 2,048 characters"
                }
              ]),
          ...(subject === undefined || isSubject(subject)
            ? []
            : [{ path: "subject", message: "must be a text of 1 to 256 characters" }])
        ])
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
          ...(subject !== undefined && { subject }),
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

    /** Reads a row, which somebody else may have written: an address of another site in it must not become a redirect. */
    const read = (operation: "get" | "take", key: string) =>
      Effect.gen(function* () {
        const pending = yield* Effect.flatMap(store[operation](key), Effect.mapError(unknownAttempt))
        if (pending.returnTo !== null && !isOwnPath(pending.returnTo)) {
          return yield* new StoreError({ operation, message: malformed })
        }
        return pending
      })

    /** The pending sign-in of an attempt, in the browser that began it and by the subject that began it. */
    const look = (key: string, binding: string, subject: string | undefined) =>
      Effect.gen(function* () {
        const pending = yield* read("get", key)
        if (pending.expiresAt <= (yield* Clock.currentTimeMillis)) return yield* unknownAttempt()
        if (!sameDigest(yield* digestOf(binding), pending.bindingDigest)) {
          return yield* mismatch("Browser", "This sign-in was begun in another browser. Start it again in this one.")
        }
        if (pending.subject !== subject) {
          return yield* mismatch(
            "Subject",
            "Another user of this app began this sign-in. Start it again as the one who is signed in."
          )
        }
        return pending
      })

    /** Takes the sign-in, so that its code is exchanged once, and puts it back after errors that leave it usable. */
    const exchange = (key: string, code: Redacted.Redacted, isUsable: (error: ExchangeError) => boolean) =>
      Effect.gen(function* () {
        const pending = yield* read("take", key)
        const { codeVerifier, expiresAt, returnTo, subject } = pending
        const { key: apiKey, userId } = yield* client
          .exchangeAuthCodeForAPIKey({ code, codeVerifier, codeChallengeMethod: "S256" })
          .pipe(
            Effect.tapError((error) =>
              isUsable(error)
                ? Effect.flatMap(Clock.currentTimeMillis, (now) =>
                    Effect.ignore(store.put(key, pending, Duration.millis(expiresAt - now)))
                  )
                : Effect.void
            )
          )
        return {
          key: apiKey,
          userId,
          ...(returnTo !== null && { returnTo }),
          ...(subject !== undefined && { subject })
        }
      })

    return SignIn.of({
      begin,

      complete: (callback, options) =>
        Effect.gen(function* () {
          const binding = yield* bindingOf("complete", options)
          const parsed = isParsed(callback) ? callback : yield* parseCallback(callback)
          const key = yield* attemptKey(parsed)
          const pending = yield* look(key, binding, options.subject)
          if (!isParsed(callback)) yield* checkTarget(callback, pending)
          if (parsed._tag === "Granted") return yield* exchange(key, parsed.code, neverSent)
          yield* read("take", key)
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

      completeWithCode: (attempt, code, options) =>
        Effect.gen(function* () {
          const binding = yield* bindingOf("completeWithCode", options)
          const key = yield* digestOf(attempt)
          yield* look(key, binding, options.subject)
          return yield* exchange(key, code, neverSentOrUnknown)
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
      return yield* mismatch("State", "The callback's state is not that of its sign-in. Start the sign-in again.")
    }
    return key
  })

/** A callback that carries an origin must have come to the callback URL of its sign-in. */
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
