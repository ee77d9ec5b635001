/** The whole program as an Effect. How its end becomes an exit code: `outcome.ts`. */
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Span from "@effect/cli/HelpDoc/Span"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import { hoisted } from "./args.js"
import { createCode } from "./createCode.js"
import { exchange } from "./exchange.js"
import { key } from "./key.js"
import { login } from "./login.js"
import { logout } from "./logout.js"
import { messageOf } from "./outcome.js"
import { layerLogger, say, withPlainConsole } from "./output.js"
import { pkce } from "./pkce.js"
import { sandbox } from "./sandbox.js"
import { url } from "./url.js"
import { whoami } from "./whoami.js"

const root = Command.make("openrouter-oauth").pipe(
  Command.withDescription("Sign in with OpenRouter"),
  Command.withSubcommands([login, logout, whoami, key, createCode, exchange, url, pkce, sandbox])
)

const noCommand = ValidationError.missingSubcommand(HelpDoc.p(Span.text("A command is missing: try --help")))

/** What a person asked for, with everything that may be told to them told on stderr. */
export const main = (version: string, args: ReadonlyArray<string>) =>
  Command.run(root, { name: "openrouter-oauth", version })(hoisted(args)).pipe(
    Effect.tap(() => (args.length > 2 ? Effect.void : Effect.fail(noCommand))),
    Effect.tapErrorCause((cause) => {
      const message = messageOf(cause)
      return message === undefined ? Effect.void : say(message)
    }),
    withPlainConsole,
    Effect.provide(layerLogger)
  )
