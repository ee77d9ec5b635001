/** The whole program as an Effect. `exit.ts` turns its end into an exit code. */
import * as CliCommand from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { asksForHelp, withLogLevelFirst } from "./args.js"
import type { Command } from "./command.js"
import { commands } from "./commands.js"
import { CommandFailed, messageOf } from "./exit.js"
import * as Help from "./help.js"
import { nearest, sayable } from "./nearest.js"
import { layerLogger, plain, say, withPlainConsole } from "./output.js"

const find = (word: string | undefined): Command | undefined =>
  commands.find(({ also, name }) => name === word || also.some((further) => further === word))

/** Replaces other names and forms by those that `@effect/cli` knows. */
const inItsWords = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const at = args[0] === "--log-level" ? 2 : 0
  const [word = "", ...more] = args.slice(at)
  const front = args.slice(0, at)
  if (word === "help") return [...front, ...more, "--help"]
  if (word === "-v") return [...front, "--version", ...more]
  const command = find(word)
  return command === undefined ? args : [...front, command.name, ...more]
}

const root = CliCommand.make("openrouter-oauth").pipe(
  CliCommand.withSubcommands(Arr.map(commands, ({ parser }) => parser))
)

const usage = (message: string) => new CommandFailed({ why: "usage", message })

const unknownCommand = (typed: string): string => {
  const meant = nearest(
    typed,
    commands.flatMap(({ also, name }) => [name, ...also])
  )
  return `There is no such command.${meant === undefined ? "" : ` Did you mean ${meant}?`}`
}

/** Says what is wrong with a command line. Repeats only typed words that cannot be a secret. */
const sentence = (said: string, command: Command | undefined, typed: string): string => {
  if (command === undefined) return unknownCommand(typed)
  const flags = command.flags.flatMap(({ name, opposite, short }) => [
    `--${name}`,
    ...(short === undefined ? [] : [`-${short}`]),
    ...(opposite === undefined ? [] : [`--${opposite}`])
  ])
  const [, unknown] = /^Received unknown argument: '(.+)'$/s.exec(said) ?? []
  if (unknown !== undefined) {
    // `@effect/cli` says so of a flag without its value, too.
    if (flags.includes(unknown)) return `${unknown} needs a value.`
    if (!unknown.startsWith("-")) return `${command.name} takes flags only.`
    const meant = nearest(unknown.split("=", 1)[0] ?? "", flags)
    if (meant !== undefined) return `There is no such flag. Did you mean ${meant}?`
    return sayable(unknown) ? `There is no flag ${unknown}.` : "There is no such flag."
  }
  return `${said}.`
}

/** Runs the command line, and writes the message of a failure to stderr. */
export const main = (version: string, argv: ReadonlyArray<string>) => {
  const { args: typed, fault } = withLogLevelFirst(argv.slice(2))
  const args = inItsWords(typed)
  const word = args.find((arg, index) => !arg.startsWith("-") && args[index - 1] !== "--log-level")
  const command = find(word)
  const help = command === undefined ? "openrouter-oauth --help" : `openrouter-oauth ${command.name} --help`
  return Effect.suspend(() => {
    if (typed.length === 0 || asksForHelp(args)) {
      if (command !== undefined) return Help.show(Help.ofCommand(command))
      return word === undefined
        ? Help.show(Help.ofAll(version, commands))
        : Effect.fail(usage(`${unknownCommand(word)} Try: ${help}`))
    }
    if (fault !== undefined) return Effect.fail(usage(`${fault}. Try: ${help}`))
    if (args[0] === "--version") return Help.show(version)
    if (args.includes("--wizard") && process.stdin.isTTY !== true) {
      return Effect.fail(usage(`--wizard needs a terminal to ask its questions in. Try: ${help}`))
    }
    if (args.every((arg) => arg.startsWith("-")) && args[0] !== "--wizard")
      return Effect.fail(usage(`A command is missing. Try: ${help}`))
    return CliCommand.run(root, { name: "openrouter-oauth", version })([...argv.slice(0, 2), ...args]).pipe(
      Effect.catchIf(ValidationError.isValidationError, ({ error }) => {
        const said = plain(HelpDoc.toAnsiText(error)).trim()
        // A message with a full stop already says what to do.
        const told = /[.?]$/.test(said) ? said : `${sentence(said, command, word ?? "")} Try: ${help}`
        return Effect.fail(usage(told))
      })
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
