/** Lines that a person types: from standard input, or from a prompt of the program's own. */
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { InvalidRequest } from "../../OAuthError.js"

/**
 * Returns the lines of standard input; undefined if it is no terminal. Leaves the terminal in its own line mode, so that Ctrl-C stays a
 * signal. Pauses standard input afterwards, so that the program can end.
 */
export const typedLines = (): Stream.Stream<string> | undefined => {
  if (process.stdin.isTTY !== true) return undefined
  return Stream.asyncPush<string>(
    (emit) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const reader = createInterface({ input: process.stdin, terminal: false })
          reader.on("line", (line) => emit.single(line))
          reader.once("close", () => emit.end())
          return reader
        }),
        (reader) => Effect.sync(() => reader.close())
      ),
    { bufferSize: "unbounded" }
  )
}

const noText = new InvalidRequest({
  operation: "signIn",
  issues: [{ path: "prompt", message: "must return a promise of a string" }]
})

/** Asks again after each answer that was refused, until the sign-in has ended: then the signal aborts. */
export const prompted = (prompt: (signal: AbortSignal) => Promise<string>): Stream.Stream<string, unknown> =>
  Stream.repeatEffect(Effect.tryPromise({ try: prompt, catch: (cause) => cause })).pipe(
    Stream.mapEffect((line) => (typeof line === "string" ? Effect.succeed(line) : Effect.fail(noText)))
  )
