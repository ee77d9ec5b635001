import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { layerKeyValueStore, make, PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import { pending } from "../util/pendingSignIns.js"
import { nearly } from "./nearly.js"
import { fields, nearlyPending, type Rows, rowsSuite } from "./rowsSuite.js"
import { check } from "./runs.js"

describe("a row of a store of one's own", () => {
  const open = async (): Promise<Rows> => {
    let row: unknown
    return {
      store: make({
        put: (_, text) =>
          Effect.sync(() => {
            row = text
            return true
          }),
        get: () => Effect.sync(() => row),
        take: () => Effect.sync(() => row)
      }),
      write: async (_, written) => {
        row = written
      }
    }
  }
  rowsSuite(open, fc.oneof({ arbitrary: nearlyPending, weight: 8 }, fc.anything()))
})

describe("a row of a KeyValueStore", () => {
  const opened = async () => {
    const texts = new Map<string, string>()
    const kept = KeyValueStore.makeStringOnly({
      get: (key) => Effect.sync(() => Option.fromNullable(texts.get(key))),
      set: (key, text) => Effect.sync(() => texts.set(key, text)),
      remove: (key) => Effect.sync(() => texts.delete(key)),
      clear: Effect.sync(() => texts.clear()),
      size: Effect.sync(() => texts.size)
    })
    const layer = Layer.provide(layerKeyValueStore, Layer.succeed(KeyValueStore.KeyValueStore, kept))
    return { texts, store: await Effect.runPromise(Effect.provide(PendingSignIns, layer)) }
  }

  const open = async (): Promise<Rows> => {
    const { store, texts } = await opened()
    return {
      store,
      write: async (key, row) => {
        texts.delete(`openrouter-sign-in/${key}`)
        if (row !== undefined) texts.set(`openrouter-sign-in/${key}`, String(row))
      }
    }
  }
  const until = 4_000_000_000_000
  rowsSuite(
    open,
    fc.oneof(
      nearly({ pending: fields, until }),
      nearlyPending.map((text) => `{"pending":${text},"until":${until}}`)
    )
  )

  it("can be put, found and taken, whatever is in the index", async () => {
    const { store, texts } = await opened()
    const name = fc.constantFrom("key", "other", "__proto__", "")
    const time = fc.oneof(fc.integer(), fc.constant(until), fc.double())
    const index = fc.oneof(
      fc.array(fc.tuple(name, time)).map((entries) => JSON.stringify(entries)),
      fc.json(),
      fc.string({ unit: "binary" })
    )
    await check(
      fc.asyncProperty(index, async (written) => {
        texts.set("openrouter-sign-ins", written)
        await Effect.runPromise(store.put("key", pending(), Duration.minutes(10)))
        assert.isTrue(Option.isSome(await Effect.runPromise(store.get("key"))))
        assert.isTrue(Option.isSome(await Effect.runPromise(store.take("key"))))
        assert.isTrue(Option.isNone(await Effect.runPromise(store.get("key"))))
      }),
      300
    )
  })
})
