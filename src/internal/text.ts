/**
 * Text that came from outside (a server, a callback URL, a failed fetch) on its way into an error message:
 * stripped, scrubbed, then cut. In that order: invisible characters must not hide a secret from the scrubber, and a cut
 * must not leave half of one.
 */

const maxLength = 500

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&")

const hex = (value: number, width: number): string => value.toString(16).padStart(width, "0")

/** Takes out control and format characters (terminal escapes, bidi marks); line breaks become spaces. One for one. */
export const strip = (text: string): string =>
  text.replace(/[\t\n\r\u2028\u2029]/g, " ").replace(/[\p{Cc}\p{Cf}]/gu, "")

/** At most 500 characters. */
export const cut = (text: string): string =>
  text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, "")}…`

/** A key of OpenRouter's, however often its dashes were percent-encoded. */
const anyKey = "sk(?:-|%(?:25)*2d)or(?:-|%(?:25)*2d)(?:[\\w-]|%(?:25)*2d)*"

/** One character as it may come back: as it was, percent-encoded (any number of times), or escaped in JSON. */
const anySpelling = (character: string): string => {
  const percent = Array.from(new TextEncoder().encode(character), (byte) => `%(?:25)*${hex(byte, 2)}`)
  const json = Array.from({ length: character.length }, (_, i) => `\\\\+u${hex(character.charCodeAt(i), 4)}`)
  return `(?:\\\\*${escapeRegExp(strip(character))}|${percent.join("")}|${json.join("")})`
}

/** A function that takes the given secrets, and everything that looks like an OpenRouter key, out of stripped text. */
export const scrubber = (secrets: ReadonlyArray<string>): ((text: string) => string) => {
  const known = secrets
    .filter((secret) => strip(secret) !== "")
    .sort((a, b) => b.length - a.length)
    .map((secret) => Array.from(secret, anySpelling).join(""))
  const pattern = new RegExp([...known, anyKey].join("|"), "gi")
  return (text) => text.replace(pattern, "[redacted]")
}

/** The whole way of a text into a message. */
export const cleaner = (secrets: ReadonlyArray<string>): ((text: string) => string) => {
  const scrub = scrubber(secrets)
  return (text) => cut(scrub(strip(text)))
}

const maxDepth = 16

/** Cleans every string, key and number of a JSON value; what lies deeper than 16 levels is left out. */
export const cleanJson = (value: unknown, clean: (text: string) => string, depth = 0): unknown => {
  if (typeof value === "string") return clean(value)
  if (typeof value === "number") {
    const text = String(value)
    const cleaned = clean(text)
    return cleaned === text ? value : cleaned
  }
  if (typeof value !== "object" || value === null) return value
  if (depth === maxDepth) return "…"
  return Array.isArray(value)
    ? value.map((item) => cleanJson(item, clean, depth + 1))
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [clean(key), cleanJson(item, clean, depth + 1)]))
}
