/** `openrouter-oauth key`: the stored key. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { description, json } from "./options.js"

export const key = Command.make("key", { json }, (options) =>
  Effect.flatMap(
    Effect.promise(() => import("./run/key.js")),
    ({ run }) => run(options)
  )
).pipe(
  Command.withDescription(
    description(
      "Prints the key in OPENROUTER_API_KEY, or else the stored one of the current base URL, and nothing else",
      'export OPENROUTER_API_KEY="$(openrouter-oauth key)"'
    )
  )
)
