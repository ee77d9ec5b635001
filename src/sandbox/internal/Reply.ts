/** Requests and answers of the sandbox, independent of any server or client. */
import * as Headers from "@effect/platform/Headers"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"

/** A request, read from a socket, a `Request` or an `HttpClientRequest`. */
export interface Incoming {
  readonly method: string
  readonly url: URL
  readonly headers: Headers.Headers
  /** The body; undefined if it is larger than 64 KiB. */
  readonly text: Effect.Effect<string | undefined>
}

/** Returns a header of the request, by its name in lower case. */
export const headerOf = (request: Incoming, name: string): string | undefined =>
  Option.getOrUndefined(Headers.get(request.headers, name))

/** 64 KiB, far more than any request of the API needs. */
export const maxRequestBytes = 64 * 1024

/**
 * How an answer is delivered.
 *
 * - `Reset`: the connection breaks before anything is sent.
 * - `ResetInBody`, `Truncated`: it breaks, or ends, halfway through the body.
 * - `Padded`: 64 MiB of white space precede the body.
 * - `Drip`: a byte every 100 milliseconds.
 */
export type Delivery = "Whole" | "Reset" | "ResetInBody" | "Truncated" | "Padded" | "Drip"

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly delivery: Delivery
}

const encoder = new TextEncoder()

export const make = (
  status: number,
  contentType: string | undefined,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {}
): Reply => ({
  status,
  headers: { ...(contentType !== undefined && { "content-type": contentType }), ...headers },
  body: typeof body === "string" ? encoder.encode(body) : body,
  delivery: "Whole"
})

export const json = (status: number, body: unknown, headers?: Readonly<Record<string, string>>): Reply =>
  make(status, "application/json", JSON.stringify(body), headers)

export const empty = (status: number, headers?: Readonly<Record<string, string>>): Reply =>
  make(status, undefined, "", headers)

export const withHeaders = (reply: Reply, headers: Readonly<Record<string, string>>): Reply => ({
  ...reply,
  headers: { ...reply.headers, ...headers }
})

/** Statuses that never have a body (RFC 9110, section 6.4.1). */
export const hasBody = (reply: Reply): boolean => reply.status !== 204 && reply.status !== 205 && reply.status !== 304

/** How a body breaks off: the connection is reset, or it is closed normally but too early. */
export type Break = "reset" | "end"

const block = new Uint8Array(64 * 1024).fill(32)
const blocks = 1024

const half = (body: Uint8Array) => body.subarray(0, Math.ceil(body.length / 2))

/** Returns the body as it arrives, for every delivery except `Whole` and `Reset`. */
export const bodyStream = (reply: Reply): Stream.Stream<Uint8Array, Break> => {
  switch (reply.delivery) {
    case "ResetInBody":
      return Stream.concat(Stream.make(half(reply.body)), Stream.fail("reset"))
    case "Truncated":
      return Stream.concat(Stream.make(half(reply.body)), Stream.fail("end"))
    case "Padded":
      return Stream.concat(
        Stream.repeatEffect(Effect.succeed(block)).pipe(Stream.take(blocks)),
        Stream.make(reply.body)
      )
    case "Drip":
      return Stream.fromIterable(reply.body).pipe(
        Stream.map((byte) => Uint8Array.of(byte)),
        Stream.schedule(Schedule.spaced(Duration.millis(100)))
      )
    default:
      return Stream.make(reply.body)
  }
}
