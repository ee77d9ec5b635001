/** Standard input line by line, and a status line that does not disturb typing. */
import { createInterface } from "node:readline"
import { Writable } from "node:stream"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { interrupt } from "./interrupt.js"
import { accent, forPeople, saysWhatItWaitsFor } from "./output.js"

/** Whether a person can type here. */
export const isInteractive = (): boolean => process.stdin.isTTY === true

/** Whether a line can be written over. */
const hasStatusLine = (): boolean => process.stderr.isTTY === true && process.env.TERM !== "dumb"

export interface Terminal {
  readonly lines: Stream.Stream<string>
  /** Whether `status` shows a line. */
  readonly hasStatusLine: boolean
  /** Shows a status line of one row in place of the last one. It does not change while something is typed after it. */
  readonly status: (text: string) => Effect.Effect<void>
  /** Writes a message above the status line. */
  readonly say: (line: string) => Effect.Effect<void>
}

/** Opens the terminal until the scope ends. `read: false` does not read standard input. */
export const open = (options: { readonly read: boolean }): Effect.Effect<Terminal, never, Scope.Scope> =>
  Effect.gen(function* () {
    const mailbox = yield* Mailbox.make<string>()
    const shows = hasStatusLine()
    const edits = options.read && shows && isInteractive()
    const reader = options.read
      ? createInterface(
          edits
            ? { input: process.stdin, output: process.stderr, terminal: true, historySize: 0, prompt: "" }
            : { input: process.stdin, terminal: false }
        )
      : undefined
    // readline's own line, after the status; undefined if a person cannot type (any more).
    let editor = edits ? reader : undefined
    let current = ""
    const write = (text: string) => void process.stderr.write(text)
    const isTyped = () => editor !== undefined && editor.line !== ""
    const rowsAbove = () => editor?.getCursorPos().rows ?? 0
    const show = (text: string) => {
      current = text
      if (!shows) return
      if (isTyped()) return
      // readline must know, too, that typed text comes after it.
      editor?.setPrompt(text)
      write(`\r${text}\u001b[K`)
    }
    /** Removes the status, and the text that is typed after it, from the screen. */
    const wipe = () => {
      if (!shows || current === "") return
      const rows = rowsAbove()
      write(`${rows > 0 ? `\u001b[${rows}A` : ""}\r\u001b[J`)
    }
    // readline does not count the rows of what is pasted, and would leave some behind on the next backspace.
    const countRows = () => {
      if (editor === undefined || !isTyped()) return
      const { cols, rows } = editor.getCursorPos()
      // A row that is just full wraps with the next character only.
      if (cols === 0 && editor.cursor === editor.line.length) write(" \r")
      Object.assign(editor, { prevRows: rows })
    }
    if (reader === undefined) yield* mailbox.end
    else {
      // A terminal that went away is the end of its lines.
      process.stdin.on("error", () => mailbox.unsafeDone(Exit.void))
      reader.on("line", (line) => mailbox.unsafeOffer(line))
      reader.once("close", () => {
        editor = undefined
        mailbox.unsafeDone(Exit.void)
      })
      if (edits) process.stdin.prependListener("keypress", countRows)
      // In a terminal that readline edits Ctrl-C is a key like any other.
      reader.on("SIGINT", () => interrupt())
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        wipe()
        current = ""
        reader?.close()
        process.stdin.off("keypress", countRows)
        if (options.read) process.stdin.destroy()
      })
    )
    return {
      lines: Mailbox.toStream(mailbox),
      hasStatusLine: shows,
      status: (text) => Effect.sync(() => show(text)),
      say: (line) =>
        Effect.sync(() => {
          wipe()
          write(`${forPeople(line)}\n`)
          if (current === "") return
          if (editor === undefined || !isTyped()) return show(current)
          // readline draws the whole line again, from here on.
          Object.assign(editor, { prevRows: 0 })
          editor.prompt(true)
        })
    }
  })

/**
 * Returns the next line of standard input; empty if there is none. Asks the question if standard input is a terminal. Standard input stays
 * open. `hidden` does not show what is typed.
 */
export const ask = (question: string, options: { readonly hidden?: boolean | undefined } = {}): Effect.Effect<string> =>
  Effect.async<string>((resume) => {
    if (isInteractive()) process.stderr.write(`${forPeople(question)}\n`)
    const isHidden = options.hidden === true && isInteractive()
    // readline shows what is typed by writing it: here, nowhere.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    const reader = createInterface({
      input: process.stdin,
      historySize: 0,
      ...(isHidden ? { output: nowhere, terminal: true } : { terminal: false })
    })
    reader.on("SIGINT", () => interrupt())
    reader.once("line", (line) => {
      resume(Effect.succeed(line))
      reader.close()
    })
    reader.once("close", () => resume(Effect.succeed("")))
    return Effect.sync(() => reader.close())
  })

/**
 * Returns the next line of standard input without the spaces around it. Asks the `question` if standard input is a terminal. If it is a
 * pipe, says that the command waits for `what`.
 */
export const askFor = (
  what: string,
  { hidden, question }: { readonly question: string; readonly hidden?: boolean | undefined }
): Effect.Effect<string> =>
  Effect.map(
    isInteractive()
      ? ask(question, { hidden })
      : saysWhatItWaitsFor(`Waiting for ${what}, a line of standard input…`)(ask(question)),
    (line) => line.trim()
  )

const clockFace = (millis: number): string => {
  const seconds = Math.max(0, Math.ceil(millis / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`
}

// Plain ASCII: every terminal and every font has it.
const frames = ["|", "/", "-", "\\"]

/**
 * Shows a spinner with the time that is left for `waitingFor`, or with what the program itself is `doing`, until it is interrupted. One
 * plain line if there is no status line.
 */
export const countdown = (
  terminal: Terminal,
  timeout: Duration.Duration,
  { doing, waitingFor }: { readonly waitingFor: string; readonly doing: () => string | undefined }
): Effect.Effect<never> => {
  const millis = Duration.toMillis(timeout)
  if (!terminal.hasStatusLine) {
    return Effect.zipRight(terminal.say(`${waitingFor}, ${clockFace(millis)} left.`), Effect.never)
  }
  return Effect.flatMap(Clock.currentTimeMillis, (start) => {
    let turn = 0
    const draw = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const time = `${clockFace(start + millis - now)} left > `
      const own = doing()
      const whole = own === undefined ? `${waitingFor}, ${time}` : `${own} `
      const frame = accent(process.stderr, frames[turn++ % frames.length] ?? "")
      // A status that wraps could not be written over.
      const fits = whole.length + 4 < process.stderr.columns
      return terminal.status(`${frame} ${fits ? whole : own === undefined ? time : ""}`)
    })
    return Effect.zipRight(Effect.repeat(draw, Schedule.spaced("100 millis")), Effect.never)
  })
}
