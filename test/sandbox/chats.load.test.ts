/** A sandbox that runs all day: its memory stays flat, its log keeps to its cap, and no keys are added. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { heapUsed } from "../util/heap.js"
import { inProcess } from "./support.js"

const requests = 100_000

it("100,000 chats: each is answered and counted, the memory stays flat, the log within its cap", async () => {
  const { dispose, handler, sandbox } = inProcess()
  const key = Redacted.value(await Effect.runPromise(sandbox.keys.issue()))
  const init = {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "sandbox/echo", messages: [{ role: "user", content: "hello" }] })
  }
  const chats = async (count: number) => {
    let answered = 0
    for (let sent = 0; sent < count; sent++) {
      const response = await handler(new Request("https://openrouter.ai/api/v1/chat/completions", init))
      await response.arrayBuffer()
      if (response.status === 200) answered++
    }
    return answered
  }
  await chats(5_000)
  const before = heapUsed()
  const start = performance.now()
  assert.strictEqual(await chats(requests), requests)
  const seconds = (performance.now() - start) / 1000
  const growth = (heapUsed() - before) / 1024 / 1024
  console.log(`100,000 chats in ${seconds.toFixed(1)} s; the heap grew by ${growth.toFixed(1)} MiB`)
  assert.isBelow(growth, 10)
  assert.strictEqual(await Effect.runPromise(sandbox.requests.count("sendChatCompletionRequest")), requests + 5_000)
  assert.isAtMost((await Effect.runPromise(sandbox.requests.all)).length, 1_000)
  // The account and the user whose key was issued.
  assert.strictEqual((await Effect.runPromise(sandbox.keys.all)).length, 2)
  const answer = await handler(
    new Request("https://openrouter.ai/api/v1/key", { headers: { authorization: `Bearer ${key}` } })
  )
  const { data } = await answer.json()
  assert.closeTo(data.usage, (requests + 5_000) * 0.001, 1e-6)
  await dispose()
}, 180_000)
