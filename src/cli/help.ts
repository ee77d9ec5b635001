/** The help: what the frame knows of the commands, in rows that fit a terminal. */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import { isColourful, plain } from "./output.js"

type Rows = ReadonlyArray<readonly [name: string, what: string]>

// biome-ignore lint/suspicious/noExplicitAny: commands of every kind
export type AnyCommand = Command.Command<any, any, any, any>

export const textOf = (doc: HelpDoc.HelpDoc): string => plain(HelpDoc.toAnsiText(doc)).trim()

const parts = (doc: HelpDoc.HelpDoc): ReadonlyArray<HelpDoc.HelpDoc> =>
  HelpDoc.isSequence(doc) ? [...parts(doc.left), ...parts(doc.right)] : [doc]

const helpOf = (command: AnyCommand) => parts(Command.getHelp(command, CliConfig.make({ showBuiltIns: false })))

// What the frame says of every flag: its type, which stands behind its name, and whether it may be left out: they all may.
const ofTheFrame =
  /^(?:A true or false value|A user-defined piece of text|One of the following: .*|This setting is optional|This option may be repeated .*)\.?$/

/** The flags of a command. */
export const flagsOf = (command: AnyCommand): Rows =>
  helpOf(command).flatMap((part) =>
    HelpDoc.isDescriptionList(part)
      ? part.definitions.map(([name, doc]) => {
          const said = parts(doc)
            .map(textOf)
            .filter((text) => text !== "" && !ofTheFrame.test(text))
          return [textOf(HelpDoc.p(name)), said.join(" ")] as const
        })
      : []
  )

/** What a command does, and its example: see `description` in `options.ts`. */
const saidOf = (command: AnyCommand): readonly [what: string, example: string] => {
  const [what = "", example = ""] =
    helpOf(command)
      .map(textOf)
      .find((text) => text.includes(". Example: "))
      ?.split(". Example: ") ?? []
  return [what, example]
}

const wrap = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ""
    }
    line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** A flag and its opposite, which say the same, in one row. */
const paired = (rows: Rows): Rows =>
  rows.flatMap(([name, what], index) => {
    if (rows[index - 1]?.[1] === what) return []
    const [opposite, same] = rows[index + 1] ?? []
    return [[same === what ? `${name}, ${opposite}` : name, what] as const]
  })

/** Names, and what they are in a column of its own. */
const table = (rows: Rows): string => {
  const column = Math.min(Math.max(...rows.map(([name]) => name.length)), 24) + 4
  const width = Math.max(Math.min(process.stdout.columns ?? 100, 100) - column, 30)
  const indent = " ".repeat(column)
  return rows
    .map(([name, what]) => {
      const [first = "", ...more] = wrap(what, width)
      const head = name.length + 4 > column ? `  ${name}\n${indent}${first}` : `${`  ${name}`.padEnd(column)}${first}`
      return [head, ...more.map((line) => `${indent}${line}`)].join("\n")
    })
    .join("\n")
}

const strong = (text: string) => (isColourful(process.stdout) ? `\u001b[1m${text}\u001b[22m` : text)

const always: Rows = [
  ["--log-level debug", "Shows every request on stderr, without its secrets"],
  ["--help, -h", "Shows this"]
]

/** The help of one command. */
export const ofCommand = (name: string, command: AnyCommand): string => {
  const [what, example] = saidOf(command)
  return `${strong(`openrouter-oauth ${name}`)}: ${what}.

${strong("Example:")} ${example}

${table([...paired(flagsOf(command)), ...always])}`
}

/** The help of all. */
export const ofAll = (version: string, commands: ReadonlyArray<readonly [name: string, command: AnyCommand]>): string =>
  `${strong("openrouter-oauth")} ${version}: sign in with OpenRouter from a terminal.

${strong("Example:")} openrouter-oauth login --sandbox --approve

${table(commands.map(([name, command]) => [name, saidOf(command)[0]]))}

${table([
  ["--help, -h", "Behind a command: what it takes"],
  always[0] ?? ["", ""],
  ["completion -s zsh", "Prints a completion script for bash, fish or zsh"],
  ["--version, -v", "Shows the version"]
])}`

export const show = (text: string): Effect.Effect<void> => Effect.sync(() => void process.stdout.write(`${text}\n`))
