/** Standard input line by line, and a status line that does not get into the way of what is typed. */
import { clearLine, createInterface, cursorTo } from "node:readline"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"

/** Whether a person can type here. */
export const isInteractive = (): boolean => process.stdin.isTTY === true

/** Whether a line can be written over. */
const hasStatusLine = (): boolean => process.stderr.isTTY === true && process.env.TERM !== "dumb"

export interface Terminal {
  readonly lines: Stream.Stream<string>
  /** Shows a status line in place of the last one; nothing where there is no terminal. */
  readonly status: (text: string) => Effect.Effect<void>
  /** Words for people, above the status line. */
  readonly say: (line: string) => Effect.Effect<void>
}

/** Takes standard input until the scope ends. `read: false` leaves it to others. */
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
    let current = ""
    const wipe = () => {
      if (!shows || current === "") return
      cursorTo(process.stderr, 0)
      clearLine(process.stderr, 0)
    }
    const draw = () => {
      if (!shows || current === "") return
      if (edits && reader !== undefined) {
        reader.setPrompt(current)
        reader.prompt(true)
      } else {
        wipe()
        process.stderr.write(current)
      }
    }
    if (reader === undefined) yield* mailbox.end
    else {
      // A terminal that went away is the end of its lines.
      process.stdin.on("error", () => mailbox.unsafeDone(Exit.void))
      reader.on("line", (line) => mailbox.unsafeOffer(line))
      reader.once("close", () => mailbox.unsafeDone(Exit.void))
      // In a terminal that readline edits Ctrl-C is a key like any other.
      reader.on("SIGINT", () => process.kill(process.pid, "SIGINT"))
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        wipe()
        current = ""
        reader?.close()
        if (options.read) process.stdin.destroy()
      })
    )
    return {
      lines: Mailbox.toStream(mailbox),
      status: (text) =>
        Effect.sync(() => {
          current = text
          draw()
        }),
      say: (line) =>
        Effect.sync(() => {
          wipe()
          process.stderr.write(`${line}\n`)
          draw()
        })
    }
  })

const clockFace = (millis: number): string => {
  const seconds = Math.max(0, Math.ceil(millis / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`
}

/** Shows the remaining time every second, for ever: to be interrupted. */
export const countdown = (terminal: Terminal, timeout: Duration.Duration, words: string): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (start) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      terminal.status(`${words}, ${clockFace(start + Duration.toMillis(timeout) - now)} left > `)
    ).pipe(Effect.repeat(Schedule.spaced("1 second")), Effect.asVoid)
  )
