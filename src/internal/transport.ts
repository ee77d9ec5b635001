/** What a failed request proves. Claimed only where the runtime says so; everything else may have been sent. */
import * as Predicate from "effect/Predicate"

// No connection, or no TLS session on it: not one byte of the request has left.
const notSentCodes =
  /^(?:UND_ERR_CONNECT_TIMEOUT|ERR_SSL_WRONG_VERSION_NUMBER|ERR_TLS_CERT_ALTNAME_INVALID|CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+)$/

const textAt = (u: object, name: string): string =>
  Predicate.hasProperty(u, name) && typeof u[name] === "string" ? u[name] : ""

const errorsOf = (u: object): ReadonlyArray<unknown> =>
  "errors" in u && Array.isArray(u.errors) && u.errors.length > 0 ? u.errors : "cause" in u ? [u.cause] : []

/** Walks an error's `cause` and every entry of its `errors`: each branch must prove it. */
export const provablyNotSent = (error: unknown, depth = 0): boolean => {
  if (!Predicate.isObject(error) || depth === 8) return false
  if ("syscall" in error && (error.syscall === "connect" || error.syscall === "getaddrinfo")) return true
  if (notSentCodes.test(textAt(error, "code"))) return true
  if (/before secure TLS connection was established/.test(textAt(error, "message"))) return true
  const inner = errorsOf(error)
  return inner.length > 0 && inner.every((cause) => provablyNotSent(cause, depth + 1))
}

/** The runtime's code of a failure (`ECONNREFUSED`), the first that is found. */
export const codeOf = (error: unknown, depth = 0): string | undefined => {
  if (!Predicate.isObject(error) || depth === 8) return undefined
  const own = textAt(error, "code")
  if (/^[A-Z][A-Z0-9_]{2,59}$/.test(own)) return own
  for (const cause of errorsOf(error)) {
    const code = codeOf(cause, depth + 1)
    if (code !== undefined) return code
  }
  return undefined
}
