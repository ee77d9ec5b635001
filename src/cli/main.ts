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
import { nearest } from "./nearest.js"
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

/** What people type who know `gh auth`. */
const furtherNames: Readonly<Record<string, string>> = { status: "whoami", token: "key" }

const shells = ["bash", "zsh", "fish"]

/** What is typed, in the words that the frame knows. */
const inItsWords = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const at = args[0] === "--log-level" ? 2 : 0
  const [word = "", ...more] = args.slice(at)
  const front = args.slice(0, at)
  if (word === "help") return [...front, ...more, "--help"]
  if (word === "-v") return [...front, "--version", ...more]
  const name = Object.hasOwn(furtherNames, word) ? furtherNames[word] : undefined
  return name === undefined ? args : [...front, name, ...more]
}

const root = Command.make("openrouter-oauth").pipe(
  Command.withSubcommands([login, whoami, key, logout, createCode, exchange, url, pkce, sandbox])
)

const usage = (message: string) => new CommandFailed({ why: "usage", message })

/** What the frame says of a command line that it cannot read, as a sentence. Nothing that was typed is in it but a flag's name. */
const sentence = (said: string, command: Help.AnyCommand | undefined, typed: string): string => {
  if (command === undefined) {
    const meant = nearest(typed, [...commands.map(([name]) => name), ...Object.keys(furtherNames)])
    return `There is no such command.${meant === undefined ? "" : ` Did you mean ${meant}?`}`
  }
  const flags = Help.flagsOf(command).flatMap(([name]) => name.split(" ")[0] ?? [])
  const [, unknown] = /^Received unknown argument: '(.+)'$/s.exec(said) ?? []
  if (unknown !== undefined) {
    // The frame says so of a flag without its value, too.
    if (flags.includes(unknown)) return `${unknown} needs a value.`
    if (!unknown.startsWith("-")) return "This command takes flags only."
    const meant = nearest(unknown.split("=", 1)[0] ?? "", flags)
    if (meant !== undefined) return `There is no such flag. Did you mean ${meant}?`
    // It may be anything, a key too: only what is words is said again.
    return unknown.length <= 24 && /^--[a-z]+(-[a-z]+)*$/.test(unknown)
      ? `${unknown} is not known here.`
      : "One of the flags is not known here."
  }
  return said.endsWith(".") ? said : `${said}.`
}

/** What a person asked for, with everything that may be told to them told on stderr. */
export const main = (version: string, argv: ReadonlyArray<string>) => {
  const { args: typed, fault } = withLogLevelFirst(argv.slice(2))
  const args = inItsWords(typed)
  const word = args.find((arg, index) => !arg.startsWith("-") && args[index - 1] !== "--log-level")
  const named = commands.find(([name]) => name === word)
  const help = named === undefined ? "openrouter-oauth --help" : `openrouter-oauth ${named[0]} --help`
  return Effect.suspend(() => {
    if (typed.length === 0 || asksForHelp(args))
      return Help.show(named === undefined ? Help.ofAll(version, commands) : Help.ofCommand(named[0], named[1]))
    if (fault !== undefined) return Effect.fail(usage(`${fault}. Try: ${help}`))
    if (args[0] === "--version") return Help.show(version)
    if (word === "completion") {
      const [, flag = "", shell = ""] = args
      return ["-s", "--shell"].includes(flag) && shells.includes(shell)
        ? Command.run(root, { name: "openrouter-oauth", version })([...argv.slice(0, 2), "--completions", shell])
        : Effect.fail(usage("Name your shell: openrouter-oauth completion -s bash, zsh or fish."))
    }
    if (args.includes("--wizard") && process.stdin.isTTY !== true) {
      return Effect.fail(usage(`--wizard asks its questions in a terminal. Try: ${help}`))
    }
    if (args.every((arg) => arg.startsWith("-")) && !/^--(?:wizard|completions)/.test(args[0] ?? ""))
      return Effect.fail(usage(`A command is missing. Try: ${help}`))
    return Command.run(root, { name: "openrouter-oauth", version })([...argv.slice(0, 2), ...args]).pipe(
      Effect.catchIf(ValidationError.isValidationError, ({ error }) =>
        Effect.fail(usage(`${sentence(Help.textOf(error), named?.[1], word ?? "")} Try: ${help}`))
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
