/** Flags that more than one command has, and the shape of a command's description. */
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** What a command does, and an example that works as typed. */
export const description = (what: string, example: string): string => `${what}. Example: ${example}`

/** A flag with a value that makes no sense. */
export const refuse = (message: string): ValidationError.ValidationError =>
  ValidationError.invalidValue(HelpDoc.p(message))

/** Undefined where the flag is not given. */
export const maybe = <A>(option: Options.Options<A>): Options.Options<A | undefined> =>
  option.pipe(Options.optional, Options.map(Option.getOrUndefined))

const text = (name: string, what: string) => maybe(Options.text(name).pipe(Options.withDescription(what)))

export const json = Options.boolean("json").pipe(Options.withDescription("One line of JSON on stdout"))

export const limit = maybe(
  Options.text("limit").pipe(
    Options.withPseudoName("dollars"),
    Options.withDescription("What the key may spend, in US dollars"),
    Options.mapEffect((given) =>
      /^\d+(?:\.\d+)?$/.test(given)
        ? Effect.succeed(Number(given))
        : Effect.fail(refuse("--limit must be US dollars, such as 5 or 2.5"))
    )
  )
)

export const keyLabel = text("key-label", "The name of the key, at most 100 characters")

export const workspace = text("workspace", "The id of the workspace that the key is for")

export const callback = text("callback", "The callback URL: where the browser goes after consent")

export const challenge = text("challenge", "The PKCE challenge: see the command pkce")

export const method = maybe(
  Options.choice("method", ["S256", "plain"]).pipe(
    Options.withDescription("How the challenge was made; S256 unless said otherwise")
  )
)

export const port = (what: string) =>
  Options.text("port").pipe(
    Options.withPseudoName("number"),
    Options.withDescription(what),
    Options.mapEffect((given) =>
      /^\d{1,5}$/.test(given) && Number(given) <= 65535
        ? Effect.succeed(Number(given))
        : Effect.fail(refuse("--port must be a number between 0 and 65535"))
    )
  )

const units: Readonly<Record<string, string>> = { s: "seconds", m: "minutes", h: "hours" }

/** `90 seconds`, or short: `90s`. */
const durationOf = (given: string) => {
  const [, amount, unit = ""] = /^(\d+)([smh])$/.exec(given) ?? []
  return Duration.decodeUnknown(amount === undefined ? given : `${amount} ${units[unit]}`)
}

export const timeout = Options.text("timeout").pipe(
  Options.withPseudoName("duration"),
  Options.withDescription(
    'How long to wait for consent, such as "90 seconds"; 5 minutes unless said otherwise, 10 at most'
  ),
  Options.withDefault("5 minutes"),
  Options.mapEffect((given) =>
    Option.match(Option.filter(durationOf(given), Duration.greaterThan(Duration.zero)), {
      onNone: () => Effect.fail(refuse('--timeout must be a time longer than 0, such as "5 minutes"')),
      onSome: (timeout) =>
        Duration.greaterThan(timeout, Duration.minutes(10))
          ? Effect.fail(refuse("--timeout can be 10 minutes at most"))
          : Effect.succeed(timeout)
    })
  )
)
