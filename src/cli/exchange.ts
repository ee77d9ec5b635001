/** `openrouter-oauth exchange`: a key for a code. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { description, json, maybe, method } from "./options.js"

const options = {
  code: maybe(
    Options.text("code").pipe(
      Options.withDescription(
        "The authorization code. Other users of this machine can read what a command is started with: better pipe it in, or set OPENROUTER_CODE"
      )
    )
  ),
  method,
  json
}

export const exchange = Command.make("exchange", options, (options) =>
  Effect.flatMap(
    Effect.promise(() => import("./run/exchange.js")),
    ({ run }) => run(options)
  )
).pipe(
  Command.withDescription(
    description(
      "Prints the key for a code; its verifier is read from OPENROUTER_CODE_VERIFIER, or else from the next line of standard input",
      "openrouter-oauth create-code --callback http://localhost:3000/callback | openrouter-oauth exchange"
    )
  )
)
