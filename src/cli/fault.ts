/** `--fault`: a fault in one word, such as `exchange:500,times=2`. */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
// Not from ../Sandbox.js: the help needs the words only, and the command would wait for the whole sandbox to be loaded.
import { type ErrorShape, errorShapes } from "../sandbox/internal/errorBody.js"
import { type Breakage, breakages, type Fault } from "../sandbox/internal/Fault.js"

type Settings = { -readonly [K in keyof Fault]: Fault[K] }

const operations = {
  create: "createAuthCode",
  createAuthCode: "createAuthCode",
  exchange: "exchangeAuthCodeForAPIKey",
  exchangeAuthCodeForAPIKey: "exchangeAuthCodeForAPIKey",
  key: "getCurrentKey",
  getCurrentKey: "getCurrentKey",
  any: undefined
} as const

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const named = <A extends string>(names: ReadonlyArray<A>, text: string): A | undefined =>
  names.find((name) => kebab(name) === kebab(text))

const duration = (text: string): Duration.Duration | undefined =>
  text === "forever" ? Duration.infinity : Option.getOrUndefined(Duration.decodeUnknown(text))

/** How each `name=value` is read; undefined where the value makes no sense. */
const readers: Readonly<Record<string, (value: string, fault: Settings) => unknown>> = {
  times: (value, fault) => {
    const times = value === "forever" ? Number.POSITIVE_INFINITY : Number(value)
    fault.times = times >= 1 ? times : undefined
    return fault.times
  },
  delay: (value, fault) => {
    fault.delay = duration(value)
    return fault.delay
  },
  "retry-after": (value, fault) => {
    fault.retryAfter = duration(value)
    return fault.retryAfter
  },
  body: (value, fault) => {
    fault.body = named<ErrorShape>(errorShapes, value)
    return fault.body
  },
  message: (value, fault) => {
    fault.message = value
    return value
  },
  processed: (value, fault) => {
    fault.processed = value === "true" ? true : value === "false" ? false : undefined
    return fault.processed
  }
}

/** What the help says about it. */
export const faultSyntax = `<endpoint>:<what>[,<name>=<value>…] with the endpoint one of create, exchange, key, any; what a status or one of ${breakages.map(kebab).join(", ")}; the names times, delay, retry-after (such as "2 seconds" or forever), body (${errorShapes.join(", ")}), message, processed (true, false)`

/** Reads a `--fault`; a `Left` says what is wrong with it. */
export const parseFault = (text: string): Either.Either<Fault, string> => {
  const wrong = (what: string) => Either.left(`--fault: ${what}. It is ${faultSyntax}.`)
  const colon = text.indexOf(":")
  const endpoint = text.slice(0, Math.max(colon, 0))
  if (!Object.hasOwn(operations, endpoint)) return wrong("the endpoint is missing or unknown")
  const fault: Settings = { operation: operations[endpoint as keyof typeof operations] }
  for (const part of text.slice(colon + 1).split(",")) {
    const equals = part.indexOf("=")
    if (equals >= 0) {
      const name = part.slice(0, equals)
      const read = Object.hasOwn(readers, name) ? readers[name] : undefined
      if (read === undefined) return wrong("one of its names is not known")
      if (read(part.slice(equals + 1), fault) === undefined) return wrong(`${name} cannot be that`)
    } else if (/^[2-5]\d\d$/.test(part)) {
      fault.status = Number(part)
    } else {
      const breakage = named<Breakage>(breakages, part)
      if (breakage === undefined) return wrong(`a part of it is not known`)
      fault.breakage = breakage
    }
  }
  return Either.right(fault)
}
