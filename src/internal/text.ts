/**
 * Text that came from outside (a server, a callback URL, a failed fetch) on its way into an error message:
 * stripped, scrubbed, then cut. In that order: invisible characters must not hide a secret from the scrubber, and a cut
 * must not leave half of one.
 */
import * as Encoding from "effect/Encoding"
import * as Predicate from "effect/Predicate"
import { escape } from "effect/RegExp"
import { orUndefined } from "./url.js"

const maxLength = 500

/** Takes out control and format characters (terminal escapes, bidi marks); line breaks become spaces. One for one. */
export const strip = (text: string): string =>
  text.replace(/[\t\n\r\u2028\u2029]/g, " ").replace(/[\p{Cc}\p{Cf}]/gu, "")

/** At most 500 characters. */
export const cut = (text: string): string =>
  text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, "")}…`

const undo = (text: string): string =>
  text.replace(/\\+u([0-9a-f]{4})|%(?:25)*([0-7][0-9a-f])|\\+/gi, (_, unit, byte = unit) =>
    byte ? String.fromCharCode(Number(`0x${byte}`)) : ""
  )

/** What a text says once JSON's escapes and the percent-encoding of ASCII are undone; twice, for the one within the other. */
const decoded = (text: string): string => strip(undo(undo(text)))

// A longer secret is known by its beginning, and all that follows it goes too: an expression has a largest size.
const maxKnown = 200

/** A function that takes the given secrets, and everything that looks like an OpenRouter key, out of stripped text. */
export const scrubber = (secrets: ReadonlyArray<string | undefined>): ((text: string) => string) => {
  // As it is, as a server may have decoded it, and as percent-encoding leaves it here: bytes beyond ASCII stay encoded.
  const spelled = secrets.flatMap((secret = "") => [
    strip(secret),
    decoded(secret),
    decoded(Encoding.encodeHex(secret).replace(/../g, "%$&"))
  ])
  // Most secrets have one spelling, and half of what an error costs is the pattern.
  const known = [...new Set(spelled)]
    .filter(Boolean)
    .sort((a, b) => b.length - a.length)
    .map((secret) => escape(secret.slice(0, maxKnown)) + (secret.length > maxKnown ? "[^]*" : ""))
  const pattern = new RegExp([...known, "sk-or-[-\\w]*"].join("|"), "gi")
  const scrub = (text: string) => text.replace(pattern, "[redacted]")
  return (text) => {
    const literal = scrub(text)
    const plain = decoded(literal)
    const scrubbed = scrub(plain)
    return scrubbed === plain ? literal : scrubbed
  }
}

/** The whole way of a text into a message. */
export const cleaner = (secrets: ReadonlyArray<string | undefined>): ((text: string) => string) => {
  const scrub = scrubber(secrets)
  return (text) => cut(scrub(strip(text)))
}

/** Parses JSON, every string, key and number of it cleaned; undefined where it is none, or is nested thousands of levels deep. */
export const parseClean = (json: string, clean: (text: string) => string): unknown =>
  orUndefined(() =>
    JSON.parse(json, (_, value) => {
      if (Array.isArray(value)) return value
      if (Predicate.isRecord(value)) {
        return Object.fromEntries(Object.entries(value).map(([name, field]) => [clean(name), field]))
      }
      const cleaned = clean(String(value))
      return cleaned === String(value) ? value : cleaned
    })
  )
