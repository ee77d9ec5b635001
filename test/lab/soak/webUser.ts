/** A user of a web site in the soak: a browser, reduced to its cookies, between two servers of one store. */
import * as Effect from "effect/Effect"
import { request } from "../../util/loopback.js"

export type WebOutcome =
  | { readonly _tag: "Key"; readonly key: string; readonly confirmed: string }
  /** A fault of the sandbox ended it. */
  | { readonly _tag: "Failed" }
  | { readonly _tag: "Left" }
  /** "This sign-in is over", though this browser did not complete it. */
  | { readonly _tag: "Over"; readonly sawOutage: boolean }
  | { readonly _tag: "Unexpected"; readonly what: string }

export interface Visit {
  /** The servers: a callback comes to another one than began. */
  readonly origins: readonly [string, string]
  /** Closes the window on OpenRouter's page. */
  readonly leaves: boolean
  /** Sends the callback to both servers at once, as an impatient browser does. */
  readonly twice: boolean
  /** Somebody else, without the cookie, sends the callback first. */
  readonly intruder: boolean
  /** Waits on OpenRouter's page. */
  readonly pause: Effect.Effect<void>
  /** Told each time the store could not be reached. */
  readonly onOutage: () => void
}

const faultOutcomes = ["failed", "busy", "refused"]
const outages = ["unavailable", "unreachable"]

/** How long a person waits before they press "Try again". */
const patience = "250 millis"

const browser = () => {
  const cookies = new Map<string, string>()
  const open = (url: URL, withCookies = true) =>
    Effect.map(
      request(url, {
        agent: false,
        headers: withCookies ? { cookie: Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ") } : {}
      }),
      ({ body, headers, status }) => {
        for (const line of headers["set-cookie"] ?? []) {
          const [pair = ""] = line.split(";", 1)
          const [name = "", ...value] = pair.split("=")
          if (line.includes("Max-Age=0;")) cookies.delete(name)
          else if (withCookies) cookies.set(name, value.join("="))
        }
        const location = headers.location === undefined ? undefined : new URL(headers.location, url)
        return { status, body, headers, location }
      }
    )
  return { open }
}

const unexpected = (what: string): WebOutcome => ({ _tag: "Unexpected", what })

/** One whole sign-in. */
export const visit = ({ intruder, leaves, onOutage, origins, pause, twice }: Visit): Effect.Effect<WebOutcome> =>
  Effect.gen(function* () {
    const { open } = browser()
    const [beganAt, comesTo] = origins
    let sawOutage = false

    const begin = Effect.gen(function* () {
      for (;;) {
        const answer = yield* open(new URL("/auth/openrouter", beganAt))
        if (answer.status !== 503) return answer
        onOutage()
        yield* Effect.sleep(patience)
      }
    })

    /** Presses "Try again" for as long as the store or OpenRouter cannot be reached. */
    const complete = (origin: string, path: string): Effect.Effect<WebOutcome> =>
      Effect.gen(function* () {
        const { headers, location, status } = yield* open(new URL(path, origin))
        const key = headers["x-key"]
        if (typeof key === "string") return { _tag: "Key", key, confirmed: String(headers["x-confirmed"]) } as const
        const outcome = location?.searchParams.get("outcome") ?? `status ${status}`
        if (faultOutcomes.includes(outcome)) return { _tag: "Failed" } as const
        if (outcome === "over") return { _tag: "Over", sawOutage } as const
        const retry = location?.searchParams.get("retry")
        if (!outages.includes(outcome)) return unexpected(`the callback ended as ${outcome}`)
        sawOutage = true
        onOutage()
        yield* Effect.sleep(patience)
        return yield* complete(origin, retry ? `/auth/openrouter/callback?retry=${retry}` : path)
      })

    const begun = yield* begin
    if (begun.status !== 303 || begun.location === undefined) return unexpected(`begin answered ${begun.status}`)
    if (leaves) return { _tag: "Left" } as const
    const consented = yield* open(begun.location, false)
    if (consented.location === undefined) return unexpected(`OpenRouter's page answered ${consented.status}`)
    yield* pause
    const path = `${consented.location.pathname}${consented.location.search}`
    if (intruder) {
      const answer = yield* open(new URL(path, comesTo), false)
      if (answer.headers["x-key"] !== undefined) return unexpected("another browser completed the sign-in")
    }
    if (!twice) return yield* complete(comesTo, path)
    const both = yield* Effect.all([complete(comesTo, path), complete(beganAt, path)], { concurrency: 2 })
    const ended = both.filter(({ _tag }) => _tag !== "Over")
    if (ended.length > 1) return unexpected(`both callbacks ended: ${ended.map(({ _tag }) => _tag).join(", ")}`)
    return ended[0] ?? { _tag: "Over", sawOutage }
  })
