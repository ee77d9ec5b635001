/** `--fault`: a fault in one word, such as `exchange:500,times=2`. */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { camelToSnake, snakeToKebab } from "effect/String"
// Not from ../Sandbox.js: the help needs the words only, and the command would wait for the whole sandbox to be loaded.
import { type ErrorShape, errorShapes } from "../sandbox/internal/errorBody.js"
import { type Breakage, breakages, type Fault } from "../sandbox/internal/Fault.js"
import { nearest, sayable } from "./nearest.js"

type Settings = { -readonly [K in keyof Fault]: Fault[K] }

const endpoints = {
  create: "createAuthCode",
  exchange: "exchangeAuthCodeForAPIKey",
  key: "getCurrentKey",
  any: undefined
} as const

const kebab = (name: string) => snakeToKebab(camelToSnake(name))

const named = <A extends string>(names: ReadonlyArray<A>, text: string): A | undefined =>
  names.find((name) => kebab(name) === kebab(text))

const duration = (text: string): Duration.Duration | undefined =>
  text === "forever" ? Duration.infinity : Option.getOrUndefined(Duration.decodeUnknown(text))

const aDuration = 'a time such as "2 seconds", or forever'

interface Reader {
  /** Returns undefined if the value is not allowed. */
  readonly read: (value: string) => Settings | undefined
  readonly takes: string
}

const setting = <A>(value: A | undefined, set: (value: A) => Settings): Settings | undefined =>
  value === undefined ? undefined : set(value)

/** Reads the value of each `name=value`. */
const readers: Readonly<Record<string, Reader>> = {
  times: {
    read: (value) =>
      value === "forever"
        ? { times: Number.POSITIVE_INFINITY }
        : /^[1-9]\d{0,8}$/.test(value)
          ? { times: Number(value) }
          : undefined,
    takes: "a whole number above 0, or forever"
  },
  delay: { read: (value) => setting(duration(value), (delay) => ({ delay })), takes: aDuration },
  "retry-after": { read: (value) => setting(duration(value), (retryAfter) => ({ retryAfter })), takes: aDuration },
  body: {
    read: (value) => setting(named<ErrorShape>(errorShapes, value), (body) => ({ body })),
    takes: `one of ${errorShapes.join(", ")}`
  },
  message: { read: (message) => ({ message }), takes: "a text" },
  processed: {
    read: (value) => (value === "true" || value === "false" ? { processed: value === "true" } : undefined),
    takes: "true or false"
  }
}

const known = {
  endpoints: Object.keys(endpoints),
  breakages: breakages.map(kebab),
  names: Object.keys(readers)
}

/** The syntax of a fault, for the help. */
export const faultSyntax = `<endpoint>:<fault>[,<name>=<value>…]. The endpoint is one of ${known.endpoints.join(", ")}; the fault a status or one of ${known.breakages.join(", ")}; the names are times, delay, retry-after (such as "2 seconds" or forever), body (${errorShapes.join(", ")}), message, processed (true, false)`

/** Says that a word is unknown, and which ones are known. Does not repeat a word that may be a secret. */
const unknown = (kind: string, word: string, names: ReadonlyArray<string>, further = ""): string => {
  const meant = nearest(word, names)
  const rest = meant === undefined ? `Known: ${further}${names.join(", ")}.` : `Did you mean ${meant}?`
  return `has ${kind} that is not known${sayable(word) ? ` (${word})` : ""}. ${rest}`
}

const readPart = (part: string): Either.Either<Settings, string> => {
  const equals = part.indexOf("=")
  if (equals >= 0) {
    const name = part.slice(0, equals)
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined
    return reader === undefined
      ? Either.left(unknown("a name", name, known.names))
      : Either.fromNullable(reader.read(part.slice(equals + 1)), () => `needs ${reader.takes} as its ${name}`)
  }
  if (/^[2-5]\d\d$/.test(part)) return Either.right({ status: Number(part) })
  if (part === "") return Either.left("needs to say what goes wrong, such as exchange:500 or any:reset")
  const breakage = named<Breakage>(breakages, part)
  return breakage === undefined
    ? Either.left(unknown("a part", part, known.breakages, "a status, "))
    : Either.right({ breakage })
}

/** Reads a `--fault`. A `Left` says what is wrong with it. */
export const parseFault = (text: string): Either.Either<Fault, string> => {
  const [name = "", ...rest] = text.split(":")
  if (rest.length === 0) return Either.left("needs an endpoint and what goes wrong, such as exchange:500")
  const endpoint = named(Object.keys(endpoints) as ReadonlyArray<keyof typeof endpoints>, name)
  const operation =
    endpoint !== undefined
      ? Either.right(endpoints[endpoint])
      : Either.fromNullable(
          Object.values(endpoints).find((operation) => operation === name),
          () => unknown("an endpoint", name, known.endpoints)
        )
  return Either.flatMap(operation, (operation) =>
    Either.map(Either.all(rest.join(":").split(",").map(readPart)), (parts) => Object.assign({ operation }, ...parts))
  )
}
