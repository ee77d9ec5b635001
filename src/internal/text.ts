/**
 * Text that came from outside (a server, a callback URL, a failed fetch) on its way into an error message:
 * stripped, scrubbed, then cut. In that order: invisible characters must not hide a secret from the scrubber, and a cut
 * must not leave half of one.
 */

const maxLength = 500

/** Takes out control and format characters (terminal escapes, bidi marks); line breaks become spaces. One for one. */
export const strip = (text: string): string =>
  text.replace(/[\t\n\r\u2028\u2029]/g, " ").replace(/[\p{Cc}\p{Cf}]/gu, "")

/** At most 500 characters. */
export const cut = (text: string): string =>
  text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, "")}…`

const dash = "(?:-|%(?:25)*2d)"

/** A key of OpenRouter's, however often its dashes were percent-encoded. */
const anyKey = `sk${dash}or${dash}(?:\\w|${dash})*`

const hex = (value: number, width: number): string => value.toString(16).padStart(width, "0")

/** One character as it may come back: as it was, percent-encoded, or escaped in JSON (any number of times each). */
const anySpelling = (character: string, index: number): string => {
  const shown = strip(character)
  // Not before the first character: a run of backslashes would be searched anew from each of them.
  const any = index === 0 || shown === "" || shown === "\\" ? "" : "\\\\*"
  const units = (text: string, before: string) =>
    text.replace(/./gs, (unit) => `${before}u${hex(unit.charCodeAt(0), 4)}`)
  const percent = Array.from(new TextEncoder().encode(character), (byte) => `%(?:25)*${hex(byte, 2)}`)
  return `(?:${any}${units(shown, "\\")}|${units(character, `${any}\\\\`)}|${percent.join("")})`
}

/** A longer secret is known by its beginning, and all that follows it goes too: an expression has a largest size. */
const maxSpelled = 200

const spellings = (secret: string): string => {
  const characters = Array.from(secret)
  const known = characters.slice(0, maxSpelled).map(anySpelling).join("")
  return characters.length > maxSpelled ? `${known}[^]*` : known
}

/** A function that takes the given secrets, and everything that looks like an OpenRouter key, out of stripped text. */
export const scrubber = (secrets: ReadonlyArray<string>): ((text: string) => string) => {
  const known = secrets
    .map((secret) => secret.replace(/^[\\\p{Cc}\p{Cf}]+/u, ""))
    .filter((secret) => secret !== "")
    .sort((a, b) => b.length - a.length)
  const begins = known.map((secret) => strip(Array.from(secret).slice(0, maxSpelled).join("")).toUpperCase())
  let pattern: RegExp | undefined
  return (text) => {
    // Most texts hold no secret, in no spelling: the pattern takes 150 µs to make, and this 1.
    const upper = text.toUpperCase()
    if (!/SK-|[%\\]/.test(upper) && !begins.some((begin) => upper.includes(begin))) return text
    pattern ??= new RegExp([...known.map(spellings), anyKey].join("|"), "gi")
    return text.replace(pattern, "[redacted]")
  }
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
    const cleaned = clean(String(value))
    return cleaned === String(value) ? value : cleaned
  }
  if (typeof value !== "object" || value === null) return value
  if (depth === maxDepth) return "…"
  return Array.isArray(value)
    ? value.map((item) => cleanJson(item, clean, depth + 1))
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [clean(key), cleanJson(item, clean, depth + 1)]))
}
