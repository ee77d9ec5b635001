/** What a failed request proves. Claimed only where the runtime says so; everything else may have been sent. */

// No connection, or no TLS session on it: not one byte of the request has left.
const notSentCodes =
  /^(?:UND_ERR_CONNECT_TIMEOUT|ERR_SSL_WRONG_VERSION_NUMBER|(?:ERR_TLS_)?CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+)$/

export interface Failure {
  /** The runtime's code (`ECONNREFUSED`), the first that is found. */
  readonly code: string | undefined
  /** Whether the request provably never left. */
  readonly notSent: boolean
}

const textOf = (u: unknown): string => (typeof u === "string" ? u : "")

/** Walks an error's `cause`, and every entry of its `errors`: each branch must prove it. */
export const failureOf = (error: unknown, depth = 0): Failure => {
  const { _tag, cause, code, errors, message, reason, syscall }: Record<string, unknown> = Object(error)
  const causes: ReadonlyArray<unknown> =
    Array.isArray(errors) && errors.length > 0 ? errors.slice(0, 9) : cause ? [cause] : []
  const inner = depth < 5 ? causes.map((one) => failureOf(one, depth + 1)) : []
  return {
    code: [code, ...inner.map((one) => one.code)].map(textOf).find((one) => /^[A-Z][A-Z0-9_]{2,59}$/.test(one)),
    notSent:
      syscall === "connect" ||
      syscall === "getaddrinfo" ||
      // The platform could not even make the request.
      (_tag === "RequestError" && (reason === "Encode" || reason === "InvalidUrl")) ||
      notSentCodes.test(textOf(code)) ||
      textOf(message).includes("before secure TLS connection was established") ||
      (_tag !== "ResponseError" && inner.length > 0 && inner.every((one) => one.notSent))
  }
}
