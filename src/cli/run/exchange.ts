import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { OAuthClient } from "../../OAuthClient.js"
import * as Client from "../client.js"
import { CommandFailed } from "../exit.js"
import { print, say, saysWhatItWaitsFor } from "../output.js"
import * as Terminal from "../terminal.js"

export interface ExchangeOptions {
  readonly code: string | undefined
  readonly method: "S256" | "plain" | undefined
  readonly json: boolean
}

interface Question {
  /** For a person at a terminal. */
  readonly ask: string
  /** For a pipe that brings no line. */
  readonly wait: string
}

const codeQuestion: Question = { ask: "Paste the code:", wait: "Waiting for the code, a line of standard input…" }

const verifierQuestion: Question = {
  ask: "Paste its verifier, or press Enter if it has none:",
  wait: "Waiting for the verifier, a line of standard input; an empty one if the code has none…"
}

/** Reads the next lines of standard input, one for each question; fewer if it ends. */
const ask = (questions: ReadonlyArray<Question>) =>
  Effect.gen(function* () {
    const terminal = yield* Terminal.open({ read: true })
    const scope = yield* Effect.scope
    const answers: Array<string> = []
    const next = (): Effect.Effect<void> => {
      const question = questions[answers.length]
      if (question === undefined) return Effect.void
      // A pipe that brings its lines at once sees no message.
      return Terminal.isInteractive()
        ? terminal.say(question.ask)
        : Effect.asVoid(Effect.forkIn(Effect.delay(terminal.say(question.wait), "500 millis"), scope))
    }
    yield* next()
    yield* terminal.lines.pipe(
      Stream.take(questions.length),
      Stream.runForEach((line) =>
        Effect.zipRight(
          Effect.sync(() => answers.push(line.trim())),
          Effect.suspend(next)
        )
      )
    )
    return answers
  }).pipe(Effect.scoped)

const given = (text: string | undefined) => (text === undefined || text === "" ? undefined : text)

export const run = ({ code, json, method }: ExchangeOptions) =>
  Effect.gen(function* () {
    const fromEnvironment = Option.getOrUndefined(yield* Client.variable("OPENROUTER_CODE_VERIFIER"))
    const namedCode = code ?? Option.getOrUndefined(yield* Client.variable("OPENROUTER_CODE"))
    const questions = [
      ...(namedCode === undefined ? [codeQuestion] : []),
      ...(fromEnvironment === undefined ? [verifierQuestion] : [])
    ]
    const answers = questions.length === 0 ? [] : yield* ask(questions)
    const theCode = given(namedCode ?? answers.shift())
    const verifier = fromEnvironment ?? given(answers.shift())
    if (theCode === undefined) {
      return yield* new CommandFailed({
        why: "usage",
        message: "There is no code to exchange. Pipe it into the command, or set OPENROUTER_CODE."
      })
    }
    const client = yield* OAuthClient
    const { key, userId } = yield* client
      .exchangeAuthCodeForAPIKey({
        code: Redacted.make(theCode),
        codeVerifier: verifier === undefined ? undefined : Redacted.make(verifier),
        codeChallengeMethod: verifier === undefined ? undefined : (method ?? "S256")
      })
      .pipe(
        saysWhatItWaitsFor("Exchanging the code for a key…"),
        Effect.onInterrupt(() =>
          say("Stopped while the code was exchanged: it may be used up. Start again with a new code.")
        )
      )
    yield* print(json, { key: Redacted.value(key), userId }, Redacted.value(key))
  }).pipe(Effect.provide(Client.layer()))
