/** Which URLs the library talks to, and which it lets a browser be sent to. */

const loopbackHosts = ["localhost", "127.0.0.1", "[::1]"]

/** https anywhere, or plain http to a literal loopback host. */
export const isSecure = (url: URL): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && loopbackHosts.includes(url.hostname))

export const parse = (input: unknown): URL | undefined => {
  try {
    return new URL(String(input))
  } catch {
    return undefined
  }
}

// Schemes that a browser would run, read or fetch itself; every other private-use scheme belongs to an app.
const refusedSchemes = /^(?:https?|wss?|ftp|file|blob|data|javascript|vbscript|about|filesystem|view-source):$/

const hasUser = ({ password, username }: URL): boolean => username !== "" || password !== ""

/** What a callback URL must be, as the end of a sentence; undefined when it is. */
export const callbackUrlFault = (input: unknown): string | undefined => {
  const url = parse(input)
  return url === undefined || hasUser(url) || (!isSecure(url) && refusedSchemes.test(url.protocol))
    ? "must be an https URL without user name, http on localhost, 127.0.0.1 or [::1], or an app's own scheme"
    : undefined
}

export const defaultBaseUrl = "https://openrouter.ai/api/v1"

/** What the base URL of the API must be, as the end of a sentence; undefined when it is. */
export const baseUrlFault = (input: unknown, allowInsecureHttp: boolean): string | undefined => {
  const url = parse(input)
  return url === undefined ||
    hasUser(url) ||
    /[?#]/.test(url.href) ||
    !(isSecure(url) || (allowInsecureHttp && url.protocol === "http:"))
    ? "must be an https URL without user name, query or fragment, or http on localhost, 127.0.0.1 or [::1]"
    : undefined
}
