import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { layerKeyValueStore, layerMemory } from "effect-openrouter-oauth/PendingSignIns"
import { expirySuite, suite } from "./util/pendingSignIns.js"

describe("layerMemory", () => {
  suite({ layer: layerMemory })
  expirySuite(layerMemory)
})

describe("layerKeyValueStore", () => {
  const kept = new Map<string, string>()
  const keyValueStore = Layer.succeed(
    KeyValueStore.KeyValueStore,
    KeyValueStore.makeStringOnly({
      get: (key) => Effect.sync(() => Option.fromNullable(kept.get(key))),
      set: (key, value) => Effect.sync(() => kept.set(key, value)),
      remove: (key) => Effect.sync(() => kept.delete(key)),
      clear: Effect.sync(() => kept.clear()),
      size: Effect.sync(() => kept.size)
    })
  )
  const layer = Layer.provide(layerKeyValueStore, keyValueStore)
  /** As it is kept, with another sign-in inside. */
  const entry = (text: string) => (/^[{[]/.test(text) ? `{"until":1e15,"pending":${text}}` : text)

  suite({ layer, tamper: (key, text) => Effect.sync(() => kept.set(`openrouter-sign-in/${key}`, entry(text))) })
  expirySuite(layer)
})
