import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "../../node/CredentialStore.js"
import { OAuthClient } from "../../OAuthClient.js"
import * as Client from "../client.js"
import { keyPage } from "../keyPage.js"
import { CommandFailed } from "../outcome.js"
import { columns, print } from "../output.js"

const dollars = (amount: number) => `${amount} US dollars`

export const run = ({ json }: { readonly json: boolean }) =>
  Effect.gen(function* () {
    const { baseUrl, credential } = yield* Client.stored
    const fromEnvironment = Option.map(yield* Client.variable("OPENROUTER_API_KEY"), (key) => ({
      key: Redacted.make(key),
      userId: null,
      source: "OPENROUTER_API_KEY"
    }))
    const found = Option.orElse(
      Option.map(credential, (stored) => ({ ...stored, source: "stored" })),
      () => fromEnvironment
    )
    if (Option.isNone(found)) return yield* Client.notSignedIn(baseUrl)
    const { key, source, userId } = found.value
    const info = yield* Effect.flatMap(OAuthClient, (client) => client.getCurrentKey(key)).pipe(
      Effect.provide(Client.layer()),
      Effect.catchTag("Unauthorized", () =>
        Effect.fail(
          new CommandFailed({
            why: "refused",
            message:
              source === "stored"
                ? `${baseUrl} does not accept the stored key (any more). Sign in again with: openrouter-oauth login`
                : `${baseUrl} does not accept the key in ${source}. Correct or unset it.`
          })
        )
      )
    )
    const page = keyPage(key)
    yield* print(
      json,
      { ...info, userId, baseUrl, source, page },
      columns([
        ["Label", info.label],
        ["Limit", info.limit === null ? "none" : dollars(info.limit) + (info.limitReset ? `, ${info.limitReset}` : "")],
        ["Used", dollars(info.usage)],
        ...(info.limitRemaining === null ? [] : [["Left", dollars(info.limitRemaining)] as const]),
        ...(info.expiresAt === null ? [] : [["Expires", info.expiresAt] as const]),
        ...(userId === null ? [] : [["User", userId] as const]),
        ...(source === "stored" ? [] : [["Key from", source] as const]),
        ["Base URL", baseUrl],
        ["Page", page]
      ])
    )
  }).pipe(Effect.provide(CredentialStore.layer()))
