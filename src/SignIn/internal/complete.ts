/** Completes a sign-in: looks for it, checks that the callback is its own, takes it, and exchanges its code. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { type Callback, parseCallback } from "../../AuthorizationUrl.js"
import { digestOf, sameDigest } from "../../internal/secret.js"
import { parse } from "../../internal/url.js"
import { CallbackMalformed, type ExchangeError, InvalidRequest } from "../../OAuthError.js"
import { malformed } from "../../PendingSignIns/internal/words.js"
import { type PendingSignIn, StoreError } from "../../PendingSignIns.js"
import { AuthorizationDenied, AuthorizationFailed, type Completing, StateMismatch, UnknownAttempt } from "./errors.js"
import type { Service } from "./models.js"
import { isOwnPath } from "./ownPath.js"
import type { Services } from "./services.js"

/** Plain JavaScript can pass anything. Refuses what is no binding before the store is asked. */
const bindingOf = (operation: Completing, options: unknown): Effect.Effect<string, InvalidRequest> => {
  const binding = Predicate.hasProperty(options, "browserBinding") ? options.browserBinding : undefined
  const text = Redacted.isRedacted(binding) ? Redacted.value(binding) : undefined
  if (typeof text === "string") return Effect.succeed(text)
  const message =
    binding === undefined
      ? "is missing: pass the one that begin returned for this browser"
      : "must be Redacted: wrap the string with Redacted.make"
  return Effect.fail(new InvalidRequest({ operation, issues: [{ path: "browserBinding", message }] }))
}

const isParsed = (callback: string | URL | Callback): callback is Callback => Predicate.hasProperty(callback, "_tag")

/** Whether the code was certainly not used up, so that the sign-in may be completed later. */
const neverSent = ({ _tag }: ExchangeError): boolean => _tag === "ConnectionFailed" || _tag === "InvalidRequest"

/** The same, and codes that OpenRouter does not know: a person may have mistyped them. */
const neverSentOrUnknown = (error: ExchangeError): boolean =>
  neverSent(error) || ("reason" in error && error.reason === "InvalidGrant")

/** The store's key of the sign-in that a callback names: by `attempt`, by `state`, or by both if they agree. */
const attemptKey = ({ attempt, state }: Callback): Effect.Effect<string, UnknownAttempt | StateMismatch> =>
  Effect.gen(function* () {
    const operation = "complete"
    const named = attempt ?? state
    if (named === undefined) return yield* new UnknownAttempt({ operation })
    const key = yield* digestOf(named)
    if (attempt !== undefined && state !== undefined && !sameDigest(yield* digestOf(state), key)) {
      return yield* new StateMismatch({ operation, reason: "State" })
    }
    return key
  })

const readCallback = (callback: string | URL): Either.Either<Callback, CallbackMalformed> =>
  Either.mapLeft(parseCallback(callback), ({ issues }) => new CallbackMalformed({ operation: "complete", issues }))

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
          operation: "complete",
          issues: [{ path: "callback", message: "did not arrive at the callback URL of its sign-in" }]
        })
      )
}

const targetOf = ({ host, pathname, protocol }: URL): string => `${protocol}//${host}${pathname}`

export const makeComplete = ({
  client,
  store
}: Pick<Services, "client" | "store">): Pick<Service, "complete" | "completeWithCode"> => {
  /** Reads a row. Somebody else may have written it: an address of another site in it must not become a redirect. */
  const read = (how: "get" | "take", operation: Completing, key: string) =>
    Effect.gen(function* () {
      const pending = yield* Effect.flatMap(
        store[how](key),
        Effect.mapError(() => new UnknownAttempt({ operation }))
      )
      if (pending.returnTo !== null && !isOwnPath(pending.returnTo)) {
        return yield* new StoreError({ operation: how, message: malformed })
      }
      return pending
    })

  /** The pending sign-in of an attempt, in the browser that began it and by the subject that began it. */
  const look = (operation: Completing, key: string, binding: string, subject: string | undefined) =>
    Effect.gen(function* () {
      const pending = yield* read("get", operation, key)
      if (pending.expiresAt <= (yield* Clock.currentTimeMillis)) return yield* new UnknownAttempt({ operation })
      if (!sameDigest(yield* digestOf(binding), pending.bindingDigest)) {
        return yield* new StateMismatch({ operation, reason: "Browser" })
      }
      if (pending.subject !== subject) return yield* new StateMismatch({ operation, reason: "Subject" })
      return pending
    })

  /** Takes the sign-in, so that its code is exchanged once, and puts it back after errors that leave it usable. */
  const exchange = (
    operation: Completing,
    key: string,
    code: Redacted.Redacted,
    isUsable: (error: ExchangeError) => boolean
  ) =>
    Effect.gen(function* () {
      const pending = yield* read("take", operation, key)
      const { codeVerifier, expiresAt, returnTo, subject } = pending
      const putBack = Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.ignore(store.put(key, pending, Duration.millis(expiresAt - now)))
      )
      const { key: apiKey, userId } = yield* client
        .exchangeAuthCodeForAPIKey({ code, codeVerifier, codeChallengeMethod: "S256" })
        .pipe(
          Effect.tapError((error) => (isUsable(error) ? putBack : Effect.void)),
          // The caller called this function, not the exchange.
          Effect.catchTag("InvalidRequest", ({ issues }) => new InvalidRequest({ operation, issues }))
        )
      return {
        key: apiKey,
        userId,
        ...(returnTo !== null && { returnTo }),
        ...(subject !== undefined && { subject })
      }
    })

  return {
    complete: (callback, options) =>
      Effect.gen(function* () {
        const operation = "complete"
        const binding = yield* bindingOf(operation, options)
        const parsed = isParsed(callback) ? callback : yield* readCallback(callback)
        const key = yield* attemptKey(parsed)
        const pending = yield* look(operation, key, binding, options.subject)
        if (!isParsed(callback)) yield* checkTarget(callback, pending)
        if (parsed._tag === "Granted") return yield* exchange(operation, key, parsed.code, neverSent)
        yield* read("take", operation, key)
        const { description, error } = parsed
        return yield* parsed._tag === "Failed"
          ? new AuthorizationFailed({ operation, error: parsed.error, description })
          : new AuthorizationDenied({ operation, error, description })
      }),

    completeWithCode: (attempt, code, options) =>
      Effect.gen(function* () {
        const operation = "completeWithCode"
        const binding = yield* bindingOf(operation, options)
        const key = yield* digestOf(attempt)
        yield* look(operation, key, binding, options.subject)
        return yield* exchange(operation, key, code, neverSentOrUnknown)
      })
  }
}
