/** An error names the function that the caller called, not one behind it. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as NodeOAuthClient from "effect-openrouter-oauth/node/NodeOAuthClient"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as PromiseClient from "effect-openrouter-oauth/PromiseClient"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import { fixture } from "./util/signIn.js"

const bad = { baseUrl: "ftp://app.example" }

describe("options that cannot be right", () => {
  const layers: ReadonlyArray<readonly [string, Layer.Layer<OAuthClient.OAuthClient, unknown>]> = [
    ["OAuthClient.layer", Layer.provide(OAuthClient.layer(bad), FetchHttpClient.layer)],
    ["OAuthClient.layerConfig", Layer.provide(OAuthClient.layerConfig(Config.succeed(bad)), FetchHttpClient.layer)],
    ["OAuthClient.layerFetch", OAuthClient.layerFetch(bad)],
    ["OAuthClient.layerFetch", OAuthClient.layerFetch({ ...bad, transformClient: (client) => client })],
    ["NodeOAuthClient.layerUndici", NodeOAuthClient.layerUndici(bad)],
    ["NodeOAuthClient.layerUndici", NodeOAuthClient.layerUndici({ ...bad, transformClient: (client) => client })]
  ]
  it.effect.each(layers)("%s: row %#", ([operation, layer]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(layer)))
      assert.propertyVal(error, "operation", operation)
    })
  )

  it.effect("OAuthClient.make", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(OAuthClient.make(bad))
      assert.strictEqual(error.operation, "OAuthClient.make")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})

describe("the promise face", () => {
  const failed = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => assert.fail("resolved"),
      (error: unknown) => error
    )

  it("options of the client: createClient", async () => {
    const error = await failed(PromiseClient.createClient(bad).getCurrentKey("sk-or-v1-fake"))
    assert.propertyVal(error, "operation", "createClient")
  })

  it("options of one call: that call", async () => {
    const error = await failed(PromiseClient.createClient().getCurrentKey("sk-or-v1-fake", bad))
    assert.propertyVal(error, "operation", "getCurrentKey")
  })

  it("an apiKey function that fails: createClient, which was given it", async () => {
    const client = PromiseClient.createClient({ apiKey: () => Promise.reject(new Error("vault")) })
    const error = await failed(client.createAuthCode({ callbackUrl: "https://app.example/" }))
    assert.propertyVal(error, "operation", "createClient")
  })
})

it.effect("a callback that is none: complete", () =>
  Effect.gen(function* () {
    const signIn = yield* SignIn.SignIn
    const error = yield* Effect.flip(
      signIn.complete("https://app.example/?code=a&code=b", { browserBinding: Redacted.make("fake-binding") })
    )
    assert(error._tag === "CallbackMalformed")
    assert.strictEqual(error.operation, "complete")
  }).pipe(Effect.provide(fixture().layer))
)
