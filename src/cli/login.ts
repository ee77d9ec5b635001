/** `openrouter-oauth login`: a whole sign-in. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { description, keyLabel, limit, maybe, port, timeout, workspace } from "./options.js"

const options = {
  sandbox: Options.boolean("sandbox").pipe(
    Options.withDescription("Sign in to a sandbox in this process: no account needed, nothing is saved")
  ),
  approve: Options.boolean("approve").pipe(
    Options.withDescription("With --sandbox: it consents by itself, and no browser is needed")
  ),
  headless: Options.boolean("headless").pipe(
    Options.withDescription("The page shows a code to paste here, or to pipe in; for browsers on other machines")
  ),
  browser: Options.boolean("no-browser", { ifPresent: false, negationNames: ["browser"] }).pipe(
    Options.withDescription("Whether to open a browser, where there is one; the address is printed anyway")
  ),
  port: maybe(port("The port that the browser comes back to; a free one unless said otherwise")),
  limit,
  keyLabel,
  workspace,
  timeout,
  save: Options.boolean("no-save", { ifPresent: false, negationNames: ["save"] }).pipe(
    Options.withDescription("Whether to save the key; one that is not saved is printed")
  ),
  json: Options.boolean("json").pipe(
    Options.withDescription("One line of JSON on stdout: the key, the userId, and savedTo, a path or null")
  )
}

export const login = Command.make("login", options, (options) =>
  Effect.flatMap(
    Effect.promise(() => import("./run/login.js")),
    ({ run }) => run(options)
  )
).pipe(
  Command.withDescription(
    description("Signs in with OpenRouter and saves the key", "openrouter-oauth login --sandbox --approve")
  )
)
