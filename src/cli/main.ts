/** The whole program as an Effect, and how its end becomes an exit code. */
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Span from "@effect/cli/HelpDoc/Span"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { ListenFailed } from "../sandbox/node.js"
import { sandbox } from "./sandbox.js"

const root = Command.make("openrouter-oauth").pipe(
  Command.withDescription("Sign in with OpenRouter"),
  Command.withSubcommands([sandbox])
)

const noCommand = ValidationError.missingSubcommand(HelpDoc.p(Span.text("A command is missing: try --help")))

/** What a person asked for, with everything that may be told to them told on stderr. */
export const main = (version: string, args: ReadonlyArray<string>) =>
  Command.run(root, { name: "openrouter-oauth", version })(args).pipe(
    Effect.tap(() => (args.length > 2 ? Effect.void : Effect.fail(noCommand))),
    Effect.tapErrorTag("ListenFailed", (error) => Console.error(error.message))
  )

/** 0 done, 2 usage, 3 network or a taken port, 130 interrupted, 1 anything else. */
export const exitCode = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.isInterruptedOnly(exit.cause)) return 130
  const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (ValidationError.isValidationError(error)) return 2
  return error instanceof ListenFailed ? 3 : 1
}
