/** What the two routes do, whatever server they stand on. */
import * as Cookies from "@effect/platform/Cookies"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Tracer from "effect/Tracer"
import { parseCallback } from "../../AuthorizationUrl.js"
import { contentType, headers, html, isPrefetch, type Link, type Page } from "../../internal/callbackPage.js"
import { cleaner } from "../../internal/redact.js"
import { sha256 } from "../../internal/secret.js"
import { parse } from "../../internal/url.js"
import { type SignedIn, SignIn } from "../../SignIn.js"
import { CrossSiteBegin, isOutcomeName, type OutcomeName, outcome, outcomeOf, type SignInFailure } from "./outcomes.js"
import { asOwnPath, own, type Site } from "./settings.js"

/** What the app says to the end of a sign-in, in the response type of its server. */
export interface App<Response, R> {
  readonly onSignedIn: ((signedIn: SignedIn) => Effect.Effect<Response, never, R>) | undefined
  readonly onFailed: ((failure: SignInFailure) => Effect.Effect<Response | undefined, never, R>) | undefined
  /** The user of the app whose request this is. */
  readonly subject: (() => Effect.Effect<string | undefined, never, R>) | undefined
}

/** The app's own answer or ours, and the cookies to go with it. */
export interface Reply<Response> {
  readonly response: Response | HttpServerResponse.HttpServerResponse
  readonly cookies: Cookies.Cookies
}

const page = (content: Page, more: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.text(html(content), { status: content.status, contentType, headers: { ...headers, ...more } })

const redirect = (location: string | URL) => HttpServerResponse.redirect(location, { status: 303, headers })

const methodNotAllowed = (site: Site, allow: string) =>
  page(
    {
      status: 405,
      title: "Nothing here",
      text: "This address is opened in a browser.",
      links: [{ href: site.home, text: "Go to the app" }]
    },
    { allow }
  )

const notInAdvance = page({ status: 503, title: "Not in advance", text: "Open this page to go on with the sign-in." })

/** For paths that are none of the two. */
export const notFound = (site: Site): HttpServerResponse.HttpServerResponse =>
  page({
    status: 404,
    title: "Nothing here",
    text: "There is no page at this address. You can sign in, or go to the app.",
    links: [
      { href: site.beginPath, text: "Sign in with OpenRouter" },
      { href: site.home, text: "Go to the app" }
    ]
  })

const queryOf = ({ url }: HttpServerRequest): string => /\?[^#]*/.exec(url)?.[0] ?? ""

/** What a page may lead back to. */
interface Again {
  readonly returnTo?: string | undefined
  /** The attempt that may be tried again. */
  readonly retry?: string | undefined
}

const withQuery = (path: string, parameters: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

const outcomePage = (site: Site, name: OutcomeName, { retry, returnTo }: Again = {}) => {
  const { links, retryAfter, ...content } = outcome(name)
  const begin = withQuery(site.beginPath, { returnTo })
  const again = retry === undefined ? begin : withQuery(site.callbackUrl.pathname, { [own.retry]: retry })
  const all: Record<(typeof links)[number], Link> = {
    begin: { href: begin, text: "Sign in with OpenRouter" },
    home: { href: site.home, text: "Go to the app" },
    again: { href: again, text: "Try again" }
  }
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }
  return page({ ...content, links: links.map((link) => all[link]) }, headers)
}

/** An address without a code, that shows how a sign-in ended. */
const outcomeAddress = ({ callbackUrl }: Site, name: OutcomeName, retry?: string): string =>
  withQuery(callbackUrl.pathname, { [own.outcome]: name, [own.retry]: retry })

/**
 * What a developer may read of a defect: its text without the user's key, line by line, because the text may be one of a database
 * that repeats what it was given.
 */
const textOf = (defect: unknown, secrets: ReadonlyArray<string>): string => {
  const clean = cleaner(secrets)
  return Cause.pretty(Cause.die(defect)).split("\n").slice(0, 50).map(clean).join("\n")
}

/** Answers `instead` after a defect, and logs it. */
const guarded = <A, E, R>(
  effect: () => Effect.Effect<A, E, R>,
  instead: HttpServerResponse.HttpServerResponse,
  secrets: ReadonlyArray<string> = []
): Effect.Effect<A | HttpServerResponse.HttpServerResponse, E, R> =>
  Effect.catchAllDefect(Effect.suspend(effect), (defect) =>
    Effect.as(Effect.logError("A sign-in with OpenRouter broke", textOf(defect, secrets)), instead)
  )

/** The app's answer to a failure, or else ours. */
const failed = <Response, R>(
  app: App<Response, R>,
  failure: SignInFailure,
  ours: HttpServerResponse.HttpServerResponse
): Effect.Effect<Response | HttpServerResponse.HttpServerResponse, never, R> =>
  guarded(() => Effect.map(app.onFailed?.(failure) ?? Effect.succeed(undefined), (own) => own ?? ours), ours)

/** The platform's tracer has noted the whole URL before a route is asked, and its logger would do so afterwards. */
const unseen = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.option(Effect.currentSpan), (span) => {
    for (let next: Option.Option<Tracer.AnySpan> = span; next._tag === "Some" && next.value._tag === "Span"; ) {
      const { attributes, parent } = next.value
      const url = attributes.get("url.full")
      if (typeof url === "string") next.value.attribute("url.full", url.replace(/\?.*/s, ""))
      if (attributes.has("url.query")) next.value.attribute("url.query", "")
      next = parent
    }
    return HttpMiddleware.withLoggerDisabled(effect)
  })

/**
 * Whether another site sent the browser here. Browsers that do not say so by `Sec-Fetch-Site` name the site by `Origin` or, where
 * there is none, by `Referer`. An opaque origin (`null`) is another one.
 */
const isCrossSite = ({ callbackUrl }: Site, { headers }: HttpServerRequest): boolean => {
  const where = headers["sec-fetch-site"]
  if (where !== undefined) return where === "cross-site"
  const from = headers.origin ?? headers.referer
  return from !== undefined && parse(from)?.origin !== callbackUrl.origin
}

/** `GET` or `POST` of the begin route: sends the browser to OpenRouter. */
export const begin = <Response, R>(
  site: Site,
  request: HttpServerRequest,
  app: App<Response, R>
): Effect.Effect<Reply<Response>, never, SignIn | R> =>
  Effect.gen(function* () {
    if (request.method !== "GET" && request.method !== "POST") return ours(methodNotAllowed(site, "GET, POST"))
    if (isPrefetch((name) => request.headers[name])) return ours(notInAdvance)
    const asked = new URLSearchParams(queryOf(request)).get("returnTo") || undefined
    const returnTo = asked && asOwnPath(site, asked)
    const started = yield* Effect.either(
      Effect.gen(function* () {
        if (isCrossSite(site, request)) {
          return yield* new CrossSiteBegin({
            operation: "begin",
            message: "Another site sent the browser to the begin route. Start the sign-in from a page of the app."
          })
        }
        const signIn = yield* SignIn
        const subject = yield* subjectOf(app)
        return yield* signIn.begin({ ...site.keyOptions, callbackUrl: site.callbackUrl, returnTo, subject })
      })
    )
    if (Either.isLeft(started)) {
      const page = outcomePage(site, outcomeOf(started.left), { returnTo })
      return { response: yield* failed(app, started.left, page), cookies: Cookies.empty }
    }
    const { attempt, authorizationUrl, browserBinding } = started.right
    const now = yield* Clock.currentTimeMillis
    return ours(
      redirect(authorizationUrl),
      site.cookies.add(request.cookies, yield* digestOf(attempt), { at: now, binding: browserBinding })
    )
  }).pipe((handled) => guardedReply(handled, outcomePage(site, "broken")), unseen)

/** `GET` of the callback route: completes the sign-in, or shows how one ended. */
export const callback = <Response, R>(
  site: Site,
  request: HttpServerRequest,
  app: App<Response, R>
): Effect.Effect<Reply<Response>, never, SignIn | R> => {
  const elsewhere = (name: OutcomeName, retry?: string) => redirect(outcomeAddress(site, name, retry))
  return Effect.gen(function* () {
    if (request.method !== "GET") return ours(methodNotAllowed(site, "GET"))
    if (isPrefetch((name) => request.headers[name])) return ours(notInAdvance)
    const query = queryOf(request)
    const parameters = new URLSearchParams(query)
    const ended = parameters.get(own.outcome)
    const retry = parameters.get(own.retry) ?? undefined
    if (isOutcomeName(ended)) return ours(outcomePage(site, ended, { retry }))

    // The request's Host is not asked: the origin is the configured one.
    const address = `${site.callbackUrl.origin}${site.callbackUrl.pathname}${query}`
    const parsed = Option.getOrUndefined(Either.getRight(parseCallback(address)))
    const attempt = retry ?? parsed?.attempt ?? parsed?.state
    const digest = attempt === undefined ? "" : yield* digestOf(attempt)
    const begun = site.cookies.find(request.cookies, digest)
    // Without a cookie nothing fits, and SignIn knows what to say of it.
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
      const { onSignedIn } = app
      const response =
        onSignedIn === undefined
          ? redirect(result.right.returnTo ?? site.home)
          : yield* guarded(() => onSignedIn(result.right), elsewhere("broken"), [Redacted.value(result.right.key)])
      return { response, cookies: over }
    }

    // Nothing of a callback stands there: somebody opened the address by hand.
    const name = result.left._tag === "UnknownAttempt" && isBare(parameters) ? "idle" : outcomeOf(result.left)
    const code = parsed?._tag === "Granted" ? parsed.code : begun?.code
    const now = yield* Clock.currentTimeMillis
    if (outcome(name).mayBeTriedAgain && begun !== undefined && code !== undefined) {
      // The browser keeps the code, out of its address bar.
      const response = yield* failed(app, result.left, elsewhere(name, attempt))
      return { response, cookies: site.cookies.update(digest, { ...begun, code }, now) }
    }
    const response = yield* failed(app, result.left, elsewhere(name))
    // The same callback may be under way in another request, which needs the cookie if OpenRouter cannot be reached.
    const isKept = keepsPending(name) || (name === "over" && begun !== undefined && !site.cookies.isExpired(begun, now))
    return { response, cookies: isKept ? Cookies.empty : over }
  }).pipe((handled) => guardedReply(handled, elsewhere("broken")), unseen)
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

const digestOf = (attempt: string) => Effect.promise(() => sha256(attempt))

const subjectOf = <Response, R>({ subject }: App<Response, R>): Effect.Effect<string | undefined, never, R> =>
  subject === undefined ? Effect.succeed(undefined) : Effect.suspend(subject)

const isBare = (parameters: URLSearchParams): boolean =>
  !["code", "state", "error", "attempt", own.retry].some((name) => parameters.has(name))

/** Whether a failure leaves the sign-in pending: it failed a check, or may be tried again. */
const keepsPending = (name: OutcomeName): boolean =>
  outcome(name).mayBeTriedAgain === true || ["other-browser", "other-user", "malformed", "idle"].includes(name)
