/** The log of requests, without secrets. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { cleaner } from "../../internal/redact.js"
import type { Operation } from "./Endpoint.js"
import type { Breakage } from "./Fault.js"
import type { Incoming } from "./Reply.js"

/**
 * A request that was received, and the status of its answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReceivedRequest {
  /** Milliseconds since 1970, on Effect's Clock. */
  readonly receivedAt: number
  readonly method: string
  /** Without the query, which may hold a code. */
  readonly path: string
  /** Undefined for pages, and for requests that match no endpoint. */
  readonly operation: Operation | undefined
  /** The status of the answer. With a breakage, the client may not receive it. */
  readonly status: number
  readonly breakage: Breakage | undefined
  /** Lower-case names; `authorization` and `cookie` are Redacted. */
  readonly headers: Readonly<Record<string, string | Redacted.Redacted<string>>>
}

/**
 * The log of requests: the last 1,000, and how many there were.
 *
 * @since 0.1.0
 * @category models
 */
export interface Requests {
  /** Returns the last 1,000 requests, oldest first. */
  readonly all: Effect.Effect<ReadonlyArray<ReceivedRequest>>
  /** Counts the requests of one operation, or all of them, including those that `all` no longer returns. */
  readonly count: (operation?: Operation | undefined) => Effect.Effect<number>
  /** Empties the log and sets the counts to 0. */
  readonly clear: Effect.Effect<void>
}

export interface RequestLog extends Requests {
  readonly add: (request: ReceivedRequest) => void
  readonly reset: () => void
}

const kept = 1_000
/** The log is cut after that many more entries, not after each one. */
const slack = 1_000

export const makeLog = (onRequest: ((request: ReceivedRequest) => void) | undefined): RequestLog => {
  let entries: Array<ReceivedRequest> = []
  let counts = new Map<Operation | undefined, number>()
  const reset = () => {
    entries = []
    counts = new Map()
  }
  return {
    all: Effect.sync(() => entries.slice(-kept)),
    count: (operation) =>
      Effect.sync(() =>
        operation === undefined
          ? [...counts.values()].reduce((sum, count) => sum + count, 0)
          : (counts.get(operation) ?? 0)
      ),
    clear: Effect.sync(reset),
    reset,
    add: (request) => {
      entries.push(request)
      if (entries.length >= kept + slack) entries = entries.slice(-kept)
      counts.set(request.operation, (counts.get(request.operation) ?? 0) + 1)
      onRequest?.(request)
    }
  }
}

const clean = cleaner([])

/** Keeps the log small: at most 32 headers, each value and the path cut. */
const maxHeaders = 32
const maxCharacters = 256
const maxSecretCharacters = 1024

const short = (text: string) => clean(text.slice(0, maxCharacters))

/** The page that a request came from may be a callback with its code. */
const withoutQuery = (url: string) => url.replace(/[?#].*/s, "")

const secretHeaders = ["authorization", "cookie"]

/** Returns the parts of a request that may be kept. */
export const describe = (request: Incoming) => ({
  method: clean(request.method),
  path: short(request.url.pathname),
  headers: Object.fromEntries(
    Object.entries(request.headers)
      .slice(0, maxHeaders)
      .map(([name, value]) => [
        name,
        secretHeaders.includes(name)
          ? Redacted.make(value.slice(0, maxSecretCharacters))
          : short(name === "referer" ? withoutQuery(value) : value)
      ])
  )
})
