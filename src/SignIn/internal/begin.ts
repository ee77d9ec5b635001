/** Begins a sign-in: makes its secrets, stores what is needed to complete it, and builds the address of OpenRouter's page. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { callbackQueryFault, lifetime } from "../../internal/callback.js"
import { refuse } from "../../internal/invalid.js"
import { digestOf, random } from "../../internal/secret.js"
import { parse } from "../../internal/url.js"
import { InvalidRequest } from "../../OAuthError.js"
import type { PendingSignIn } from "../../PendingSignIns.js"
import type { BeginOptions, Service } from "./models.js"
import { isOwnPath } from "./ownPath.js"
import type { Services } from "./services.js"

const operation = "begin"

const maxSubject = 256

const isSubject = (subject: unknown): boolean =>
  typeof subject === "string" && subject.length > 0 && subject.length <= maxSubject

const returnToFault = (returnTo: unknown): string | undefined =>
  returnTo === undefined || isOwnPath(returnTo)
    ? undefined
    : "must be a path of this app's own, such as /settings, of at most 2,048 characters"

const subjectFault = (subject: unknown): string | undefined =>
  subject === undefined || isSubject(subject) ? undefined : "must be a string of 1 to 256 characters"

const callbackUrlFault = (given: unknown, callbackUrl: URL | undefined): string | undefined => {
  if (given === undefined) return undefined
  return callbackUrl === undefined
    ? "must be an absolute URL, such as https://app.example/callback"
    : callbackQueryFault(callbackUrl)
}

export const makeBegin =
  ({ client, pkce, store }: Services): Service["begin"] =>
  (options: BeginOptions | undefined) =>
    Effect.gen(function* () {
      const { callbackUrl: given, returnTo, subject, ...keyOptions } = options ?? {}
      const callbackUrl = given === undefined ? undefined : parse(given)
      yield* refuse(operation, {
        callbackUrl: callbackUrlFault(given, callbackUrl),
        returnTo: returnToFault(returnTo),
        subject: subjectFault(subject)
      })
      const attempt = random(16)
      const browserBinding = random(32)
      // OpenRouter keeps the query of a callback URL, and does not always send `state` back.
      callbackUrl?.searchParams.set("attempt", attempt)
      const { codeChallenge, codeChallengeMethod, codeVerifier } = yield* pkce.generate
      const authorizationUrl = yield* client.createAuthorizationUrl({
        ...keyOptions,
        callbackUrl,
        codeChallenge,
        codeChallengeMethod,
        state: callbackUrl && attempt
      })
      const expiresAt = (yield* Clock.currentTimeMillis) + Duration.toMillis(lifetime)
      const pending: PendingSignIn = {
        codeVerifier,
        bindingDigest: yield* digestOf(browserBinding),
        callbackUrl: callbackUrl?.href ?? null,
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
    }).pipe(
      // The caller called `begin`, whichever function found the fault.
      Effect.catchTag("InvalidRequest", ({ issues }) => new InvalidRequest({ operation, issues }))
    )
