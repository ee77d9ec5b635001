import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import { cast } from "../util/cast.js"
import { callbackUrl, caller, codeChallenge, codeVerifier } from "./support.js"

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

const heapUsed = () => {
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const request = { callback_url: callbackUrl, code_challenge: codeChallenge, code_challenge_method: "S256" }

it.effect(
  "10,000 create-and-exchange pairs at concurrency 64: none lost, the memory comes back",
  () =>
    Effect.gen(function* () {
      const { origin } = yield* SandboxNode.SandboxServer
      const sandbox = yield* Sandbox.Sandbox
      const { create, exchange } = caller(fetch, origin, Redacted.value(sandbox.keys.apiKey))
      const pair = Effect.promise(async () => {
        const { json } = await create(request)
        const { status, json: issued } = await exchange({ code: json.data.id, code_verifier: codeVerifier })
        return status === 200 ? cast<string>(issued.key) : undefined
      })
      yield* Effect.all(
        Array.from({ length: 200 }, () => pair),
        { concurrency: 64, discard: true }
      )
      const before = heapUsed()
      const start = performance.now()
      const keys = new Set(
        yield* Effect.all(
          Array.from({ length: 10_000 }, () => pair),
          { concurrency: 64 }
        )
      )
      const seconds = (performance.now() - start) / 1000
      assert.strictEqual(keys.size, 10_000)
      assert.isFalse(keys.has(undefined))
      assert.strictEqual(yield* sandbox.requests.count(), 20_400)
      keys.clear()
      const growth = (heapUsed() - before) / 1024 / 1024
      console.log(`10,000 pairs in ${seconds.toFixed(1)} s; the heap grew by ${growth.toFixed(1)} MiB`)
      assert.isBelow(growth, 20)
    }).pipe(Effect.provide(SandboxNode.layerServer())),
  120_000
)
