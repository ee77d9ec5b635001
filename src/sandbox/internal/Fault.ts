/** Faults on demand: another answer in place of the right one, or a way to break it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Operation } from "./Endpoint.js"
import { type ErrorShape, errorBody } from "./errorBody.js"
import * as Reply from "./Reply.js"

/**
 * How an answer is broken on its way.
 *
 * - `reset`: the connection is reset before any byte of the answer.
 * - `resetInBody`: it is reset halfway through the body.
 * - `truncated`: it is closed normally halfway through the body.
 * - `oversized`: 64 MiB of white space precede the body.
 * - `drip`: the body arrives at one byte every 100 milliseconds.
 * - `contentType`: the JSON body is labelled `text/html`.
 * - `invalidUtf8`: one byte of the body is not UTF-8.
 * - `redirect`: a 307 to the same endpoint.
 *
 * @since 0.1.0
 * @category faults
 */
export type Breakage =
  | "reset"
  | "resetInBody"
  | "truncated"
  | "oversized"
  | "drip"
  | "contentType"
  | "invalidUtf8"
  | "redirect"

/**
 * The ways in which a `Fault` can break an answer.
 *
 * @example
 * ```ts
 * import * as Sandbox from "effect-openrouter-oauth/Sandbox"
 *
 * const sandbox = Sandbox.toWebHandler()
 * // Every breakage once, one request after the other.
 * sandbox.addFault(...Sandbox.breakages.map((breakage) => ({ operation: "getCurrentKey", breakage }) as const))
 * ```
 *
 * @since 0.1.0
 * @category faults
 */
export const breakages: ReadonlyArray<Breakage> = [
  "reset",
  "resetInBody",
  "truncated",
  "oversized",
  "drip",
  "contentType",
  "invalidUtf8",
  "redirect"
]

/**
 * A fault. Its parts combine: a status with a body, a delay and a `Retry-After`, and a breakage.
 *
 * @since 0.1.0
 * @category faults
 */
export interface Fault {
  /** The endpoint. Defaults to every endpoint. */
  readonly operation?: Operation | undefined
  /** The number of requests that fail. Defaults to 1; `Infinity` lasts until `clear`. */
  readonly times?: number | undefined
  /** The time before the answer, on Effect's Clock. `Duration.infinity` never answers. */
  readonly delay?: Duration.DurationInput | undefined
  /** The status, from 200 to 599. From 400 on, the operation is not carried out, unless `processed` is true. */
  readonly status?: number | undefined
  /** The shape of the error body, or any content. Defaults to the endpoint's own: `oauth` for `createOauthToken`, else `standard`. */
  readonly body?: ErrorShape | { readonly contentType: string; readonly content: string | Uint8Array } | undefined
  /** The message in the error body. */
  readonly message?: string | undefined
  /** Sent as `Retry-After`, in whole seconds. */
  readonly retryAfter?: Duration.DurationInput | undefined
  /** Further headers of the answer. They replace headers of the same name. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly breakage?: Breakage | undefined
  /** Whether the operation is carried out, so that a code is used up although its answer is lost. Defaults to true for a status below 400. */
  readonly processed?: boolean | undefined
}

/**
 * The faults that are still to come, oldest first.
 *
 * @since 0.1.0
 * @category faults
 */
export interface Faults {
  readonly add: (...faults: ReadonlyArray<Fault>) => Effect.Effect<void>
  /** Removes the faults of one operation, or all of them. */
  readonly clear: (operation?: Operation | undefined) => Effect.Effect<void>
  /** Returns the faults that are left, with the `times` that are left. */
  readonly pending: Effect.Effect<ReadonlyArray<Fault>>
}

export interface FaultQueue extends Faults {
  /** Returns the next fault of an operation, and counts it down by one. */
  readonly take: (operation: Operation) => Fault | undefined
  /** Restores the first faults. */
  readonly reset: () => void
}

export const makeQueue = (initial: ReadonlyArray<Fault>): FaultQueue => {
  let left = [...initial]
  return {
    add: (...faults) =>
      Effect.sync(() => {
        left.push(...faults)
      }),
    clear: (operation) =>
      Effect.sync(() => {
        left = operation === undefined ? [] : left.filter((fault) => fault.operation !== operation)
      }),
    pending: Effect.sync(() => [...left]),
    take: (operation) => {
      const index = left.findIndex((fault) => fault.operation === undefined || fault.operation === operation)
      const fault = left[index]
      if (fault === undefined) return undefined
      const times = (fault.times ?? 1) - 1
      if (times > 0) left[index] = { ...fault, times }
      else left.splice(index, 1)
      return fault
    },
    reset: () => {
      left = [...initial]
    }
  }
}

/** Whether the operation is carried out before its answer goes wrong. */
export const isProcessed = (fault: Fault): boolean =>
  fault.processed ?? (fault.status === undefined || fault.status < 400)

const sentences: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "No cookie auth credentials found",
  403: "Forbidden",
  409: "Resource conflict. Please try again later.",
  429: "Rate limit exceeded",
  500: "Internal Server Error"
}

const withStatus = (fault: Fault, reply: Reply.Reply, shape: ErrorShape): Reply.Reply => {
  const status = fault.status ?? reply.status
  if (typeof fault.body === "object") return Reply.make(status, fault.body.contentType, fault.body.content)
  if (status < 400 && fault.body === undefined) return { ...reply, status }
  if (fault.status === undefined && fault.body === undefined) return reply
  return errorBody(fault.body ?? shape, status, fault.message ?? sentences[status] ?? "The sandbox was told to fail")
}

const withBreakage = (breakage: Breakage | undefined, reply: Reply.Reply, path: string): Reply.Reply => {
  switch (breakage) {
    case undefined:
      return reply
    case "reset":
      return { ...reply, delivery: "Reset" }
    case "resetInBody":
      return { ...reply, delivery: "ResetInBody" }
    case "truncated":
      return { ...reply, delivery: "Truncated" }
    case "oversized":
      return { ...reply, delivery: "Padded" }
    case "drip":
      return { ...reply, delivery: "Drip" }
    case "contentType":
      return Reply.withHeaders(reply, { "content-type": "text/html; charset=utf-8" })
    case "invalidUtf8":
      return { ...reply, body: withBadByte(reply.body) }
    case "redirect":
      return Reply.empty(307, { location: `${path}?redirected=1` })
  }
}

/** Adds a member whose name is one byte that is not UTF-8. A reader that replaces such bytes sees a valid answer. */
const withBadByte = (body: Uint8Array): Uint8Array => {
  const rest = body[0] === 0x7b ? body.subarray(1) : body
  const start = new TextEncoder().encode('{"?":0,')
  start[2] = 0xff
  const bytes = new Uint8Array(start.length + rest.length)
  bytes.set(start)
  bytes.set(rest, start.length)
  return bytes
}

/** Applies a fault to the right answer, `reply`. `shape` is the error body if the fault names none. */
export const apply = (fault: Fault, reply: Reply.Reply, path: string, shape: ErrorShape): Reply.Reply => {
  const broken = withBreakage(fault.breakage, withStatus(fault, reply, shape), path)
  return Reply.withHeaders(broken, {
    ...(fault.status !== undefined &&
      fault.status >= 300 &&
      fault.status < 400 && { location: `${path}?redirected=1` }),
    ...(fault.retryAfter !== undefined && {
      "retry-after": String(Math.ceil(Duration.toSeconds(fault.retryAfter)))
    }),
    ...fault.headers
  })
}
