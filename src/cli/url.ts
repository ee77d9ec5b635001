/** `openrouter-oauth url`: the page where a user consents. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { callback, challenge, description, json, keyLabel, limit, maybe, method, workspace } from "./options.js"

const options = {
  callback,
  challenge,
  method,
  state: maybe(Options.text("state").pipe(Options.withDescription("Comes back with the code"))),
  limit,
  keyLabel,
  workspace,
  json
}

export const url = Command.make("url", options, (options) =>
  Effect.flatMap(
    Effect.promise(() => import("./run/url.js")),
    ({ run }) => run(options)
  )
).pipe(
  Command.withDescription(
    description(
      "Prints an authorization URL; without --callback its page shows the code",
      "openrouter-oauth url --callback http://localhost:3000/callback --challenge E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )
  )
)
