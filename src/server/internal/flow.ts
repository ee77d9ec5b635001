/** The two routes, independent of the server. */
import * as Cookies from "@effect/platform/Cookies"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { parseCallback } from "../../AuthorizationUrl.js"
import { callbackParameters } from "../../internal/callback.js"
import { isPrefetch } from "../../internal/callbackPage.js"
import { cleaner } from "../../internal/redact.js"
import { digestOf } from "../../internal/secret.js"
import { parse } from "../../internal/url.js"
import { type SignedIn, SignIn } from "../../SignIn.js"
import * as Answers from "./answers.js"
import { keepQueryPrivate } from "./keepQueryPrivate.js"
import { CrossSiteBegin, type OutcomeName, outcome, outcomeOf, type SignInFailure } from "./outcomes.js"
import { asOwnPath, own, type Site } from "./settings.js"

/** The app's own part in the routes, with the response type of its server. */
export interface App<Response, R> {
  readonly onSignedIn: ((signedIn: SignedIn) => Effect.Effect<Response, never, R>) | undefined
  readonly onFailed: ((failure: SignInFailure) => Effect.Effect<Response | undefined, never, R>) | undefined
  /** Returns where an answer of the app's redirects to; undefined if it is no redirect. */
  readonly redirectOf: (response: Response) => string | undefined
  /** Returns `by` with the cookies of `response`. */
  readonly replace: (response: Response, by: HttpServerResponse.HttpServerResponse) => Response
  /** Returns the user of the app who sent the request. */
  readonly subject: (() => Effect.Effect<string | undefined, never, R>) | undefined
}

/** The app's answer or ours, and the cookies to set with it. */
export interface Reply<Response> {
  readonly response: Response | HttpServerResponse.HttpServerResponse
  readonly cookies: Cookies.Cookies
}

/**
 * Returns the text of a defect for the log, without the user's key. It is cleaned line by line: the message of a database may repeat
 * the values that it was given.
 */
const textOf = (defect: unknown, secrets: ReadonlyArray<string>): string => {
  const clean = cleaner(secrets)
  return Cause.pretty(Cause.die(defect)).split("\n").slice(0, 50).map(clean).join("\n")
}

/** Logs a defect and answers `instead`. */
const guarded = <A, E, R>(
  effect: () => Effect.Effect<A, E, R>,
  instead: HttpServerResponse.HttpServerResponse,
  secrets: ReadonlyArray<string> = []
): Effect.Effect<A | HttpServerResponse.HttpServerResponse, E, R> =>
  Effect.catchAllDefect(Effect.suspend(effect), (defect) =>
    Effect.as(Effect.logError("A sign-in with OpenRouter broke", textOf(defect, secrets)), instead)
  )

/**
 * Returns the app's answer to a failure, or else ours. If the app redirects a script or a popup, ours takes its place: the script, or
 * the popup's opener, waits to hear what happened.
 */
const failed = <Response, R>(
  app: App<Response, R>,
  display: Answers.Display,
  failure: SignInFailure,
  ours: HttpServerResponse.HttpServerResponse
): Effect.Effect<Response | HttpServerResponse.HttpServerResponse, never, R> =>
  guarded(
    () =>
      Effect.map(app.onFailed?.(failure) ?? Effect.succeed(undefined), (own) => {
        if (own === undefined) return ours
        return display === "page" || app.redirectOf(own) === undefined ? own : app.replace(own, ours)
      }),
    ours
  )

/**
 * Checks whether another site sent the browser here. Without `Sec-Fetch-Site`, the `Origin` header tells or, if that is absent too, the
 * `Referer`. An opaque origin (`null`) is another site.
 */
const isCrossSite = ({ callbackUrl }: Site, { headers }: HttpServerRequest): boolean => {
  const where = headers["sec-fetch-site"]
  if (where !== undefined) return where === "cross-site"
  const from = headers.origin ?? headers.referer
  return from !== undefined && parse(from)?.origin !== callbackUrl.origin
}

/** Handles `GET` and `POST` of the begin route: sends the browser to OpenRouter. */
export const begin = <Response, R>(
  site: Site,
  request: HttpServerRequest,
  app: App<Response, R>
): Effect.Effect<Reply<Response>, never, SignIn | R> => {
  const display = Answers.displayOf(request.url, request.headers.accept)
  return Effect.gen(function* () {
    if (request.method !== "GET" && request.method !== "POST") return ours(Answers.methodNotAllowed(site, "GET, POST"))
    if (isPrefetch((name) => request.headers[name])) return ours(Answers.notInAdvance)
    const asked = new URLSearchParams(Answers.queryOf(request.url)).get("returnTo") || undefined
    const returnTo = asked && asOwnPath(site, asked)
    const started = yield* Effect.either(
      Effect.gen(function* () {
        if (isCrossSite(site, request)) return yield* new CrossSiteBegin({ operation: "begin" })
        const signIn = yield* SignIn
        const subject = yield* subjectOf(app)
        const callbackUrl = Answers.callbackUrlFor(site, request.url)
        return yield* signIn.begin({ ...site.keyOptions, callbackUrl, returnTo, subject })
      })
    )
    if (Either.isLeft(started)) {
      const answer = Answers.outcomeAnswer(site, outcomeOf(started.left), display, { returnTo })
      return { response: yield* failed(app, display, started.left, answer), cookies: Cookies.empty }
    }
    const { attempt, browserBinding } = started.right
    const now = yield* Clock.currentTimeMillis
    return ours(
      Answers.begun(started.right, display),
      site.cookies.add(request.cookies, yield* digestOf(attempt), { at: now, binding: browserBinding })
    )
  }).pipe((handled) => guardedReply(handled, Answers.outcomeAnswer(site, "broken", display)), keepQueryPrivate)
}

/** Handles `GET` of the callback route, and a script's `POST`: completes the sign-in, or shows how one ended. */
export const callback = <Response, R>(
  site: Site,
  request: HttpServerRequest,
  app: App<Response, R>
): Effect.Effect<Reply<Response>, never, SignIn | R> => {
  const display = Answers.displayOf(request.url, request.headers.accept)
  const broken = Answers.ended(site, "broken", display)
  return Effect.gen(function* () {
    if (request.method !== "GET" && !(request.method === "POST" && display === "json")) {
      return ours(Answers.methodNotAllowed(site, "GET"))
    }
    if (isPrefetch((name) => request.headers[name])) return ours(Answers.notInAdvance)
    const query = Answers.queryOf(request.url)
    const parameters = new URLSearchParams(query)
    const page = Answers.outcomePage(site, parameters, display)
    if (page !== undefined) return ours(page)

    // The origin comes from the settings: a Host header can be forged.
    const address = `${site.callbackUrl.origin}${site.callbackUrl.pathname}${query}`
    const retry = parameters.get(own.retry) ?? undefined
    const parsed = Option.getOrUndefined(Either.getRight(parseCallback(address)))
    const attempt = retry ?? parsed?.attempt ?? parsed?.state
    const digest = attempt === undefined ? "" : yield* digestOf(attempt)
    const begun = site.cookies.find(request.cookies, digest)
    // Without a cookie no binding matches, and SignIn fails with the error that says so.
    const browserBinding = begun?.binding ?? Redacted.make("")
    const signIn = yield* SignIn
    const options = { browserBinding, subject: yield* subjectOf(app) }
    const result = yield* Effect.either(
      retry !== undefined && begun?.code !== undefined
        ? signIn.completeWithCode(retry, begun.code, options)
        : signIn.complete(address, options)
    )
    const over = begun === undefined ? Cookies.empty : site.cookies.remove(digest)
    if (Either.isRight(result)) {
      const response = yield* completed(site, display, app, result.right, broken)
      return { response, cookies: over }
    }

    // An address without any parameter of a callback was opened by hand.
    const name =
      result.left._tag === "UnknownAttempt" && isBare(parameters) ? "idle" : outcomeOf(result.left, options.subject)
    const code = parsed?._tag === "Granted" ? parsed.code : begun?.code
    const now = yield* Clock.currentTimeMillis
    if (outcome(name).mayBeTriedAgain && begun !== undefined && code !== undefined) {
      // The cookie keeps the code, so that the address bar need not.
      const response = yield* failed(app, display, result.left, Answers.ended(site, name, display, attempt))
      return { response, cookies: site.cookies.update(digest, { ...begun, code }, now) }
    }
    const response = yield* failed(app, display, result.left, Answers.ended(site, name, display))
    // Another request may be completing the same sign-in. It needs the cookie if OpenRouter cannot be reached.
    const isKept = keepsPending(name) || (name === "over" && begun !== undefined && !site.cookies.isExpired(begun, now))
    return { response, cookies: isKept ? Cookies.empty : over }
  }).pipe((handled) => guardedReply(handled, broken), keepQueryPrivate)
}

/** Returns the app's answer to a completed sign-in. For a script or a popup, a redirect becomes the answer that they expect. */
const completed = <Response, R>(
  site: Site,
  display: Answers.Display,
  app: App<Response, R>,
  signedIn: SignedIn,
  broken: HttpServerResponse.HttpServerResponse
): Effect.Effect<Response | HttpServerResponse.HttpServerResponse, never, R> => {
  const { onSignedIn } = app
  if (onSignedIn === undefined) {
    return Effect.succeed(Answers.finished(site, display, signedIn.returnTo ?? site.home))
  }
  const answer = () =>
    Effect.map(onSignedIn(signedIn), (response) => {
      const location = display === "page" ? undefined : app.redirectOf(response)
      return location === undefined ? response : app.replace(response, Answers.finished(site, display, location))
    })
  return guarded(answer, broken, [Redacted.value(signedIn.key)])
}

const ours = (response: HttpServerResponse.HttpServerResponse, cookies = Cookies.empty) => ({ response, cookies })

const guardedReply = <Response, R>(
  handled: Effect.Effect<Reply<Response>, never, R>,
  instead: HttpServerResponse.HttpServerResponse
): Effect.Effect<Reply<Response>, never, R> =>
  Effect.map(
    guarded(() => handled, instead),
    (reply) => (HttpServerResponse.isServerResponse(reply) ? ours(reply) : reply)
  )

const subjectOf = <Response, R>({ subject }: App<Response, R>): Effect.Effect<string | undefined, never, R> =>
  subject === undefined ? Effect.succeed(undefined) : Effect.suspend(subject)

const isBare = (parameters: URLSearchParams): boolean =>
  ![...callbackParameters, own.retry].some((name) => parameters.has(name))

/** Checks whether a failure leaves the sign-in pending: it failed a check before the exchange, or may be tried again. */
const keepsPending = (name: OutcomeName): boolean =>
  outcome(name).mayBeTriedAgain === true ||
  ["other-browser", "other-user", "signed-out", "malformed", "idle"].includes(name)

/** Returns the route of a path, without the prefix; undefined if there is none. */
export const routeOf = ({ routes }: Site, path: string): typeof begin | undefined => {
  if (path === routes.begin) return begin
  return path === routes.callback ? callback : undefined
}
