/** Checks values of request headers before any I/O, and reads `Retry-After`. */
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import type { Answer } from "./transport.js"

/** Returns the fault of a header value, as the end of a sentence, or undefined. */
export const headerFault = (value: unknown): string | undefined =>
  typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? undefined : "must be one line of Latin-1 text"

const missing = "is missing: give an API key (OPENROUTER_API_KEY)"

/** Returns the fault of an API key, as the end of a sentence, or undefined. The key is sent in a header. */
export const keyFault = (key: unknown, isRequired: boolean): string | undefined => {
  if (key === undefined) return isRequired ? missing : undefined
  if (!Redacted.isRedacted(key)) return "must be Redacted: wrap it with Redacted.make"
  const text = Redacted.value(key)
  if (text === undefined || text === "") return missing
  return typeof text === "string" && /^[\x21-\x7e]+$/.test(text) ? undefined : "must be ASCII without spaces"
}

/** Reads `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date. Undefined if neither is valid, or the date is past. */
export const retryAfter = (header: Answer["header"], now: number): Duration.Duration | undefined => {
  const after = header("retry-after") ?? ""
  const millis = amount(header("retry-after-ms") ?? "") ?? seconds(after) ?? untilDate(after, now)
  return millis === undefined ? undefined : Duration.millis(millis)
}

const amount = (text: string): number | undefined => (/^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined)

const seconds = (text: string): number | undefined => {
  const count = amount(text)
  return count === undefined ? undefined : count * 1000
}

// The three forms of RFC 9110, section 5.6.7; each begins with the day of the week. All are GMT, also the one that does not say so.
const httpDate = /^\s*(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? ([\w :-]+?)(?: GMT)?\s*$/

const untilDate = (text: string, now: number): number | undefined => {
  const date = httpDate.exec(text)?.[1]
  const millis = date === undefined ? Number.NaN : Date.parse(`${date} GMT`) - now
  return millis >= 0 ? millis : undefined
}
