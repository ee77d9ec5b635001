/** What a failed request proves. Claimed only where the runtime says so; everything else may have been sent. */

// No connection, or no TLS session on it: not one byte of the request has left.
const notSentCodes =
  /^(UND_ERR_CONNECT_TIMEOUT|ERR_SSL_WRONG_VERSION_NUMBER|UNABLE_TO_\w+|(ERR_TLS_)?CERT_\w+|\w*SIGNED_CERT\w*)$/

export interface Failure {
  /** The runtime's code (`ECONNREFUSED`), the first that is found. */
  readonly code: string | undefined
  /** Whether the request provably never left. */
  readonly notSent: boolean
}

// How many causes are looked at: none proves nothing, and where there are so many, there may be more.
const most = 9

const textOf = (u: unknown): string => (typeof u === "string" ? u : "")

/** Walks an error's `cause`, and every entry of its `errors`: each branch must prove it. */
export const failureOf = (error: unknown, depth = 0): Failure => {
  const { _tag, cause, code, errors, message, reason, syscall }: Record<string, unknown> = Object(error)
  const inner = [errors ?? cause]
    .flat()
    .slice(0, depth < 5 ? most : 0)
    .map((one) => failureOf(one, depth + 1))
  return {
    code: [textOf(code), ...inner.map((one) => one.code)].find((one) => /^[A-Z\d_]{3,60}$/.test(`${one}`)),
    notSent:
      syscall === "connect" ||
      syscall === "getaddrinfo" ||
      // The platform could not even make the request.
      (_tag === "RequestError" && (reason === "Encode" || reason === "InvalidUrl")) ||
      notSentCodes.test(textOf(code)) ||
      textOf(message).includes("before secure TLS connection was established") ||
      (_tag !== "ResponseError" && inner.length % most > 0 && inner.every((one) => one.notSent))
  }
}
