import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerKeyValueStore, layerMemory, PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import { verifier } from "./util/client.js"
import { expirySuite, pending, suite } from "./util/pendingSignIns.js"

const keyValue = Layer.provide(layerKeyValueStore, KeyValueStore.layerMemory)

describe("layerMemory", () => {
  suite(layerMemory)
  expirySuite(layerMemory)
})

describe("layerKeyValueStore", () => {
  suite(keyValue)
  expirySuite(keyValue)

  it.effect("a row that was tampered with is a StoreError, which does not show it", () =>
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      const rows = yield* KeyValueStore.KeyValueStore
      yield* store.put("row", pending(), Duration.minutes(10))
      for (const row of ["", "{", "null", `{"until":1e15,"pending":{"codeVerifier":["${verifier}"]}}`]) {
        yield* rows.set("openrouter-sign-in/row", row)
        const error = yield* Effect.flip(store.get("row"))
        assert.strictEqual(error._tag, "StoreError")
        assert.include(error.message, "start the sign-in again")
        assert.notInclude(`${error.message}${error.stack}${JSON.stringify(error)}`, verifier)
      }
    }).pipe(Effect.provide(Layer.provideMerge(layerKeyValueStore, KeyValueStore.layerMemory)))
  )
})
