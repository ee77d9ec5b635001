/** The whole program as an Effect. How its end becomes an exit code: `outcome.ts`. */
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import { asksForHelp, withLogLevelFirst } from "./args.js"
import { createCode } from "./createCode.js"
import { exchange } from "./exchange.js"
import * as Help from "./help.js"
import { key } from "./key.js"
import { login } from "./login.js"
import { logout } from "./logout.js"
import { CommandFailed, messageOf } from "./outcome.js"
import { layerLogger, say, withPlainConsole } from "./output.js"
import { pkce } from "./pkce.js"
import { sandbox } from "./sandbox.js"
import { url } from "./url.js"
import { whoami } from "./whoami.js"

const commands = [
  ["login", login],
  ["whoami", whoami],
  ["key", key],
  ["logout", logout],
  ["create-code", createCode],
  ["exchange", exchange],
  ["url", url],
  ["pkce", pkce],
  ["sandbox", sandbox]
] as const

const root = Command.make("openrouter-oauth").pipe(
  Command.withSubcommands([login, whoami, key, logout, createCode, exchange, url, pkce, sandbox])
)

const usage = (message: string) => new CommandFailed({ why: "usage", message })

/** What the frame says of a command line that it cannot read, as a sentence. */
const sentence = (said: string, command: Help.AnyCommand | undefined): string => {
  const [, unknown] = /^Received unknown argument: '(.+)'$/.exec(said) ?? []
  if (unknown !== undefined) {
    // It says so of a flag without its value, too.
    const isFlag = command !== undefined && Help.flagsOf(command).some(([name]) => name.split(" ")[0] === unknown)
    return isFlag ? `${unknown} needs a value.` : `${unknown} is not known here.`
  }
  if (command === undefined) return "There is no such command."
  return said.endsWith(".") ? said : `${said}.`
}

/** What a person asked for, with everything that may be told to them told on stderr. */
export const main = (version: string, argv: ReadonlyArray<string>) => {
  const { args, fault } = withLogLevelFirst(argv.slice(2))
  const named = commands.find(
    ([name]) => name === args.find((arg, index) => !arg.startsWith("-") && args[index - 1] !== "--log-level")
  )
  const help = named === undefined ? "openrouter-oauth --help" : `openrouter-oauth ${named[0]} --help`
  return Effect.suspend(() => {
    if (asksForHelp(args))
      return Help.show(named === undefined ? Help.ofAll(version, commands) : Help.ofCommand(named[0], named[1]))
    if (fault !== undefined) return Effect.fail(usage(`${fault}. Try: ${help}`))
    if (args[0] === "--version") return Help.show(version)
    if (args.includes("--wizard") && process.stdin.isTTY !== true) {
      return Effect.fail(usage(`--wizard asks its questions in a terminal. Try: ${help}`))
    }
    if (args.every((arg) => arg.startsWith("-")) && !/^--(?:wizard|completions)/.test(args[0] ?? ""))
      return Effect.fail(usage(`A command is missing. Try: ${help}`))
    return Command.run(root, { name: "openrouter-oauth", version })([...argv.slice(0, 2), ...args]).pipe(
      Effect.catchIf(ValidationError.isValidationError, ({ error }) =>
        Effect.fail(usage(`${sentence(Help.textOf(error), named?.[1])} Try: ${help}`))
      )
    )
  }).pipe(
    Effect.tapErrorCause((cause) => {
      const message = messageOf(cause, help)
      return message === undefined ? Effect.void : say(message)
    }),
    withPlainConsole,
    Effect.provide(layerLogger)
  )
}
