/** The client and the stored keys of the commands, by the OPENROUTER_* variables. */
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { baseUrlFault, defaultBaseUrl, parse } from "../internal/url.js"
import * as CredentialStore from "../node/CredentialStore.js"
import * as OAuthClient from "../OAuthClient.js"
import type { InvalidRequest } from "../OAuthError.js"
import { badPorts } from "./badPorts.js"
import { CommandFailed } from "./exit.js"
import * as Http from "./http.js"
import { say, saysWhatItWaitsFor } from "./output.js"

const isGiven = (value: string) => value.trim() !== ""

/** Reads a variable of the environment; none if it is not set or empty. */
export const variable = (name: string): Effect.Effect<Option.Option<string>, ConfigError.ConfigError> =>
  Effect.map(Config.option(Config.string(name)), Option.filter(isGiven))

/** Reads `OPENROUTER_BASE_URL`, under which keys are stored. */
export const baseUrl: Effect.Effect<string, ConfigError.ConfigError | CommandFailed> = Effect.flatMap(
  variable("OPENROUTER_BASE_URL"),
  (given) => {
    const url = Option.getOrElse(given, () => defaultBaseUrl)
    const port = parse(url)?.port ?? ""
    const fault =
      baseUrlFault(url, false) ??
      (badPorts.has(port) ? `must have another port: no request can be sent to port ${port}` : undefined)
    return fault === undefined
      ? Effect.succeed(url)
      : Effect.fail(new CommandFailed({ why: "usage", message: `OPENROUTER_BASE_URL ${fault}. Correct or unset it.` }))
  }
)

/** The client. It has an API key only if a command needs one: an expired key in the environment must not disturb the others. */
export const layer = (
  options: { readonly apiKey?: Redacted.Redacted | undefined } = {}
): Layer.Layer<OAuthClient.OAuthClient, InvalidRequest | ConfigError.ConfigError | CommandFailed> =>
  Layer.provide(OAuthClient.layerConfig({ apiKey: Config.succeed(options.apiKey) }), Http.layer)

/** The client of a sandbox in this process, without a proxy. */
export const layerSandbox = (
  baseUrl: string
): Layer.Layer<OAuthClient.OAuthClient, InvalidRequest | ConfigError.ConfigError> =>
  Layer.provide(
    OAuthClient.layerConfig({ apiKey: Config.succeed(undefined), baseUrl: Config.succeed(baseUrl) }),
    Http.layerDirect
  )

/** Returns the flag that names a profile; empty for the default one. */
export const profileFlag = (profile: string | undefined): string =>
  profile === undefined ? "" : ` --profile ${profile}`

const notSignedIn = (baseUrl: string, profile: string | undefined) =>
  new CommandFailed({
    why: "refused",
    message: `You are not signed in to ${baseUrl}. Sign in with: openrouter-oauth login${profileFlag(profile)}`
  })

/** Reads the stored key of the current base URL and the profile. */
export const stored = (profile: string | undefined) =>
  Effect.gen(function* () {
    const store = yield* CredentialStore.CredentialStore
    const where = { baseUrl: yield* baseUrl, profile }
    return { store, where, baseUrl: where.baseUrl, credential: yield* store.get(where) }
  })

/** Reads the stored key beside one of the environment; none if the store cannot be read. */
const storedBeside = (profile: string | undefined) =>
  Effect.map(stored(profile), ({ credential }) => credential).pipe(
    Effect.catchTag("CredentialStoreError", () => Effect.succeedNone)
  )

/**
 * Returns the key of the environment, or the stored one. `source` says where it comes from, in the words of `ApiKey`. Tells the user if the
 * key of the environment is used in place of another one.
 */
export const currentKey = (profile: string | undefined) =>
  Effect.gen(function* () {
    const given = yield* variable("OPENROUTER_API_KEY")
    if (Option.isSome(given)) {
      const other = Option.map(yield* storedBeside(profile), ({ key }) => Redacted.value(key))
      const isOther = Option.match(other, { onNone: () => profile !== undefined, onSome: (key) => key !== given.value })
      if (isOther) {
        const which = profile === undefined ? "the stored one" : `the profile ${profile}`
        yield* say(`The key in OPENROUTER_API_KEY is used, not ${which}. Unset the variable to use what is stored.`)
      }
      const key = Redacted.make(given.value)
      const source = "environment" as const
      return { key, userId: null, source, from: "OPENROUTER_API_KEY", baseUrl: yield* baseUrl }
    }
    const { baseUrl: url, credential } = yield* stored(profile)
    if (Option.isNone(credential)) return yield* notSignedIn(url, profile)
    const { key, savedTo, userId } = credential.value
    return { key, userId, source: "store" as const, from: savedTo, baseUrl: url }
  })

/** For all attempts together. */
const patience = "30 seconds"

/** Asks OpenRouter about a key, for at most 30 seconds. */
export const askAbout = (baseUrl: string, key: Redacted.Redacted) =>
  Effect.flatMap(OAuthClient.OAuthClient, (client) => client.getCurrentKey(key)).pipe(
    Effect.provide(layer()),
    saysWhatItWaitsFor(`Asking ${baseUrl} about the key…`),
    Effect.timeoutFail({
      duration: patience,
      onTimeout: () =>
        new CommandFailed({
          why: "network",
          message: `${baseUrl} gave no answer within ${patience}. Check OPENROUTER_BASE_URL and the network, then try again.`
        })
    })
  )
