/** Tells a request that was never sent from one that may have been. Only the runtime's own errors prove the first. */
import { fieldsOf } from "../internal/fieldsOf.js"
import { checkAddress, outcomeUnknown } from "../internal/remedy.js"
import { ConnectionFailed, ConnectionLost, type Operation } from "../OAuthError.js"

// No connection, no tunnel through a proxy, or no TLS session: not one byte of the request has left.
const notSentCodes =
  /^(UND_ERR_CONNECT_TIMEOUT|ERR_PROXY_TUNNEL|ERR_SSL_WRONG_VERSION_NUMBER|UNABLE_TO_\w+|(ERR_TLS_)?CERT_\w+|\w*SIGNED_CERT\w*)$/

// undici: a proxy refused the tunnel. Its code alone (UND_ERR_ABORTED) also stands for requests that were sent.
const refusedTunnel = /^Proxy response \(\d{3}\) !== 200 when HTTP Tunneling$/

// The shape of the codes that runtimes give: `ECONNRESET`, `ERR_TLS_CERT_ALTNAME_INVALID`, `UND_ERR_SOCKET`, `HPE_INVALID_CONSTANT`. Only these
// are shown: any other text may be a secret. A key has small letters, a verifier is longer than any of their words.
const runtimeCode =
  /^(?:E[A-Z]{2,15}|(?:EAI|ERR|UND|HPE|Z|CERT|UNABLE|DEPTH|SELF|HOSTNAME|INVALID)(?:_[A-Z]{1,15}\d{0,2}){1,8})$/

export interface Failure {
  /** The runtime's code (`ECONNREFUSED`), the first that is found. */
  readonly code: string | undefined
  /** Whether the request provably never left. */
  readonly notSent: boolean
}

// At most this many causes are read. An error with none, or with more, proves nothing.
const most = 9

const textOf = (u: unknown): string => (typeof u === "string" ? u : "")

/** Walks an error's `cause`, and every entry of its `errors`: each branch must prove it. */
export const failureOf = (error: unknown, depth = 0): Failure => {
  const { _tag, cause, code, errors, message, name, reason, syscall } = fieldsOf(error)
  const inner = [errors ?? cause]
    .flat()
    .slice(0, depth < 5 ? most : 0)
    .map((one) => failureOf(one, depth + 1))
  return {
    code: [textOf(code), ...inner.map((one) => one.code)].find((one) => one !== undefined && runtimeCode.test(one)),
    notSent:
      syscall === "connect" ||
      syscall === "getaddrinfo" ||
      // The platform could not even make the request.
      (_tag === "RequestError" && (reason === "Encode" || reason === "InvalidUrl")) ||
      notSentCodes.test(textOf(code)) ||
      // Bun names no syscall.
      (code === "ECONNREFUSED" && syscall === undefined) ||
      (code === "UND_ERR_ABORTED" && refusedTunnel.test(textOf(message))) ||
      textOf(message).includes("before secure TLS connection was established") ||
      // Deno: it did not connect, or the program lacks the permission to.
      textOf(message).includes("client error (Connect)") ||
      name === "NotCapable" ||
      (_tag !== "ResponseError" && inner.length % most > 0 && inner.every((one) => one.notSent))
  }
}

/** Returns the error of a request that got no whole answer. A request that was answered was sent. */
export const connectionError = (
  operation: Operation,
  host: string,
  cause: unknown,
  progress: "not answered" | "answered"
): ConnectionFailed | ConnectionLost => {
  const { code, notSent } = failureOf(cause)
  const peer = code === undefined ? host : `${host} (${code})`
  return notSent && progress === "not answered"
    ? new ConnectionFailed({
        operation,
        message: `${operation} could not connect to ${peer}: nothing was sent. ${checkAddress}`
      })
    : new ConnectionLost({ operation, message: outcomeUnknown(operation, `lost its connection to ${peer}`) })
}
