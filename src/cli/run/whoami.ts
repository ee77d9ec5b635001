import * as Effect from "effect/Effect"
import * as CredentialStore from "../../node/CredentialStore.js"
import { OAuthClient } from "../../OAuthClient.js"
import * as Client from "../client.js"
import { CommandFailed } from "../exit.js"
import { keyPage } from "../keyPage.js"
import { columns, print } from "../output.js"

const dollars = (amount: number) => `${amount} US dollars`

export const run = ({ json }: { readonly json: boolean }) =>
  Effect.gen(function* () {
    const { baseUrl, from, key, source, userId } = yield* Client.currentKey
    const info = yield* Effect.flatMap(OAuthClient, (client) => client.getCurrentKey(key)).pipe(
      Effect.provide(Client.layer()),
      Effect.catchTag("Unauthorized", () =>
        Effect.fail(
          new CommandFailed({
            why: "refused",
            message:
              source === "stored"
                ? `${baseUrl} does not accept the stored key (any more). Sign in again with: openrouter-oauth login`
                : `${baseUrl} does not accept the key in ${from}. Correct or unset it.`
          })
        )
      )
    )
    const page = keyPage(key)
    yield* print(
      json,
      { ...info, userId, baseUrl, source: source === "stored" ? source : from, page },
      columns([
        ["Label", info.label],
        ["Limit", info.limit === null ? "none" : dollars(info.limit) + (info.limitReset ? `, ${info.limitReset}` : "")],
        ["Used", dollars(info.usage)],
        ...(info.limitRemaining === null ? [] : [["Left", dollars(info.limitRemaining)] as const]),
        ...(info.expiresAt === null ? [] : [["Expires", info.expiresAt] as const]),
        ...(userId === null ? [] : [["User", userId] as const]),
        ["Key from", from],
        ["Base URL", baseUrl],
        ["Page", page]
      ])
    )
  }).pipe(Effect.provide(CredentialStore.layer()))
