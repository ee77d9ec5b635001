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

/** The first thing wrong with a callback URL, as the end of a sentence; undefined when it may be used. */
export const callbackUrlFault = (input: unknown): string | undefined => {
  const url = parse(input)
  if (url === undefined) return "must be an absolute URL, such as https://app.example/callback"
  if (url.username !== "" || url.password !== "") return "must not hold a user name or password"
  if (!isSecure(url) && refusedSchemes.test(url.protocol)) {
    return "must be https, http on localhost, 127.0.0.1 or [::1], or an app's own scheme"
  }
  return undefined
}

export const defaultBaseUrl = "https://openrouter.ai/api/v1"

/** The first thing wrong with the base URL of the API, as the end of a sentence; undefined when it may be used. */
export const baseUrlFault = (input: unknown, allowInsecureHttp: boolean): string | undefined => {
  const url = parse(input)
  if (url === undefined) return `must be an absolute URL, such as ${defaultBaseUrl}`
  if (url.username !== "" || url.password !== "") return "must not hold a user name or password"
  if (/[?#]/.test(url.href)) return "must not have a query or fragment"
  if (!isSecure(url) && !(allowInsecureHttp && url.protocol === "http:")) {
    return "must be https, or http on localhost, 127.0.0.1 or [::1]; allowInsecureHttp allows http elsewhere"
  }
  return undefined
}
