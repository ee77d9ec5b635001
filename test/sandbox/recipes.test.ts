/** What the recipes of docs/sandbox.md rely on. */
import { assert, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as PromiseClient from "effect-openrouter-oauth/PromiseClient"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"

describe("recipes", () => {
  it("a sandbox of one's own is the fetch of a client", async () => {
    const sandbox = Sandbox.toWebHandler()
    const client = PromiseClient.createClient({
      apiKey: sandbox.apiKey,
      fetch: (input, init) => sandbox.handler(new Request(input, init))
    })
    expect((await client.getCurrentKey(sandbox.apiKey)).label).toBe("Sandbox account")
    await sandbox.dispose()
  })

  it.effect("a 429 is repeated once the test clock has passed its Retry-After", () =>
    Effect.gen(function* () {
      const { faults, keys, requests } = yield* Sandbox.Sandbox
      const client = yield* OAuthClient.OAuthClient
      yield* faults.add({ operation: "getCurrentKey", status: 429, retryAfter: "30 seconds" })
      const call = yield* Effect.fork(client.getCurrentKey(keys.apiKey))
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(yield* requests.count("getCurrentKey"), 1)
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual((yield* Fiber.join(call)).label, "Sandbox account")
    }).pipe(Effect.provide(OAuthClient.layer().pipe(Layer.provideMerge(Sandbox.layerHttpClient()))))
  )
})
