/** Data goes to stdout, words to stderr; escapes only where a terminal shows them. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { cleaner } from "../internal/text.js"

/** One line for programs, or the same for people. */
export const print = (json: boolean, value: object, text: string): Effect.Effect<void> =>
  Console.log(json ? JSON.stringify(value) : text)

/** Words for people. */
export const say = (line: string): Effect.Effect<void> => Console.error(line)

/** `name  value` lines, the values under each other. */
export const columns = (rows: ReadonlyArray<readonly [name: string, value: string]>): string => {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n")
}

/** Whether escapes are welcome: a terminal that is not `dumb`, and no `NO_COLOR` (https://no-color.org). */
export const isColourful = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb"

const plain =
  (stream: NodeJS.WriteStream) =>
  (values: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
    isColourful(stream)
      ? values
      : values.map((value) => (typeof value === "string" ? value.replace(/\u001b\[[\d;]*m/g, "") : value))

/** The help is made for terminals: elsewhere its escapes are taken out. */
export const withPlainConsole = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Console.consoleWith((console) =>
    Effect.withConsole(effect, {
      ...console,
      log: (...values) => console.log(...plain(process.stdout)(values)),
      error: (...values) => console.error(...plain(process.stderr)(values))
    })
  )

const clean = cleaner([])

/** Logs go to stderr, one line each. What is logged holds no secret; whatever looks like a key is taken out all the same. */
export const layerLogger = Logger.replace(
  Logger.defaultLogger,
  Logger.make(({ date, logLevel, message }) => {
    const text = (Array.isArray(message) ? message : [message]).map(String).join(" ")
    process.stderr.write(`${date.toISOString().slice(11, 23)} ${logLevel.label} ${clean(text)}\n`)
  })
)
