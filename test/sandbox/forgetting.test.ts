import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import { cast } from "../util/cast.js"
import { callbackUrl, codeChallenge, codeVerifier } from "./support.js"

const request = { callback_url: callbackUrl, code_challenge: codeChallenge, code_challenge_method: "S256" }

it.effect("codes that nobody exchanges are forgotten an hour after they expired", () =>
  Effect.gen(function* () {
    const sandbox = yield* Sandbox.Sandbox
    const http = yield* HttpClient.HttpClient
    const call = (path: string, body: unknown) =>
      http
        .execute(
          HttpClientRequest.post(`https://openrouter.ai/api/v1${path}`).pipe(
            HttpClientRequest.bearerToken(sandbox.keys.apiKey),
            HttpClientRequest.bodyUnsafeJson(body)
          )
        )
        // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
        .pipe(Effect.flatMap(({ json }) => cast<Effect.Effect<any>>(json)))
    const code = (yield* call("/auth/keys/code", request)).data.id
    const exchange = call("/auth/keys", { code, code_verifier: codeVerifier })
    yield* TestClock.adjust(Duration.minutes(10))
    yield* call("/auth/keys/code", request)
    assert.strictEqual((yield* exchange).error.message, "Authorization code expired")
    yield* TestClock.adjust(Duration.hours(1))
    yield* call("/auth/keys/code", request)
    assert.strictEqual((yield* exchange).error.message, "Invalid code or code_verifier")
  }).pipe(Effect.provide(Sandbox.layerHttpClient()))
)
