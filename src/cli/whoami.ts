/** `openrouter-oauth whoami`: whether the key works, and what it may spend. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { description, json } from "./options.js"

export const whoami = Command.make("whoami", { json }, (options) =>
  Effect.flatMap(
    Effect.promise(() => import("./run/whoami.js")),
    ({ run }) => run(options)
  )
).pipe(
  Command.withDescription(
    description(
      "Checks the key in OPENROUTER_API_KEY, or else the stored one, and shows where it comes from, its label, limit, usage and page",
      "openrouter-oauth whoami"
    )
  )
)
