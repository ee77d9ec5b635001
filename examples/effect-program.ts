/**
 * An Effect program: create a code with a fresh PKCE pair, exchange it for a key, and look at that key.
 *
 * The settings come from the environment: OPENROUTER_API_KEY (needed), OPENROUTER_BASE_URL and the others.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as Pkce from "effect-openrouter-oauth/Pkce"

const program = Effect.gen(function* () {
  const client = yield* OAuthClient.OAuthClient
  const pkce = yield* Pkce.Pkce

  // The verifier stays here; only its SHA-256, the challenge, travels with the first request.
  const { codeChallenge, codeVerifier } = yield* pkce.generate

  const code = yield* client.createAuthCode({
    callbackUrl: "https://app.example/callback",
    codeChallenge,
    keyLabel: "Effect example",
    limit: 5 // US dollars
  })
  yield* Console.log(`OpenRouter created a code at ${code.createdAt}.`)

  // Codes and keys are Redacted: logging them prints <redacted>.
  const { key } = yield* client.exchangeAuthCodeForAPIKey({ code: code.id, codeVerifier })
  yield* Console.log(`The code gave a key: ${key}.`)

  const info = yield* client.getCurrentKey(key)
  yield* Console.log(
    `It is called "${info.label}" and may still spend ${info.limitRemaining ?? "any number of"} US dollars.`
  )
})

// layerConfig reads the OPENROUTER_* variables; fetch carries the requests.
const OpenRouter = Layer.merge(OAuthClient.layerConfig(), Pkce.layer).pipe(Layer.provide(FetchHttpClient.layer))

const main = program.pipe(
  // Every error is typed: the compiler knows which tags are left.
  Effect.catchTags({
    Unauthorized: () => Console.error("OpenRouter does not know this API key: check OPENROUTER_API_KEY."),
    Forbidden: (error) => Console.error(`The code was refused (${error.reason}).`)
  }),
  Effect.provide(OpenRouter),
  // What remains, bad settings and connections among it, says in its message what to do.
  Effect.catchAll((error) => Console.error(`${error._tag}: ${error.message}`))
)

await Effect.runPromise(main)
