/** `openrouter-oauth create-code`: an authorization code without a consent page. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { callback, challenge, description, json, keyLabel, limit, maybe, method, refuse, workspace } from "./options.js"

const options = {
  callback,
  challenge,
  method,
  limit,
  limitReset: maybe(
    Options.choice("limit-reset", ["daily", "weekly", "monthly"]).pipe(
      Options.withDescription("When the limit starts anew")
    )
  ),
  expiresAt: maybe(
    Options.text("expires-at").pipe(
      Options.withDescription("When the key expires, such as 2030-01-31T12:00:00Z"),
      Options.mapEffect((given) =>
        Option.match(DateTime.make(given), {
          onNone: () => Effect.fail(refuse("--expires-at must be a date, such as 2030-01-31T12:00:00Z")),
          onSome: (date) => Effect.succeed(DateTime.toUtc(date))
        })
      )
    )
  ),
  keyLabel,
  workspace,
  apiKeyFromEnv: Options.text("api-key-from-env").pipe(
    Options.withDescription(
      "The variable that holds the API key of the account; OPENROUTER_API_KEY unless said otherwise"
    ),
    Options.withDefault("OPENROUTER_API_KEY")
  ),
  json
}

export const createCode = Command.make("create-code", options, (options) =>
  Effect.flatMap(
    Effect.promise(() => import("./run/createCode.js")),
    ({ run }) => run(options)
  )
).pipe(
  Command.withDescription(
    description(
      "Prints an authorization code for the account whose API key is in OPENROUTER_API_KEY",
      "openrouter-oauth create-code --callback http://localhost:3000/callback --limit 5"
    )
  )
)
