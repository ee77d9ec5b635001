import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import { callbackUrl, layer, visit } from "./flow.js"

describe("sign-ins against one sandbox", () => {
  it.effect("2,000 of them, 64 at a time: none lost, none mixed up", () =>
    Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const client = yield* OAuthClient.OAuthClient
      const keys = yield* Effect.forEach(
        Array.from({ length: 2000 }, (_, i) => `sign-in ${i}`),
        (keyLabel) =>
          Effect.gen(function* () {
            const started = yield* signIn.begin({ callbackUrl, keyLabel })
            const { key } = yield* signIn.complete(yield* visit(started.authorizationUrl), started)
            assert.strictEqual((yield* client.getCurrentKey(key)).label, keyLabel)
            return Redacted.value(key)
          }),
        { concurrency: 64 }
      )
      assert.strictEqual(new Set(keys).size, 2000)
    }).pipe(Effect.provide(layer({ approve: true })))
  )
})
