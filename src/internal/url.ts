/** Checks the URLs that the library calls, and those that it sends a browser to. */
import { orUndefined } from "./orUndefined.js"

const loopbackHosts = ["localhost", "127.0.0.1", "[::1]"]

/** Whether a URL is https, or http to a literal loopback host. */
export const isSecure = (url: URL): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && loopbackHosts.includes(url.hostname))

export const parse = (input: unknown): URL | undefined => orUndefined(() => new URL(String(input)))

/** Returns the fault of a URL, as the end of a sentence, or undefined. A URL with a user name is never allowed. */
const urlFault = (input: unknown, isAllowed: (url: URL) => boolean, rule: string): string | undefined => {
  const url = parse(input)
  return url && !url.username && !url.password && isAllowed(url)
    ? undefined
    : `must be https, or http on localhost, 127.0.0.1 or [::1], without user name${rule}`
}

// Schemes that a browser would run, read, fetch or open itself, or that wrap another URL (`feed:javascript:…`); every
// other private-use scheme belongs to an app.
const refusedSchemes = new Set(
  [
    ["http", "https", "ws", "wss", "ftp", "file", "filesystem", "blob", "data", "cid", "mhtml", "jar", "resource"],
    ["javascript", "vbscript", "livescript", "mocha", "feed", "pcast", "view-source", "wyciwyg", "about"],
    ["chrome", "chrome-search", "chrome-untrusted", "devtools", "edge", "brave", "opera", "vivaldi", "moz-icon"]
  ].flat()
)

export const callbackUrlFault = (input: unknown): string | undefined =>
  urlFault(
    input,
    (url) => isSecure(url) || !refusedSchemes.has(url.protocol.slice(0, -1)),
    ", or have an app's own scheme"
  )

export const defaultBaseUrl = "https://openrouter.ai/api/v1"

export const baseUrlFault = (input: unknown, allowInsecureHttp: boolean): string | undefined =>
  urlFault(
    input,
    (url) => !/[?#]/.test(url.href) && (isSecure(url) || (allowInsecureHttp && url.protocol === "http:")),
    ", query or fragment"
  )
