/** `openrouter-oauth pkce`: a fresh pair. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { description, json } from "./options.js"

export const pkce = Command.make("pkce", { json }, (options) =>
  Effect.flatMap(
    Effect.promise(() => import("./run/pkce.js")),
    ({ run }) => run(options)
  )
).pipe(
  Command.withDescription(
    description("Prints a fresh PKCE pair: keep the verifier, send the challenge", "openrouter-oauth pkce --json")
  )
)
