/** What the routes answer: a page for a tab, a page for a popup window, or JSON for a page that asked by `fetch`. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as DateTime from "effect/DateTime"
import { contentType, headers, headersAllowing, html, type Link, type Page } from "../../internal/callbackPage.js"
import type { SignInStarted } from "../../SignIn.js"
import { isOutcomeName, type OutcomeName, outcome } from "./outcomes.js"
import * as Popup from "./popup.js"
import { own, type Site } from "./settings.js"

/** Who waits for the answer: a tab, a popup window, or a script. */
export type Display = "page" | "popup" | "json"

export const queryOf = (url: string): string => /\?[^#]*/.exec(url)?.[0] ?? ""

export const pathOf = (url: string): string => url.replace(/[?#].*/s, "")

const isPopup = (url: string): boolean => new URLSearchParams(queryOf(url)).get(own.display) === "popup"

/** A browser that goes to an address accepts text/html; a script asks for JSON, and for that alone. */
export const displayOf = (url: string, accept = ""): Display => {
  if (accept.includes("application/json") && !accept.includes("text/html")) return "json"
  return isPopup(url) ? "popup" : "page"
}

const page = (content: Page, more: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.text(html(content), { status: content.status, contentType, headers: { ...headers, ...more } })

/** The page that a popup ends with. */
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

const withQuery = (path: string, parameters: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

/** The query parameter that keeps a popup a popup. */
const displayParameter = (display: Display) => ({ [own.display]: display === "popup" ? display : undefined })

/** Returns the callback URL for a begin at `url`. That of a popup says that it is one, also if a script asks for it. */
export const callbackUrlFor = ({ callbackUrl }: Site, url: string): URL => {
  const callback = new URL(callbackUrl)
  if (isPopup(url)) callback.searchParams.set(own.display, "popup")
  return callback
}

/** The browser goes to OpenRouter, or the script is told where to send it. */
export const begun = (
  { authorizationUrl, expiresAt }: SignInStarted,
  display: Display
): HttpServerResponse.HttpServerResponse =>
  display === "json"
    ? json({ authorizationUrl: authorizationUrl.href, expiresAt: DateTime.formatIso(expiresAt) }, 200)
    : redirect(authorizationUrl)

/** A completed sign-in goes on to `location`. A popup's opener stays where it is. */
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

/** What a page may lead back to. */
export interface Again {
  readonly returnTo?: string | undefined
  /** The attempt that may be tried again. */
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

/** Says how a sign-in ended, at the address that was asked for. */
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

/** An address without a code, that shows how a sign-in ended. */
const outcomeAddress = ({ callbackUrl }: Site, name: OutcomeName, display: Display, retry?: string): string =>
  withQuery(callbackUrl.pathname, { [own.outcome]: name, [own.retry]: retry, ...displayParameter(display) })

/** Says how a callback ended: to a browser at an address without its code. */
export const ended = (
  site: Site,
  name: OutcomeName,
  display: Display,
  retry?: string
): HttpServerResponse.HttpServerResponse =>
  display === "json"
    ? outcomeAnswer(site, name, display, { retry })
    : redirect(outcomeAddress(site, name, display, retry))

/** The page at the address of an outcome; undefined where the query names none. */
export const outcomePage = (
  site: Site,
  parameters: URLSearchParams,
  display: Display
): HttpServerResponse.HttpServerResponse | undefined => {
  const name = parameters.get(own.outcome)
  // A tab that is signed in is back in the app: only a popup sees that page.
  if (!isOutcomeName(name) || (name === "signed-in" && display !== "popup")) return undefined
  const again = { retry: parameters.get(own.retry) ?? undefined }
  // A popup from which the sign-in can be tried again stays open.
  return display === "popup" && !outcome(name).mayBeTriedAgain
    ? lastPage(pageOf(site, name, display, again))
    : outcomeAnswer(site, name, display, again)
}
