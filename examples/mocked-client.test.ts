/**
 * Your own code under test: the client is the real one, only the HTTP below it is mocked.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as Pkce from "effect-openrouter-oauth/Pkce"

/** Code under test: a key, or undefined where the user has to sign in again. */
const keyFor = (code: string) =>
  Effect.gen(function* () {
    const client = yield* OAuthClient.OAuthClient
    const { codeVerifier } = yield* (yield* Pkce.Pkce).generate
    const { key } = yield* client.exchangeAuthCodeForAPIKey({ code: Redacted.make(code), codeVerifier })
    return Redacted.value(key)
  }).pipe(Effect.catchTag("Forbidden", () => Effect.succeed(undefined)))

/** An OpenRouter that gives every request the same answer, and a PKCE verifier that is known beforehand. */
const answering = (status: number, body: unknown) =>
  Layer.merge(OAuthClient.layer(), Pkce.layerTest("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).pipe(
    Layer.provide(
      Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.make((request) =>
          Effect.succeed(HttpClientResponse.fromWeb(request, Response.json(body, { status })))
        )
      )
    )
  )

it.effect("gives the key", () =>
  Effect.gen(function* () {
    assert.strictEqual(yield* keyFor("a-code"), "sk-or-v1-made-up")
  }).pipe(Effect.provide(answering(200, { key: "sk-or-v1-made-up", user_id: "user_1" })))
)

it.effect("asks for a new sign-in where the code is refused", () =>
  Effect.gen(function* () {
    assert.isUndefined(yield* keyFor("a-code"))
  }).pipe(Effect.provide(answering(403, { error: { code: 403, message: "Invalid code or code_verifier" } })))
)
