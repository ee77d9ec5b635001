/**
 * Text that came from outside (a server, a callback URL, a failed fetch) on its way into an error message:
 * stripped, scrubbed, then cut. In that order: invisible characters must not hide a secret from the scrubber, and a cut
 * must not leave half of one.
 */
import * as Predicate from "effect/Predicate"
import { escape } from "effect/RegExp"
import { orUndefined } from "./orUndefined.js"

const maxLength = 500

/** Removes control, format and other invisible characters (terminal escapes, bidi marks); line breaks become spaces. */
export const strip = (text: string): string =>
  text.replace(/[\t\n\r\u2028\u2029]/g, " ").replace(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, "")

/** Cuts a text to 500 characters. */
export const cut = (text: string): string =>
  text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, "")}…`

/** Undoes JSON's escapes and the percent-encoding of ASCII, one layer of them. */
const decoded = (text: string): string =>
  strip(
    text.replace(/\\+u([0-9a-f]{4})|%(?:25)*([0-7][0-9a-f])|\\+/gi, (_, unit, byte = unit) =>
      byte ? String.fromCharCode(Number.parseInt(byte, 16)) : ""
    )
  )

/** Layers of encoding that are undone: percent-encoded JSON in JSON has three. */
const maxLayers = 4

/** The percent-encoded bytes of a character and its JSON escape, as a pattern. Each `%` may itself be encoded: `%2564`. */
const encodings = (character: string): ReadonlyArray<string> => [
  Array.from(new TextEncoder().encode(character), (byte) => `%(?:25)*${byte.toString(16).padStart(2, "0")}`).join(""),
  // The backslash belongs to the gap before the character.
  Array.from({ length: character.length }, (_, i) => `u${character.charCodeAt(i).toString(16).padStart(4, "0")}`).join(
    "\\\\+"
  )
]

// A longer secret is known by its beginning, and all that follows it goes too: an expression has a largest size.
const maxKnown = 200

/** Returns a pattern that finds a secret in every encoding of its characters. Undefined if no character of it is visible. */
const spelled = (secret: string): string | undefined => {
  let known = 0
  let hidden = new Set<string>()
  let pattern = ""
  for (const character of secret) {
    const visible = strip(character)
    // Backslashes come and go with each layer of JSON.
    if (visible === "" || character === "\\") hidden.add(character)
    else if (known === maxKnown) return `${pattern}[^]*`
    else {
      const gap = ["\\\\", ...[...hidden, "\\"].flatMap(encodings)].join("|")
      const short = visible === character ? [] : ["n", "r", "t"]
      pattern += `${known === 0 ? "" : `(?:${gap})*`}(?:${[escape(visible), ...encodings(character), ...short].join("|")})`
      hidden = new Set()
      known++
    }
  }
  return pattern || undefined
}

const literal = (secret: string): string => {
  const visible = strip(secret)
  return visible.length > maxKnown ? `${escape(visible.slice(0, maxKnown))}[^]*` : escape(visible)
}

/** OpenRouter's keys, those among them that nobody has told of. */
const anyKey = "sk-or-[-\\w]*"

const anySpelledKey = `${spelled("sk-or-")}(?:[-\\w\\\\]|%(?:25)*(?:2d|[3-7][\\da-f]))*`

/** Shorter ones protect nothing: whoever sees them can guess them, and words such as `code` would be unreadable. */
const shortestSecret = 8

/** Makes a function that takes the given secrets, and everything that looks like an OpenRouter key, out of stripped text. */
export const scrubber = (secrets: ReadonlyArray<string | undefined>): ((text: string) => string) => {
  const known = [...new Set(secrets)]
    .flatMap((secret) => (secret !== undefined && strip(secret).length >= shortestSecret ? [secret] : []))
    .sort((one, other) => other.length - one.length)
  const plain = new RegExp([...known.map(literal), anyKey].join("|"), "gi")
  const makeAnySpelling = () =>
    new RegExp([...known.flatMap((secret) => spelled(secret) ?? []), anySpelledKey].join("|"), "gi")
  let anySpelling: RegExp | undefined
  return (text) => {
    const withoutLiteral = text.replace(plain, "[redacted]")
    if (!/[%\\]/.test(withoutLiteral)) return withoutLiteral
    anySpelling ??= makeAnySpelling()
    const scrubbed = withoutLiteral.replace(anySpelling, "[redacted]")
    // A secret may show after any step of decoding, and the next step may hide it again. If one shows, the whole text is withheld.
    let layer = scrubbed
    for (let undone = 0; undone < maxLayers; undone++) {
      const next = decoded(layer)
      if (next === layer) break
      if (next.search(anySpelling) !== -1) return "[redacted]"
      layer = next
    }
    return scrubbed
  }
}

/** Strips, scrubs and cuts a text for a message. */
export const cleaner = (secrets: ReadonlyArray<string | undefined>): ((text: string) => string) => {
  const scrub = scrubber(secrets)
  return (text) => cut(scrub(strip(text)))
}

const cleanValue = (value: unknown, clean: (text: string) => string): unknown => {
  if (typeof value === "string") return clean(value)
  if (typeof value === "number") return clean(String(value)) === String(value) ? value : clean(String(value))
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, clean))
  if (!Predicate.isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [clean(name), cleanValue(field, clean)]))
}

/** Cleans the strings, keys and numbers of a JSON value. Undefined if it is nested thousands of levels deep. */
export const cleanJson = (json: unknown, clean: (text: string) => string): unknown =>
  orUndefined(() => cleanValue(json, clean))

/** Parses JSON and cleans it. Undefined if it is not JSON, or is nested thousands of levels deep. */
export const parseClean = (json: string, clean: (text: string) => string): unknown =>
  orUndefined(() => cleanValue(JSON.parse(json), clean))
