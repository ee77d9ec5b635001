// The main job on the embedded sandbox: a code, its exchange for a key, a look at the key, and a wrong verifier.
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"

const say = (...lines) => Effect.forEach(lines, (line) => Console.log(line), { discard: true })
const step = (number, title) => say("", `${number}. ${title}`)
const short = (text) => `${text.slice(0, 16)}…`
const dollars = (amount) => (amount === null ? "without a limit" : `${amount} US dollars`)

const program = Effect.gen(function* () {
  const { baseUrl } = yield* SandboxServer
  const client = yield* OAuthClient.OAuthClient
  const pkce = yield* Pkce.Pkce
  yield* say(
    "A local OpenRouter, the sandbox, stands in for the real one: no account, no network.",
    `It listens on ${baseUrl}. Its keys and codes are made up, so this shows the beginnings of them.`
  )

  yield* step(1, "Make a PKCE pair: a secret (the verifier) and its SHA-256 (the challenge).")
  const pair = yield* pkce.generate
  yield* say(`   challenge  ${pair.codeChallenge}`, `   verifier   ${pair.codeVerifier}, it stays in this program`)

  yield* step(2, "Create an authorization code that is bound to the challenge.   POST /auth/keys/code")
  const create = client.createAuthCode({
    callbackUrl: "http://localhost:3000/callback",
    codeChallenge: pair.codeChallenge,
    keyLabel: "My first key",
    limit: 5
  })
  const code = yield* create
  yield* say(
    `   code       ${short(Redacted.value(code.id))} for app ${code.appId}, good for 10 minutes and one exchange`
  )

  yield* step(3, "Exchange the code with a wrong verifier, as a thief of the code would.   POST /auth/keys")
  const wrong = yield* pkce.generate
  const refusal = yield* Effect.flip(
    client.exchangeAuthCodeForAPIKey({ code: code.id, codeVerifier: wrong.codeVerifier })
  )
  if (refusal._tag !== "Forbidden") return yield* Effect.die(refusal)
  yield* say(
    `   refused    ${refusal._tag}, reason ${refusal.reason}, status ${refusal.status}`,
    `   message    ${refusal.message}`
  )

  yield* step(4, "Exchange the code with the right verifier.   POST /auth/keys")
  const { key, userId } = yield* client.exchangeAuthCodeForAPIKey({ code: code.id, codeVerifier: pair.codeVerifier })
  yield* say(`   key        ${short(Redacted.value(key))} of user ${userId}`)

  yield* step(5, "Check the key.   GET /key")
  const info = yield* client.getCurrentKey(key)
  yield* say(
    `   label      ${info.label}`,
    `   used       ${dollars(info.usage)}`,
    `   left       ${dollars(info.limitRemaining)}`
  )

  yield* say("", "That is the whole job: a code became a key, and only the program with the verifier could do it.")
})

const Client = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { baseUrl } = yield* SandboxServer
    const { keys } = yield* Sandbox.Sandbox
    return OAuthClient.layer({ baseUrl, apiKey: keys.apiKey, appTitle: "npm start" })
  })
).pipe(Layer.provide(FetchHttpClient.layer))

const main = program.pipe(Effect.provide(Layer.provideMerge(Layer.merge(Client, Pkce.layer), layerServer())))

const exit = await Effect.runPromiseExit(main)
if (Exit.isFailure(exit)) {
  console.error(`\nThis step failed: ${Cause.pretty(exit.cause)}`)
  process.exitCode = 1
}
