/** What callers without types and servers without manners send: nothing of it is guessed. */

import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import { cast } from "./util/cast.js"
import { apiKey, call, code, json, mocked, ok, verifier } from "./util/client.js"

const callbackUrl = "https://app.example/callback"

/** The fields that an operation refuses in an input that came from JavaScript. */
const refused = (ask: (client: OAuthClient.Service) => Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* () {
    const { layer, requests } = mocked(() => json(500, {}))
    const error = yield* OAuthClient.OAuthClient.pipe(Effect.flatMap(ask), Effect.flip, Effect.provide(layer))
    assert.propertyVal(error, "_tag", "InvalidRequest")
    assert.notInclude(JSON.stringify(error), code)
    assert.notInclude(JSON.stringify(error), verifier)
    assert.lengthOf(requests, 0)
    return cast<{ readonly issues: ReadonlyArray<{ readonly path: string }> }>(error).issues.map(({ path }) => path)
  })

describe("input that its types do not allow is an InvalidRequest at its field", () => {
  const exchanges = [
    ["a code that is plain text", { code }, ["code"]],
    ["a verifier that is plain text", { code: Redacted.make(code), codeVerifier: verifier }, ["codeVerifier"]],
    ["a code that is no text", { code: Redacted.make(5) }, ["code"]]
  ] as const
  for (const [name, input, paths] of exchanges) {
    it.effect(name, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(
          yield* refused((client) => Reflect.apply(client.exchangeAuthCodeForAPIKey, client, [input])),
          [...paths]
        )
      })
    )
  }

  it.effect("a field by its name on the wire", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* refused((client) => Reflect.apply(client.createAuthCode, client, [{ callback_url: callbackUrl }])),
        ["callbackUrl"]
      )
    })
  )

  it.effect("a category that is no text", () =>
    Effect.gen(function* () {
      const attribution = JSON.parse('{"appCategories":["a",5]}')
      assert.deepStrictEqual(
        yield* refused((client) =>
          client.createAuthCode({ callbackUrl }).pipe(OAuthClient.withAttribution(attribution))
        ),
        ["appCategories"]
      )
    })
  )
})

describe("answers", () => {
  it.effect("createdAt is empty where the server sends true", () =>
    Effect.gen(function* () {
      const { layer } = mocked(() => json(200, { data: { id: code, app_id: 7, created_at: true } }))
      const answer = yield* OAuthClient.OAuthClient.pipe(
        Effect.flatMap((client) => client.createAuthCode({ callbackUrl })),
        Effect.provide(layer)
      )
      assert.strictEqual(answer.createdAt, "")
    })
  )

  it.effect("serverMessage holds the server's own words, scrubbed; message is a sentence around them", () =>
    Effect.gen(function* () {
      const { layer } = mocked(() => json(403, { error: { code: 403, message: `Invalid code ${code}` } }))
      const error = yield* Effect.flip(Effect.provide(call("exchangeAuthCodeForAPIKey"), layer))
      assert(error._tag === "Forbidden")
      assert.strictEqual(error.serverMessage, "Invalid code [redacted]")
      assert.include(error.message, '"Invalid code [redacted]"')
      assert.strictEqual(error.reason, "InvalidGrant")
    })
  )

  const statuses = [
    [100, "UnexpectedStatus"],
    [103, "UnexpectedStatus"],
    [0, "MalformedResponse"],
    [302, "MalformedResponse"],
    [399, "MalformedResponse"]
  ] as const
  for (const [status, tag] of statuses) {
    it.effect(`status ${status} is ${tag}`, () =>
      Effect.gen(function* () {
        const response = Object.defineProperty(json(200, ok.getCurrentKey), "status", { value: status })
        const { layer } = mocked(() => response, { apiKey: Redacted.make(apiKey) })
        const error = yield* Effect.flip(
          Effect.provide(call("getCurrentKey"), Layer.merge(layer, RetryPolicy.layer(RetryPolicy.none)))
        )
        assert.strictEqual(error._tag, tag)
      })
    )
  }
})
