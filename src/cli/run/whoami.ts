import * as Effect from "effect/Effect"
import * as CredentialStore from "../../node/CredentialStore.js"
import * as Client from "../client.js"
import { CommandFailed } from "../exit.js"
import { keyPage } from "../keyPage.js"
import { columns, print } from "../output.js"

const dollars = (amount: number) => `${amount} US dollars`

export const run = ({ json, profile }: { readonly json: boolean; readonly profile: string | undefined }) =>
  Effect.gen(function* () {
    const { baseUrl, from, key, source, userId } = yield* Client.currentKey(profile)
    const info = yield* Client.askAbout(baseUrl, key).pipe(
      Effect.catchTag("Unauthorized", () =>
        Effect.fail(
          new CommandFailed({
            why: "refused",
            message:
              source === "store"
                ? `${baseUrl} does not accept the stored key (any more). Sign in again with: openrouter-oauth login${Client.profileFlag(profile)}`
                : `${baseUrl} does not accept the key in ${from}. Correct or unset it.`
          })
        )
      )
    )
    const page = keyPage(baseUrl, key)
    yield* print(
      json,
      { ...info, userId, baseUrl, source, page: page ?? null },
      columns([
        ["Label", info.label],
        ["Limit", info.limit === null ? "none" : dollars(info.limit) + (info.limitReset ? `, ${info.limitReset}` : "")],
        ["Used", dollars(info.usage)],
        ...(info.limitRemaining === null ? [] : [["Left", dollars(info.limitRemaining)] as const]),
        ...(info.expiresAt === null ? [] : [["Expires", info.expiresAt] as const]),
        ...(userId === null ? [] : [["User", userId] as const]),
        ["Key from", from],
        ["Base URL", baseUrl],
        ["Page", page ?? "none: this key was made by a server on this machine, such as a sandbox"]
      ])
    )
  }).pipe(Effect.provide(CredentialStore.layer()))
