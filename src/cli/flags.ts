/** Flags: their names and descriptions for the help and the completions, and the parsers of their values. */
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { lifetime } from "../internal/callback.js"
import { isProfile, profileRule } from "../node/internal/profile.js"
import { badPorts } from "./badPorts.js"
import { listed } from "./output.js"

export interface Flag<A> {
  /** Without the dashes before it. */
  readonly name: string
  /** One letter, without its dash. */
  readonly short?: string | undefined
  /** The name of the opposite flag. */
  readonly opposite?: string | undefined
  /** A word for the value; undefined for a flag without a value. */
  readonly value?: string | undefined
  /** The only allowed values. */
  readonly choices?: ReadonlyArray<string> | undefined
  /** A sentence for the help, without its full stop. */
  readonly what: string
  readonly parser: Options.Options<A>
}

/** The values of a command's flags. */
export type Values<Flags> = { readonly [Name in keyof Flags]: Flags[Name] extends Flag<infer A> ? A : never }

const refuse = (message: string): ValidationError.ValidationError => ValidationError.invalidValue(HelpDoc.p(message))

/** A flag without a value: true if it is given. */
export const toggle = (name: string, what: string): Flag<boolean> => ({ name, what, parser: Options.boolean(name) })

/** A flag without a value: false if it is given. `opposite` names the flag for the default. */
export const negation = (name: string, opposite: string, what: string): Flag<boolean> => ({
  name,
  opposite,
  what,
  parser: Options.boolean(name, { ifPresent: false, negationNames: [opposite] })
})

/** A flag with a value; undefined if it is not given. A `Left` of `read` says what is wrong with the value. */
export const parsed = <A>(
  name: string,
  value: string,
  what: string,
  read: (given: string) => Either.Either<A, string>
): Flag<A | undefined> => ({
  name,
  value,
  what,
  parser: Options.text(name).pipe(
    Options.mapEffect((given) => Effect.mapError(read(given), (fault) => refuse(`--${name} ${fault}`))),
    Options.optional,
    Options.map(Option.getOrUndefined)
  )
})

export const text = (name: string, value: string, what: string): Flag<string | undefined> =>
  parsed(name, value, what, Either.right)

/** A flag that takes one of a few words. */
export const choice = <const A extends string>(
  name: string,
  choices: ReadonlyArray<A>,
  what: string
): Flag<A | undefined> => {
  const flag = parsed(name, choices.join("|"), what, (given) =>
    Either.fromNullable(
      choices.find((choice) => choice === given),
      () => `must be ${listed(choices, "or")}`
    )
  )
  return { ...flag, choices }
}

/** A flag that may be given more than once. */
export const repeated = <A>(
  name: string,
  value: string,
  what: string,
  read: (given: string) => Either.Either<A, string>
): Flag<ReadonlyArray<A>> => ({
  name,
  value: `${value}…`,
  what,
  parser: Options.text(name).pipe(
    Options.repeated,
    Options.mapEffect((all) =>
      Effect.mapError(Either.all(all.map((given) => read(given))), (fault) => refuse(`--${name} ${fault}`))
    )
  )
})

/** Adds a default value. */
export const orElse = <A>(flag: Flag<A | undefined>, otherwise: A): Flag<A> => ({
  ...flag,
  parser: Options.map(flag.parser, (given) => given ?? otherwise)
})

/** Adds a name of one letter. */
export const withShort = <A>(flag: Flag<A>, short: string): Flag<A> => ({
  ...flag,
  short,
  parser: Options.withAlias(flag.parser, short)
})

export const json = toggle("json", "Prints one line of JSON")

const dollars = (given: string) =>
  /^\d+(?:\.\d+)?$/.test(given)
    ? Either.right(Number(given))
    : Either.left("must be an amount in US dollars, such as 5 or 2.5")

export const limit = parsed("limit", "dollars", "The amount that the key may spend, in US dollars", dollars)

export const profile = parsed(
  "profile",
  "name",
  "The name of the stored key, if you store several; defaults to default",
  (given) => (isProfile(given) ? Either.right(given) : Either.left(profileRule))
)

export const keyLabel = text("key-label", "text", "The name of the key, at most 100 characters")

export const workspace = text("workspace", "id", "The workspace that the key is for")

export const callback = text("callback", "url", "The callback URL, where the browser goes after consent")

export const challenge = text("challenge", "text", "The PKCE challenge, such as one that the command pkce prints")

export const method = choice("method", ["S256", "plain"], "How the challenge was made; defaults to S256")

export const port = (what: string) =>
  parsed("port", "number", what, (given) =>
    /^\d{1,5}$/.test(given) && Number(given) <= 65_535
      ? badPorts.has(String(Number(given)))
        ? Either.left(`must be another one: browsers send no request to port ${Number(given)}`)
        : Either.right(Number(given))
      : Either.left("must be a number from 0 to 65535")
  )

export const date = (name: string, what: string) =>
  parsed(name, "date", what, (given) =>
    Option.match(DateTime.make(given), {
      onNone: () => Either.left("must be a date, such as 2030-01-31T12:00:00Z"),
      onSome: (date) => Either.right(DateTime.toUtc(date))
    })
  )

const units: Readonly<Record<string, string>> = { s: "seconds", m: "minutes", h: "hours" }

/** `90 seconds`, or short: `90s`. */
const durationOf = (given: string) => {
  const [, amount, unit = ""] = /^(\d+)([smh])$/.exec(given) ?? []
  return Duration.decodeUnknown(amount === undefined ? given : `${amount} ${units[unit]}`)
}

export const timeout = parsed(
  "timeout",
  "time",
  'How long to wait for consent, such as 90s or "2 minutes"; defaults to 5 minutes, at most 10',
  (given) =>
    Option.match(Option.filter(durationOf(given), Duration.greaterThan(Duration.zero)), {
      onNone: () => Either.left('must be a time longer than 0, such as "5 minutes"'),
      onSome: (timeout) =>
        Duration.greaterThan(timeout, lifetime)
          ? Either.left("can be 10 minutes at most: a sign-in expires after that")
          : Either.right(timeout)
    })
)
