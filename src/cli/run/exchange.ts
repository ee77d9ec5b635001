import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { OAuthClient } from "../../OAuthClient.js"
import * as Client from "../client.js"
import { CommandFailed } from "../exit.js"
import { print } from "../output.js"
import * as Terminal from "../terminal.js"

export interface ExchangeOptions {
  readonly code: string | undefined
  readonly method: "S256" | "plain" | undefined
  readonly json: boolean
}

/** The next lines of standard input, asked for where a person types them; fewer where it ends. */
const ask = (questions: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const terminal = yield* Terminal.open({ read: true })
    const answers: Array<string> = []
    const next = (): Effect.Effect<void> => {
      const question = questions[answers.length]
      return question !== undefined && Terminal.isInteractive() ? terminal.say(question) : Effect.void
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
      ...(namedCode === undefined ? ["Paste the code:"] : []),
      ...(fromEnvironment === undefined ? ["Paste its verifier, or press Enter where it has none:"] : [])
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
    const { key, userId } = yield* client.exchangeAuthCodeForAPIKey({
      code: Redacted.make(theCode),
      codeVerifier: verifier === undefined ? undefined : Redacted.make(verifier),
      codeChallengeMethod: verifier === undefined ? undefined : (method ?? "S256")
    })
    yield* print(json, { key: Redacted.value(key), userId }, Redacted.value(key))
  }).pipe(Effect.provide(Client.layer()))
