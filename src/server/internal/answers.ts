/** The answers of the routes: a page for a tab, a page for a popup window, or JSON for a page that asked by `fetch`. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as DateTime from "effect/DateTime"
import { contentType, headers, headersAllowing, html, type Link, type Page } from "../../internal/callbackPage.js"
import type { SignInStarted } from "../../SignIn.js"
import { isOutcomeName, type OutcomeName, outcome } from "./outcomes.js"
import * as Popup from "./popup.js"
import { own, type Site } from "./settings.js"

/** The kind of answer that is expected: in a tab, in a popup window, or by a script. */
export type Display = "page" | "popup" | "json"

export const queryOf = (url: string): string => /\?[^#]*/.exec(url)?.[0] ?? ""

export const pathOf = (url: string): string => url.replace(/[?#].*/s, "")

const isPopup = (url: string): boolean => new URLSearchParams(queryOf(url)).get(own.display) === "popup"

/** Returns the kind of answer that a request expects. A browser that navigates accepts text/html, a script JSON only. */
export const displayOf = (url: string, accept = ""): Display => {
  if (accept.includes("application/json") && !accept.includes("text/html")) return "json"
  return isPopup(url) ? "popup" : "page"
}

const page = (content: Page, more: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.text(html(content), { status: content.status, contentType, headers: { ...headers, ...more } })

/** The page that tells a popup's opener how the sign-in ended, and closes the popup. */
const lastPage = (content: Page) =>
  HttpServerResponse.text(`${html(content)}<script>${Popup.script}</script>`, {
    status: content.status,
    contentType,
    headers: headersAllowing(Popup.scriptDigest)
  })

const json = (body: object, status: number, more: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.unsafeJson(body, { status, headers: { ...headers, ...more } })

export const isRedirect = (status: number): boolean => status >= 300 && status < 400

export const redirect = (location: string | URL): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.redirect(location, { status: 303, headers })

export const methodNotAllowed = (site: Site, allow: string): HttpServerResponse.HttpServerResponse =>
  page(
    {
      status: 405,
      title: "Nothing here",
      text: "This address is opened in a browser.",
      links: [{ href: site.home, text: "Go to the app" }]
    },
    { allow }
  )

export const notInAdvance: HttpServerResponse.HttpServerResponse = page({
  status: 503,
  title: "Not in advance",
  text: "Open this page to go on with the sign-in."
})

/** The page of every other path. */
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

const withQuery = (path: string, parameters: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

/** The query parameter that keeps a popup a popup. */
const displayParameter = (display: Display) => ({ [own.display]: display === "popup" ? display : undefined })

/** Returns the callback URL for a begin at `url`. A popup's callback says that it is one, also if a script began. */
export const callbackUrlFor = ({ callbackUrl }: Site, url: string): URL => {
  const callback = new URL(callbackUrl)
  if (isPopup(url)) callback.searchParams.set(own.display, "popup")
  return callback
}

/** Sends the browser to OpenRouter, or tells the script where to send it. */
export const begun = (
  { authorizationUrl, expiresAt }: SignInStarted,
  display: Display
): HttpServerResponse.HttpServerResponse =>
  display === "json"
    ? json({ authorizationUrl: authorizationUrl.href, expiresAt: DateTime.formatIso(expiresAt) }, 200)
    : redirect(authorizationUrl)

/** Goes on to `location` after a completed sign-in. A popup closes instead, and its opener stays on its page. */
export const finished = (site: Site, display: Display, location: string): HttpServerResponse.HttpServerResponse => {
  switch (display) {
    case "page":
      return redirect(location)
    case "popup":
      return redirect(outcomeAddress(site, "signed-in", display))
    case "json":
      return json({ outcome: "signed-in", location }, 200)
  }
}

/** Where the links of a page lead. */
export interface Again {
  readonly returnTo?: string | undefined
  /** The attempt to try again. */
  readonly retry?: string | undefined
}

const beginAddress = (site: Site, display: Display, { returnTo }: Again): string =>
  withQuery(site.beginPath, { returnTo, ...displayParameter(display) })

const retryAddress = ({ callbackUrl }: Site, display: Display, retry: string): string =>
  withQuery(callbackUrl.pathname, { [own.retry]: retry, ...displayParameter(display) })

const pageOf = (site: Site, name: OutcomeName, display: Display, again: Again): Page => {
  const { links, status, text, title } = outcome(name)
  const begin = beginAddress(site, display, again)
  const all: Record<(typeof links)[number], Link> = {
    begin: { href: begin, text: "Sign in with OpenRouter" },
    home: { href: site.home, text: "Go to the app" },
    again: {
      href: again.retry === undefined ? begin : retryAddress(site, display, again.retry),
      text: "Try again"
    }
  }
  // The app is in the window that opened a popup.
  const shown = display === "popup" ? links.filter((link) => link !== "home") : links
  return { status, title, text, links: shown.map((link) => all[link]) }
}

const jsonOf = (site: Site, name: OutcomeName, { retry }: Again) => {
  const { text, title } = outcome(name)
  return {
    outcome: name,
    title,
    message: text,
    ...(retry !== undefined && { retry: retryAddress(site, "json", retry) })
  }
}

/** Says how a sign-in ended, at the requested address itself. */
export const outcomeAnswer = (
  site: Site,
  name: OutcomeName,
  display: Display,
  again: Again = {}
): HttpServerResponse.HttpServerResponse => {
  const { retryAfter, status } = outcome(name)
  const more = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }
  return display === "json"
    ? // A script looks at the status first.
      json(jsonOf(site, name, again), name === "denied" ? 403 : status, more)
    : page(pageOf(site, name, display, again), more)
}

/** Returns the address, free of codes, of the page that says how a sign-in ended. */
const outcomeAddress = ({ callbackUrl }: Site, name: OutcomeName, display: Display, retry?: string): string =>
  withQuery(callbackUrl.pathname, { [own.outcome]: name, [own.retry]: retry, ...displayParameter(display) })

/** Says how a callback ended: to a script at once, to a browser by a redirect to an address without the code. */
export const ended = (
  site: Site,
  name: OutcomeName,
  display: Display,
  retry?: string
): HttpServerResponse.HttpServerResponse =>
  display === "json"
    ? outcomeAnswer(site, name, display, { retry })
    : redirect(outcomeAddress(site, name, display, retry))

/** Returns the page at the address of an outcome; undefined if the query names none. */
export const outcomePage = (
  site: Site,
  parameters: URLSearchParams,
  display: Display
): HttpServerResponse.HttpServerResponse | undefined => {
  const name = parameters.get(own.outcome)
  // After success a tab is back in the app. Only a popup sees this page.
  if (!isOutcomeName(name) || (name === "signed-in" && display !== "popup")) return undefined
  const again = { retry: parameters.get(own.retry) ?? undefined }
  // A popup from which the sign-in can be tried again stays open.
  return display === "popup" && !outcome(name).mayBeTriedAgain
    ? lastPage(pageOf(site, name, display, again))
    : outcomeAnswer(site, name, display, again)
}
