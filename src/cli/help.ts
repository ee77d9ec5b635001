/** The help: the commands and their flags, in lines that fit the terminal. */
import * as Effect from "effect/Effect"
import type { Command } from "./command.js"
import type { Flag } from "./flags.js"
import { isColourful, wrap } from "./output.js"

type Rows = ReadonlyArray<readonly [name: string, what: string]>

const nameOf = ({ name, opposite, short, value }: Flag<unknown>): string =>
  [
    `--${name}`,
    ...(short === undefined ? [] : [`, -${short}`]),
    ...(opposite === undefined ? [] : [`, --${opposite}`]),
    ...(value === undefined ? [] : [` ${value}`])
  ].join("")

const widest = 100

const widthOf = (stream: NodeJS.WriteStream): number => Math.min(stream.columns ?? widest, widest)

/** Prints names and descriptions in two columns, or below each other on a narrow terminal. */
const table = (rows: Rows): string => {
  const width = widthOf(process.stdout)
  const column = width < 60 ? 0 : Math.min(Math.max(...rows.map(([name]) => name.length)), 24) + 4
  const indent = " ".repeat(column || 6)
  return rows
    .map(([name, what]) => {
      const [first = "", ...more] = wrap(what, width - indent.length)
      const head = name.length + 4 > column ? `  ${name}\n${indent}${first}` : `${`  ${name}`.padEnd(column)}${first}`
      return [head, ...more.map((line) => `${indent}${line}`)].join("\n")
    })
    .join("\n")
}

const strong = (text: string) => (isColourful(process.stdout) ? `\u001b[1m${text}\u001b[22m` : text)

/** Prints a title in bold and its sentence, wrapped. */
const titled = (title: string, rest: string): string =>
  wrap(`${title}${rest}`, widthOf(process.stdout)).join("\n").replace(title, strong(title))

const always: Rows = [
  ["--log-level debug", "Shows every request on stderr, without its secrets"],
  ["--help, -h", "Shows this help"]
]

/** Returns the help of one command. */
export const ofCommand = ({ also, example, flags, name, what }: Command): string => {
  const names = also.length === 0 ? "" : `\n\nAlso called: ${also.join(", ")}`
  return `${titled(`openrouter-oauth ${name}`, `: ${what}.`)}

${strong("Example:")} ${example}${names}

${table([...flags.map((flag) => [nameOf(flag), flag.what] as const), ...always])}`
}

/** Returns the help of the program. */
export const ofAll = (version: string, commands: ReadonlyArray<Command>): string =>
  `${titled("openrouter-oauth", ` ${version}: sign in with OpenRouter from a terminal.`)}

${strong("Example:")} openrouter-oauth login --sandbox --approve

${table(commands.map(({ also, name, what }) => [[name, ...also].join(", "), what]))}

${table([["--help, -h", "Shows this help, or after a command the flags of that command"], ...always.slice(0, 1), ["--version, -v", "Shows the version"]])}`

export const show = (text: string): Effect.Effect<void> => Effect.sync(() => void process.stdout.write(`${text}\n`))
