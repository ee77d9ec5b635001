/** Writes data to stdout and messages to stderr, with terminal escapes only for a terminal. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { cleaner, strip } from "../internal/redact.js"

/** Removes control and format characters from every line: a server's text cannot move the cursor or set the title. */
export const stripLines = (text: string): string => text.split("\n").map(strip).join("\n")

/** Writes JSON in which control and format characters, which JSON allows, are escaped. */
const stringify = (value: object): string =>
  JSON.stringify(value).replace(/[\u007f-\u009f\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`
    ).join("")
  )

/** Breaks a text between words into lines of at most `width` characters. A longer word gets a line of its own. */
export const wrap = (text: string, width: number): ReadonlyArray<string> => {
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

/** Prepares a message: removes control characters, and breaks lines between words on a terminal. Indented lines stay whole. */
export const forPeople = (text: string, { columns, isTTY }: NodeJS.WriteStream = process.stderr): string =>
  stripLines(text)
    .split("\n")
    .flatMap((line) => (isTTY === true && columns > 0 && !line.startsWith(" ") ? wrap(line, columns) : [line]))
    .join("\n")

/** `a, b and c`. */
export const listed = (words: ReadonlyArray<string>, last: "and" | "or"): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`

/** Prints data: one line of JSON, or the text for people. */
export const print = (json: boolean, value: object, text: string): Effect.Effect<void> =>
  Console.log(json ? stringify(value) : stripLines(text))

/** Writes a message for people. */
export const say = (line: string): Effect.Effect<void> =>
  Effect.sync(() => void process.stderr.write(`${forPeople(line)}\n`))

/** Writes a message if the effect takes longer than half a second. */
export const saysWhatItWaitsFor =
  (line: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.zipRight(Effect.forkScoped(Effect.delay(say(line), "500 millis")), effect).pipe(Effect.scoped)

/** Returns lines of `name  value`, with the values below each other. */
export const columns = (rows: ReadonlyArray<readonly [name: string, value: string]>): string => {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${strip(value)}`).join("\n")
}

/**
 * Whether to use colours: on a terminal that is not `dumb`, unless `NO_COLOR` is set (https://no-color.org). As in Node itself,
 * `FORCE_COLOR` overrides this.
 */
export const isColourful = (stream: NodeJS.WriteStream): boolean => {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env
  if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false"
  return stream.isTTY === true && !NO_COLOR && TERM !== "dumb"
}

/** Colours a text cyan, if colours are used. */
export const accent = (stream: NodeJS.WriteStream, text: string): string =>
  isColourful(stream) ? `\u001b[36m${text}\u001b[39m` : text

/** Removes terminal escapes. */
export const plain = (text: string): string => text.replace(/\u001b\[[\d;]*m/g, "")

/** Removes the escapes of what `@effect/cli` prints, unless a terminal shows it. `main` writes its errors. */
export const withPlainConsole = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Console.consoleWith((console) =>
    Effect.withConsole(effect, {
      ...console,
      log: (...values) =>
        console.log(
          ...values.map((value) => (typeof value === "string" && !isColourful(process.stdout) ? plain(value) : value))
        ),
      error: () => Effect.void
    })
  )

const clean = cleaner([])

/** Writes logs to stderr, one line each. They hold no secrets; anything that looks like a key is removed all the same. */
export const layerLogger = Logger.replace(
  Logger.defaultLogger,
  Logger.make(({ date, logLevel, message }) => {
    const text = (Array.isArray(message) ? message : [message]).map(String).join(" ")
    process.stderr.write(`${date.toISOString().slice(11, 23)} ${logLevel.label} ${clean(text)}\n`)
  })
)
