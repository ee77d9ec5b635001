/** What a failed request proves. Claimed only where the runtime says so; everything else may have been sent. */
import * as Predicate from "effect/Predicate"
import { outcomeUnknown } from "../internal/remedy.js"
import { ConnectionFailed, ConnectionLost, type Operation } from "../OAuthError.js"

// No connection, or no TLS session on it: not one byte of the request has left.
const notSentCodes =
  /^(UND_ERR_CONNECT_TIMEOUT|ERR_SSL_WRONG_VERSION_NUMBER|UNABLE_TO_\w+|(ERR_TLS_)?CERT_\w+|\w*SIGNED_CERT\w*)$/

// The codes that runtimes give. Only these are shown: any other text may be a secret.
const runtimeCodes = new Set(
  (
    "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EAI_AGAIN EAI_FAIL EAI_NODATA EAI_NONAME EALREADY EBADF ECANCELED " +
    "ECONNABORTED ECONNREFUSED ECONNRESET EDESTADDRREQ EHOSTDOWN EHOSTUNREACH EINPROGRESS EINVAL EIO EISCONN EMFILE EMSGSIZE " +
    "ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODATA ENOENT ENOMEM ENOPROTOOPT ENOTCONN ENOTFOUND EPERM EPIPE EPROTO " +
    "EPROTONOSUPPORT EREFUSED ESERVFAIL ETIMEDOUT ETIMEOUT ERR_BAD_RESPONSE ERR_HTTP2_ERROR ERR_HTTP2_STREAM_ERROR " +
    "ERR_INVALID_URL ERR_NETWORK ERR_SOCKET_CLOSED ERR_SOCKET_CONNECTION_TIMEOUT ERR_SSL_WRONG_VERSION_NUMBER " +
    "ERR_SSL_PACKET_LENGTH_TOO_LONG ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION " +
    "ERR_SSL_TLSV1_UNRECOGNIZED_NAME ERR_SSL_UNSUPPORTED_PROTOCOL ERR_STREAM_PREMATURE_CLOSE ERR_TLS_CERT_ALTNAME_FORMAT " +
    "ERR_TLS_CERT_ALTNAME_INVALID ERR_TLS_CERT_SIGNATURE_ALGORITHM_UNSUPPORTED ERR_TLS_HANDSHAKE_TIMEOUT CERT_CHAIN_TOO_LONG " +
    "CERT_HAS_EXPIRED CERT_NOT_YET_VALID CERT_REJECTED CERT_REVOKED CERT_SIGNATURE_FAILURE CERT_UNTRUSTED " +
    "DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN HOSTNAME_MISMATCH INVALID_CA INVALID_PURPOSE " +
    "UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_VERIFY_LEAF_SIGNATURE " +
    "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY UNABLE_TO_DECRYPT_CERT_SIGNATURE UND_ERR UND_ERR_ABORTED UND_ERR_BODY_TIMEOUT " +
    "UND_ERR_CLOSED UND_ERR_CONNECT_TIMEOUT UND_ERR_DESTROYED UND_ERR_HEADERS_OVERFLOW UND_ERR_HEADERS_TIMEOUT UND_ERR_INFO " +
    "UND_ERR_INVALID_ARG UND_ERR_NOT_SUPPORTED UND_ERR_PRX_TLS UND_ERR_REQ_CONTENT_LENGTH_MISMATCH " +
    "UND_ERR_RES_CONTENT_LENGTH_MISMATCH UND_ERR_RES_EXCEEDED_MAX_SIZE UND_ERR_RESPONSE UND_ERR_SOCKET Z_BUF_ERROR Z_DATA_ERROR " +
    "Z_ERRNO Z_MEM_ERROR Z_NEED_DICT Z_STREAM_ERROR Z_VERSION_ERROR HPE_CB_CHUNK_COMPLETE HPE_CB_HEADERS_COMPLETE " +
    "HPE_CB_MESSAGE_COMPLETE HPE_CHUNK_EXTENSIONS_OVERFLOW HPE_CLOSED_CONNECTION HPE_CR_EXPECTED HPE_HEADER_OVERFLOW " +
    "HPE_INTERNAL HPE_INVALID_CHUNK_SIZE HPE_INVALID_CONSTANT HPE_INVALID_CONTENT_LENGTH HPE_INVALID_EOF_STATE " +
    "HPE_INVALID_HEADER_TOKEN HPE_INVALID_STATUS HPE_INVALID_TRANSFER_ENCODING HPE_INVALID_VERSION HPE_LF_EXPECTED " +
    "HPE_INVALID_METHOD HPE_INVALID_URL HPE_PAUSED HPE_STRICT HPE_UNEXPECTED_CONTENT_LENGTH HPE_UNEXPECTED_SPACE HPE_USER"
  ).split(" ")
)

export interface Failure {
  /** The runtime's code (`ECONNREFUSED`), the first that is found. */
  readonly code: string | undefined
  /** Whether the request provably never left. */
  readonly notSent: boolean
}

// How many causes are looked at: none proves nothing, and where there are so many, there may be more.
const most = 9

const fieldsOf = (error: unknown): { readonly [name: string]: unknown } => (Predicate.isRecord(error) ? error : {})

const textOf = (u: unknown): string => (typeof u === "string" ? u : "")

/** Walks an error's `cause`, and every entry of its `errors`: each branch must prove it. */
export const failureOf = (error: unknown, depth = 0): Failure => {
  const { _tag, cause, code, errors, message, reason, syscall } = fieldsOf(error)
  const inner = [errors ?? cause]
    .flat()
    .slice(0, depth < 5 ? most : 0)
    .map((one) => failureOf(one, depth + 1))
  return {
    code: [textOf(code), ...inner.map((one) => one.code)].find((one) => one !== undefined && runtimeCodes.has(one)),
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

/** The error of a request that got no answer, or not all of it. What was answered was sent. */
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
        message: `${operation} could not connect to ${peer}: nothing was sent. Check the base URL and the network, then try again.`
      })
    : new ConnectionLost({ operation, message: outcomeUnknown(operation, `lost its connection to ${peer}`) })
}
