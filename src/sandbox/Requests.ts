/** What the sandbox was asked, without anything secret. */
import * as Headers from "@effect/platform/Headers"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { cleaner } from "../internal/text.js"
import type { Operation } from "../OAuthError.js"
import type { Breakage } from "./Fault.js"
import type { Incoming } from "./Reply.js"

/**
 * A request that was received, and what was decided about it.
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
  /** Undefined for pages and for requests that reach no endpoint. */
  readonly operation: Operation | undefined
  /** The status that was decided on; what arrives of it is another thing where there is a breakage. */
  readonly status: number
  readonly breakage: Breakage | undefined
  /** Lower-case names; `authorization` and `cookie` are Redacted. */
  readonly headers: Readonly<Record<string, string | Redacted.Redacted<string>>>
}

/**
 * The requests of the sandbox: the last 1,000 of them, and how many there were.
 *
 * @since 0.1.0
 * @category models
 */
export interface Requests {
  /** Oldest first. */
  readonly all: Effect.Effect<ReadonlyArray<ReceivedRequest>>
  /** How many were received, of one operation or altogether, also when `all` no longer holds them. */
  readonly count: (operation?: Operation | undefined) => Effect.Effect<number>
  readonly clear: Effect.Effect<void>
}

export interface RequestLog extends Requests {
  readonly add: (request: ReceivedRequest) => void
}

const kept = 1000

export const makeLog = (onRequest: ((request: ReceivedRequest) => void) | undefined): RequestLog => {
  let entries: Array<ReceivedRequest> = []
  let counts = new Map<Operation | undefined, number>()
  return {
    all: Effect.sync(() => entries.slice(-kept)),
    count: (operation) =>
      Effect.sync(() =>
        operation === undefined
          ? [...counts.values()].reduce((sum, count) => sum + count, 0)
          : (counts.get(operation) ?? 0)
      ),
    clear: Effect.sync(() => {
      entries = []
      counts = new Map()
    }),
    add: (request) => {
      entries.push(request)
      if (entries.length >= 2 * kept) entries = entries.slice(-kept)
      counts.set(request.operation, (counts.get(request.operation) ?? 0) + 1)
      onRequest?.(request)
    }
  }
}

const clean = cleaner([])

/** The page a request came from may be a callback, with its code. */
const withoutQuery = (url: string) => url.replace(/[?#].*/s, "")

/** The parts of a request that may be kept. */
export const describe = (request: Incoming) => ({
  method: clean(request.method),
  path: clean(request.url.pathname),
  headers: Object.fromEntries(
    Object.entries(Headers.redact(request.headers, ["authorization", "cookie"])).map(([name, value]) => [
      name,
      Redacted.isRedacted(value) ? value : clean(name === "referer" ? withoutQuery(value) : value)
    ])
  )
})
