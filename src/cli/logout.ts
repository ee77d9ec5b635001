/** `openrouter-oauth logout`: forgets the stored key. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { description, json } from "./options.js"

export const logout = Command.make("logout", { json }, (options) =>
  Effect.flatMap(
    Effect.promise(() => import("./run/logout.js")),
    ({ run }) => run(options)
  )
).pipe(
  Command.withDescription(
    description("Forgets the stored key; it stays valid until you delete it on its page", "openrouter-oauth logout")
  )
)
