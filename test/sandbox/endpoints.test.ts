import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import { cast } from "../util/cast.js"
import { callbackUrl, codeChallenge, codeVerifier, inProcess } from "./support.js"

const s256 = { callback_url: callbackUrl, code_challenge: codeChallenge, code_challenge_method: "S256" }
const wrongVerifier = codeVerifier.replace("d", "e")

/** The sandbox through Effect's HttpClient, on the test clock. */
const viaHttpClient = Effect.gen(function* () {
  const sandbox = yield* Sandbox.Sandbox
  const http = yield* HttpClient.HttpClient
  const call = (request: HttpClientRequest.HttpClientRequest) =>
    Effect.flatMap(http.execute(request), (response) =>
      // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
      Effect.map(response.json, (json) => ({ status: response.status, json: cast<any>(json) }))
    )
  const post = (path: string, body: unknown, key: Redacted.Redacted<string> = sandbox.keys.apiKey) =>
    call(
      HttpClientRequest.post(`https://openrouter.ai/api/v1${path}`).pipe(
        HttpClientRequest.bearerToken(key),
        HttpClientRequest.bodyUnsafeJson(body)
      )
    )
  return {
    sandbox,
    create: (body: unknown) => post("/auth/keys/code", body),
    exchange: (body: unknown) => post("/auth/keys", body),
    key: (key: string) =>
      call(HttpClientRequest.get("https://openrouter.ai/api/v1/key").pipe(HttpClientRequest.bearerToken(key)))
  }
})

describe("a code", () => {
  it.effect("gives a key to its verifier, with everything that was asked for it", () =>
    Effect.gen(function* () {
      const { create, exchange, key, sandbox } = yield* viaHttpClient
      const created = yield* create({
        ...s256,
        limit: 2.5,
        key_label: "my key",
        usage_limit_type: "weekly",
        expires_at: "1970-01-02T00:00:00Z",
        workspace_id: "0b7a4fd1-5f0f-4a3e-9d3a-2f7f3b9a1c11"
      })
      assert.strictEqual(created.status, 200)
      assert.strictEqual(created.json.data.created_at, "1970-01-01T00:00:00.000Z")
      assert.isNumber(created.json.data.app_id)
      const exchanged = yield* exchange({ code: created.json.data.id, code_verifier: codeVerifier })
      assert.strictEqual(exchanged.status, 200)
      assert.deepStrictEqual(Object.keys(exchanged.json), ["key", "user_id"])
      assert.match(exchanged.json.key, /^sk-or-v1-[0-9a-f]{64}$/)
      assert.deepStrictEqual((yield* key(exchanged.json.key)).json, {
        data: {
          label: "my key",
          usage: 0,
          limit: 2.5,
          limit_remaining: 2.5,
          limit_reset: "weekly",
          usage_daily: 0,
          usage_weekly: 0,
          usage_monthly: 0,
          byok_usage: 0,
          byok_usage_daily: 0,
          byok_usage_weekly: 0,
          byok_usage_monthly: 0,
          include_byok_in_limit: false,
          is_management_key: false,
          is_provisioning_key: false,
          creator_user_id: "user_sandbox",
          organization_id: null,
          workspace_id: "0b7a4fd1-5f0f-4a3e-9d3a-2f7f3b9a1c11",
          allowed_data_regions: ["global"],
          free_model_daily_requests: { limit: 1000, remaining: 1000, used: 0 },
          rate_limit: { interval: "10s", note: "This field is deprecated and safe to ignore.", requests: -1 },
          expires_at: "1970-01-02T00:00:00.000Z",
          is_free_tier: false
        }
      })
      const [, issued] = yield* sandbox.keys.all
      assert.strictEqual(issued?.workspaceId, "0b7a4fd1-5f0f-4a3e-9d3a-2f7f3b9a1c11")
      assert.notInclude(JSON.stringify(issued), "sk-or")
    }).pipe(Effect.provide(Sandbox.layerHttpClient()))
  )

  it.effect("expires after 10 minutes, and not before", () =>
    Effect.gen(function* () {
      const { create, exchange } = yield* viaHttpClient
      const early = (yield* create(s256)).json.data.id
      const late = (yield* create(s256)).json.data.id
      yield* TestClock.adjust(Duration.subtract(Duration.minutes(10), Duration.millis(1)))
      assert.strictEqual((yield* exchange({ code: early, code_verifier: codeVerifier })).status, 200)
      yield* TestClock.adjust("1 millis")
      const refused = yield* exchange({ code: late, code_verifier: codeVerifier })
      assert.strictEqual(refused.status, 403)
      assert.strictEqual(refused.json.error.message, "Authorization code expired")
    }).pipe(Effect.provide(Sandbox.layerHttpClient()))
  )

  it.effect("gives one key to a hundred exchanges at once", () =>
    Effect.gen(function* () {
      const { create, exchange, sandbox } = yield* viaHttpClient
      const code = (yield* create(s256)).json.data.id
      const answers = yield* Effect.all(
        Array.from({ length: 100 }, () => exchange({ code, code_verifier: codeVerifier })),
        {
          concurrency: "unbounded"
        }
      )
      assert.strictEqual(answers.filter(({ status }) => status === 200).length, 1)
      assert.strictEqual(answers.filter(({ status }) => status === 403).length, 99)
      assert.strictEqual((yield* sandbox.keys.all).length, 2)
    }).pipe(Effect.provide(Sandbox.layerHttpClient()))
  )

  it.effect.each<readonly [what: string, body: object, status: number, message: string]>([
    ["no verifier", {}, 403, "Invalid code or code_verifier"],
    ["a wrong verifier", { code_verifier: wrongVerifier }, 403, "Invalid code or code_verifier"],
    ["an unknown code", { code: "no-code" }, 403, "Invalid code or code_verifier"],
    ["plain", { code_verifier: codeVerifier, code_challenge_method: "plain" }, 400, "Invalid code_challenge_method"],
    ["S512", { code_verifier: codeVerifier, code_challenge_method: "S512" }, 400, "Invalid code_challenge_method"]
  ])("is not used up by an exchange with %s", ([, body, status, message]) =>
    Effect.gen(function* () {
      const { create, exchange } = yield* viaHttpClient
      const code = (yield* create(s256)).json.data.id
      const refused = yield* exchange({ code, ...body })
      assert.deepStrictEqual([refused.status, refused.json.error.message], [status, message])
      assert.strictEqual(
        (yield* exchange({ code, code_verifier: codeVerifier, code_challenge_method: "S256" })).status,
        200
      )
    }).pipe(Effect.provide(Sandbox.layerHttpClient()))
  )

  it.effect("with a plain challenge takes the verifier itself; without one, any verifier", () =>
    Effect.gen(function* () {
      const { create, exchange } = yield* viaHttpClient
      const plain = { ...s256, code_challenge: codeVerifier, code_challenge_method: "plain" }
      const code = (yield* create(plain)).json.data.id
      assert.strictEqual((yield* exchange({ code, code_verifier: wrongVerifier })).status, 403)
      assert.strictEqual(
        (yield* exchange({ code, code_verifier: codeVerifier, code_challenge_method: "S256" })).status,
        400
      )
      assert.strictEqual((yield* exchange({ code, code_verifier: codeVerifier })).status, 200)
      const bare = (yield* create({ callback_url: callbackUrl })).json.data.id
      assert.strictEqual((yield* exchange({ code: bare, code_verifier: codeVerifier })).status, 200)
    }).pipe(Effect.provide(Sandbox.layerHttpClient()))
  )
})

describe("a key", () => {
  it.effect("is refused when it is expired, revoked or unknown", () =>
    Effect.gen(function* () {
      const { create, exchange, key, sandbox } = yield* viaHttpClient
      const code = (yield* create({ callback_url: callbackUrl, expires_at: "1970-01-01T00:01:00Z" })).json.data.id
      const issued = (yield* exchange({ code })).json.key
      assert.strictEqual((yield* key(issued)).status, 200)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* key(issued)).status, 401)
      assert.strictEqual((yield* key("sk-or-v1-unknown")).status, 401)
      const seeded = Redacted.value(sandbox.keys.apiKey)
      assert.strictEqual((yield* key(seeded)).status, 200)
      assert.isTrue(yield* sandbox.keys.revoke(sandbox.keys.apiKey))
      assert.strictEqual((yield* key(seeded)).status, 401)
      assert.strictEqual((yield* create(s256)).status, 401)
    }).pipe(Effect.provide(Sandbox.layerHttpClient()))
  )
})

describe("requests", () => {
  it.effect("are logged without secrets, counted, and bounded", () =>
    Effect.gen(function* () {
      const { create, exchange, sandbox } = yield* viaHttpClient
      const code = (yield* create(s256)).json.data.id
      const { key } = (yield* exchange({ code, code_verifier: codeVerifier })).json
      const all = yield* sandbox.requests.all
      assert.deepStrictEqual(
        all.map(({ method, operation, path, status }) => ({ method, operation, path, status })),
        [
          { method: "POST", operation: "createAuthCode", path: "/api/v1/auth/keys/code", status: 200 },
          { method: "POST", operation: "exchangeAuthCodeForAPIKey", path: "/api/v1/auth/keys", status: 200 }
        ]
      )
      assert.isTrue(Redacted.isRedacted(all[0]?.headers.authorization))
      assert.strictEqual(all[0]?.headers["content-type"], "application/json")
      for (const secret of [code, codeVerifier, key, Redacted.value(sandbox.keys.apiKey)]) {
        assert.notInclude(JSON.stringify(all), secret)
      }
      yield* Effect.repeatN(exchange({ code: "x" }), 2499)
      assert.strictEqual((yield* sandbox.requests.all).length, 1000)
      assert.strictEqual(yield* sandbox.requests.count("exchangeAuthCodeForAPIKey"), 2501)
      assert.strictEqual(yield* sandbox.requests.count(), 2502)
      yield* sandbox.requests.clear
      assert.strictEqual(yield* sandbox.requests.count(), 0)
    }).pipe(Effect.provide(Sandbox.layerHttpClient()))
  )
})

describe("profiles", () => {
  it("documented: JSON envelopes, 403 for a bad code, 405 for a wrong method", async () => {
    const { create, exchange, send } = inProcess()
    const malformed = await exchange("{")
    assert.strictEqual(malformed.status, 400)
    assert.deepStrictEqual(malformed.json, {
      error: { code: 400, message: "Malformed JSON in request body", metadata: null },
      user_id: null
    })
    const refused = await create({ limit: -1, key_label: "x".repeat(101), expires_at: "2030-01-01T00:00Z" })
    assert.strictEqual(refused.status, 400)
    const get = await send("/api/v1/auth/keys")
    assert.strictEqual(get.status, 405)
    assert.strictEqual(get.headers.get("allow"), "POST, OPTIONS")
    assert.strictEqual((await send("/api/v1/nothing")).json.error.code, 404)
    assert.strictEqual((await exchange(`"${"x".repeat(1024 * 1024)}"`)).status, 413)
  })

  it.each(["callback_url", "limit", "key_label", "expires_at"])(
    "documented: a 400 names every field that is wrong: %s",
    async (field) => {
      const { create } = inProcess()
      const refused = await create({ limit: -1, key_label: "x".repeat(101), expires_at: "2030-01-01T00:00Z" })
      assert.include(refused.json.error.message, `${field}: `)
    }
  )

  it("observed: 400 for a bad code, a ZodError, plain text for malformed JSON, 404 for a wrong method", async () => {
    const { create, exchange, send } = inProcess({ profile: "observed" })
    const bad = await exchange({ code: "no-code" })
    assert.strictEqual(bad.status, 400)
    assert.strictEqual(bad.json.error.message, "Invalid code")
    const refused = await create({ limit: "1" })
    assert.strictEqual(refused.status, 400)
    assert.strictEqual(refused.json.success, false)
    assert.strictEqual(refused.json.error.name, "ZodError")
    assert.deepStrictEqual(
      JSON.parse(refused.json.error.message).map((issue: { path: unknown }) => issue.path),
      [["callback_url"], ["limit"]]
    )
    const malformed = await exchange("{")
    assert.strictEqual(malformed.status, 400)
    assert.strictEqual(malformed.headers.get("content-type"), "text/plain; charset=utf-8")
    assert.strictEqual(malformed.text, "Malformed JSON in request body")
    assert.strictEqual((await send("/api/v1/auth/keys")).status, 404)
  })

  describe.each(["documented", "observed"] as const)("%s", (profile) => {
    it.each(["null", "[]", "1", '{"callback_url":{"a":"SECRET"}}'])(
      "refuses what is not an object, and fields of the wrong type, without repeating the values: %s",
      async (body) => {
        const { create, exchange } = inProcess({ profile })
        const created = await create(body)
        assert.strictEqual(created.status, 400)
        assert.notInclude(created.text, "SECRET")
        const exchanged = await exchange(body)
        assert.strictEqual(exchanged.status, 400)
        assert.notInclude(exchanged.text, "SECRET")
      }
    )
  })
})

describe("CORS", () => {
  it("lets pages exchange codes, and hides Retry-After", async () => {
    const { addFault, exchange, send } = inProcess()
    const preflight = await send("/api/v1/auth/keys", { method: "OPTIONS" })
    assert.strictEqual(preflight.status, 204)
    const allowed = preflight.headers.get("access-control-allow-headers")?.toLowerCase().split(", ")
    assert.includeMembers(allowed ?? [], [
      "authorization",
      "content-type",
      "http-referer",
      "x-openrouter-title",
      "x-title",
      "x-openrouter-categories"
    ])
    addFault({ status: 429, retryAfter: "3 seconds" })
    const answer = await exchange({ code: "x" })
    assert.strictEqual(answer.headers.get("access-control-allow-origin"), "*")
    assert.strictEqual(
      answer.headers.get("access-control-expose-headers"),
      "X-Generation-Id, X-Provider-Name, request-id, cf-ray"
    )
    assert.strictEqual(answer.headers.get("retry-after"), "3")
    assert.match(answer.headers.get("request-id") ?? "", /^req_/)
    assert.isNull((await send("/auth?callback_url=https://app.example/")).headers.get("access-control-allow-origin"))
  })
})

describe("in process", () => {
  it("a handler ends what is under way when it is disposed or aborted", async () => {
    const { addFault, dispose, exchange, handler } = inProcess()
    addFault({ delay: Duration.infinity, times: 2 })
    const controller = new AbortController()
    const aborted = handler(
      new Request("https://openrouter.ai/api/v1/auth/keys", { method: "POST", body: "{}", signal: controller.signal })
    )
    controller.abort()
    const rejection = (promise: Promise<unknown>) =>
      promise.then(
        () => assert.fail("it should have been rejected"),
        (error) => error.name
      )
    assert.strictEqual(await rejection(aborted), "AbortError")
    const waiting = exchange({ code: "x" })
    await dispose()
    assert.strictEqual(await rejection(waiting), "AbortError")
  })

  it.effect("a delay passes on the test clock", () =>
    Effect.gen(function* () {
      const { create, sandbox } = yield* viaHttpClient
      yield* sandbox.faults.add({ delay: "1 hour" })
      const fiber = yield* Effect.fork(create(s256))
      yield* TestClock.adjust("59 minutes")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
    }).pipe(Effect.provide(Sandbox.layerHttpClient()))
  )
})
