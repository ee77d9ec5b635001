/** Interruption at every step of a call and of a sign-in; `lab/interruption.load.test.ts` does the same with everything else. */
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import { makeOneAtATime } from "../src/internal/oneAtATime.js"
import {
  built,
  callbackUrl,
  calling,
  callsOf,
  completing,
  promiseCallsOf,
  sandboxed,
  signingIn
} from "./lab/interruptible.js"
import { interruptEverywhere } from "./util/steps.js"

describe("an exchange that is interrupted at any step", () => {
  it.each(["layerFetch", "PromiseClient"])(
    "by %s: sends nothing afterwards, leaves nothing, and a code that was not sent still works",
    async (face) => {
      const sandbox = sandboxed()
      const client = await built(OAuthClient.OAuthClient, sandbox.client)
      const calls = face === "layerFetch" ? callsOf(client) : promiseCallsOf(sandbox)
      const steps = await interruptEverywhere(calling(sandbox, client, calls.exchangeAuthCodeForAPIKey))
      assert.isAbove(steps, 40)
    }
  )
})

const stores = {
  "in memory": PendingSignIns.layerMemory,
  "in a KeyValueStore": PendingSignIns.layerKeyValueStore.pipe(Layer.provide(KeyValueStore.layerMemory))
}

describe.each(Object.entries(stores))("a sign-in %s that is interrupted at any step", (_, store) => {
  it("of its begin: leaves nothing, and those that are pending complete", async () => {
    const { consent, flow, sent } = await signingIn(store)
    const before = await Effect.runPromise(flow.begin({ callbackUrl }))
    const steps = await interruptEverywhere(async () => ({ run: flow.begin({ callbackUrl }), sent }))
    assert.isAbove(steps, 20)
    await Effect.runPromise(flow.complete(await consent(before.authorizationUrl), before))
  })

  it.each(["complete", "completeWithCode"] as const)(
    "of %s: is pending and unsent, or over: no code goes twice",
    async (how) => {
      const steps = await interruptEverywhere(completing(await signingIn(store), how), { stride: 3 })
      assert.isAbove(steps, 100)
    }
  )
})

describe("the lock of what must not happen at once", () => {
  it("is free again, at whatever step its holder or one that waits is interrupted", async () => {
    const oneAtATime = makeOneAtATime()
    let inside = 0
    let most = 0
    const work = Effect.gen(function* () {
      inside++
      most = Math.max(most, inside)
      yield* Effect.yieldNow()
    }).pipe(Effect.ensuring(Effect.sync(() => inside--)), oneAtATime)
    const steps = await interruptEverywhere(async () => {
      const other = Effect.runPromise(work)
      return {
        run: work,
        holds: async () => {
          await other
          await Effect.runPromise(work)
        }
      }
    })
    assert.isAbove(steps, 10)
    assert.strictEqual(most, 1)
  })
})
