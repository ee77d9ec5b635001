/** What may stand in a request header: `Headers` throws on the rest, and only once the request is on its way. */

import * as Duration from "effect/Duration"
import type { Answer } from "./answer.js"

/** The first thing wrong with a header value, as the end of a sentence. */
export const headerFault = (value: unknown): string | undefined =>
  typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? undefined : "must be one line of Latin-1 text"

/** The first thing wrong with an API key. */
export const apiKeyFault = (key: unknown): string | undefined =>
  typeof key === "string" && /^[\x21-\x7e]+$/.test(key) ? undefined : "must be ASCII without spaces"

/** `Retry-After` (seconds or an HTTP date) and `retry-after-ms`; undefined where neither makes sense, or is over. */
export const retryAfter = (header: Answer["header"], now: number): Duration.Duration | undefined => {
  const after = `${header("retry-after")}`
  return [amount(`${header("retry-after-ms")}`), amount(after) * 1000, Date.parse(after) - now].flatMap((millis) =>
    millis >= 0 ? Duration.millis(millis) : []
  )[0]
}

const amount = (text: string): number => Number(/^[\d. ]+$/.exec(text) ?? "none")
