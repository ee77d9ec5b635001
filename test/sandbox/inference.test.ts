import { assert, describe, it } from "@effect/vitest"
import { OpenRouter } from "@openrouter/sdk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import { inProcess } from "./support.js"

const hello = { model: "sandbox/echo", messages: [{ role: "user", content: "Hello  brave world" }] }

/** A sandbox in process, a key of a user, and a chat with any key. */
const withKey = async (options?: Sandbox.IssueOptions) => {
  const web = inProcess()
  const key = Redacted.value(await Effect.runPromise(web.sandbox.keys.issue(options)))
  const get = (path: string, bearer = key) =>
    web.send(`/api/v1${path}`, { headers: { authorization: `Bearer ${bearer}` } })
  const chat = (body: unknown = hello, bearer = key) =>
    web.send("/api/v1/chat/completions", {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body)
    })
  return { ...web, key, get, chat }
}

describe("a chat", () => {
  it("says the last message of the user again, and counts words", async () => {
    const { chat } = await withKey()
    const { json, status } = await chat()
    assert.strictEqual(status, 200)
    assert.strictEqual(json.object, "chat.completion")
    assert.strictEqual(json.choices[0].message.content, "Hello  brave world")
    assert.deepStrictEqual(json.usage, { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6, cost: 0.001 })
  })

  it("streams the same words, the usage in the last chunk, then [DONE]", async () => {
    const { chat } = await withKey()
    const { headers, text } = await chat({ ...hello, stream: true })
    assert.strictEqual(headers.get("content-type"), "text/event-stream")
    const data = text
      .split("\n\n")
      .filter((event) => event.startsWith("data: "))
      .map((event) => event.slice("data: ".length))
    assert.strictEqual(data.pop(), "[DONE]")
    const chunks = data.map((event) => JSON.parse(event))
    assert.strictEqual(chunks.map((chunk) => chunk.choices[0].delta.content).join(""), "Hello  brave world")
    assert.strictEqual(chunks.at(-1).usage.total_tokens, 6)
    assert.isUndefined(chunks[0].usage)
  })

  it("costs a tenth of a cent, which the key's usage shows, under its old name too", async () => {
    const { chat, get } = await withKey({ limit: 1 })
    await chat()
    await chat()
    const { data } = (await get("/key")).json
    assert.strictEqual(data.usage, 0.002)
    assert.strictEqual(data.usage_daily, 0.002)
    assert.strictEqual(data.limit_remaining, 0.998)
    assert.deepStrictEqual((await get("/auth/key")).json.data, data)
  })

  it("is refused with 402 in OpenRouter's envelope once the limit is spent", async () => {
    const { chat } = await withKey({ limit: 0.002 })
    assert.deepStrictEqual([(await chat()).status, (await chat()).status], [200, 200])
    const { json, status } = await chat()
    assert.strictEqual(status, 402)
    assert.strictEqual(json.error.code, 402)
  })

  it("is refused with 401 for a key that is unknown", async () => {
    const { chat } = await withKey()
    assert.strictEqual((await chat(hello, "sk-or-v1-unknown")).status, 401)
  })

  it.each(["", "{", "[]", "{}", '{"messages":[]}', '{"messages":[{"role":"user","content":5}]}'])(
    "is refused with 400 for the body %j, and costs nothing",
    async (body) => {
      const { chat, get } = await withKey()
      assert.strictEqual((await chat(body)).status, 400)
      assert.strictEqual((await get("/key")).json.data.usage, 0)
    }
  )

  it("breaks off in the middle of a stream on demand", async () => {
    const { addFault, chat } = await withKey()
    addFault({ operation: "sendChatCompletionRequest", breakage: "resetInBody" })
    const error = await chat({ ...hello, stream: true }).catch((error: Error) => error)
    assert.instanceOf(error, TypeError)
  })
})

describe("models and credits", () => {
  it("lists one model, of the user only with a key", async () => {
    const { get, send } = await withKey()
    assert.strictEqual((await send("/api/v1/models")).json.data[0].id, "sandbox/echo")
    assert.strictEqual((await get("/models/user")).json.data[0].id, "sandbox/echo")
    assert.strictEqual((await send("/api/v1/models/user")).status, 401)
  })

  it("shows credits to the seeded key alone: 403 for a user's", async () => {
    const { apiKey, chat, get } = await withKey()
    await chat()
    assert.deepStrictEqual((await get("/credits", apiKey)).json, { data: { total_credits: 100, total_usage: 0.001 } })
    assert.strictEqual((await get("/credits")).status, 403)
  })
})

describe("a key that was issued", () => {
  it("expires, and has its label", async () => {
    const { get } = await withKey({ label: "Mine", expiresAt: new Date(Date.now() + 60_000) })
    assert.strictEqual((await get("/key")).json.data.label, "Mine")
    const expired = await withKey({ expiresAt: new Date(0) })
    assert.strictEqual((await expired.get("/key")).status, 401)
  })
})

describe("@openrouter/sdk", () => {
  it.effect("reads the key and the models, and chats, whole and streamed", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* SandboxNode.SandboxServer
      const { keys } = yield* Sandbox.Sandbox
      const apiKey = Redacted.value(yield* keys.issue({ limit: 1 }))
      const client = new OpenRouter({ apiKey, serverURL: baseUrl, retryConfig: { strategy: "none" } })
      const chatRequest = { model: "sandbox/echo", messages: [{ role: "user" as const, content: "Hello world" }] }
      const whole = yield* Effect.promise(() =>
        client.chat.send({ chatRequest: { ...chatRequest, stream: false as const } })
      )
      assert("choices" in whole)
      assert.strictEqual(whole.choices[0]?.message.content, "Hello world")
      const parts = yield* Effect.promise(async () => {
        const contents: Array<string> = []
        const stream = await client.chat.send({ chatRequest: { ...chatRequest, stream: true as const } })
        assert(!("choices" in stream))
        for await (const { choices } of stream) {
          contents.push(choices[0]?.delta.content ?? "")
        }
        return contents.join("")
      })
      assert.strictEqual(parts, "Hello world")
      const { data } = yield* Effect.promise(() => client.apiKeys.getCurrentKeyMetadata())
      assert.strictEqual(data.limitRemaining, 0.998)
      assert.strictEqual((yield* Effect.promise(() => client.models.list())).result.totalCount, 1)
    }).pipe(Effect.provide(SandboxNode.layerServer()))
  )
})
