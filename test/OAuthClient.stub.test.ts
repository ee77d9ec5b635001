/** A `fetch` that was put in place of the platform's, and gives something that is no Response. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import { call } from "./util/client.js"

const answers = [
  ["nothing", undefined],
  ["an empty object", {}],
  ["an object without headers", { status: 400 }],
  ["an object without a status", { headers: new Headers() }]
] as const

describe("a fetch that gives no Response is ConnectionLost, and no defect", () => {
  for (const [name, answer] of answers) {
    it.effect(name, () =>
      Effect.gen(function* () {
        // What the types rule out is what is tested.
        const fetch: typeof globalThis.fetch = async () => JSON.parse("null") ?? answer
        const error = yield* call("exchangeAuthCodeForAPIKey").pipe(
          Effect.provide(OAuthClient.layerFetch().pipe(Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch)))),
          Effect.flip
        )
        assert.strictEqual(error._tag, "ConnectionLost")
      })
    )
  }
})
