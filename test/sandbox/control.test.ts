/** `/__sandbox`, as tests in any language use it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import { codeVerifier } from "./support.js"

const guard = { "x-openrouter-sandbox": "1" }

/** What a test program knows of a sandbox on a port, and what it sends to it. */
const started = Effect.gen(function* () {
  const { keys } = yield* Sandbox.Sandbox
  const { baseUrl, origin } = yield* SandboxNode.SandboxServer
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = guard) =>
    Effect.promise(async () => {
      const response = await fetch(`${origin}${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) })
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
    })
  const key = (bearer: string) =>
    Effect.promise(() => fetch(`${baseUrl}/key`, { headers: { authorization: `Bearer ${bearer}` } }))
  return { baseUrl, send, key, apiKey: Redacted.value(keys.apiKey) }
})

const scenario = (name: string, run: (sandbox: Effect.Effect.Success<typeof started>) => Effect.Effect<void>) =>
  it.live(name, () => Effect.flatMap(started, run).pipe(Effect.provide(SandboxNode.layerServer())))

describe("/__sandbox", () => {
  scenario("health", ({ send }) =>
    Effect.gen(function* () {
      const { json, status } = yield* send("GET", "/__sandbox/health", undefined, {})
      assert.deepStrictEqual([status, json()], [200, { status: "ok" }])
    })
  )

  scenario("requests: what came in, without its secrets, and without what is asked here", ({ apiKey, key, send }) =>
    Effect.gen(function* () {
      yield* key(apiKey)
      const { json, text } = yield* send("GET", "/__sandbox/requests", undefined, {})
      const [first, ...more] = json().requests
      assert.deepStrictEqual(more, [])
      assert.deepInclude(first, { operation: "getCurrentKey", method: "GET", path: "/api/v1/key", status: 200 })
      assert.match(first.receivedAt, /^\d{4}-\d\d-\d\dT/)
      assert.notInclude(text, apiKey)
    })
  )

  scenario("requests can be forgotten", ({ apiKey, key, send }) =>
    Effect.gen(function* () {
      yield* key(apiKey)
      yield* send("DELETE", "/__sandbox/requests")
      assert.deepStrictEqual((yield* send("GET", "/__sandbox/requests")).json(), { requests: [] })
    })
  )

  scenario("faults: added in the shape of Fault, listed, and gone", ({ apiKey, key, send }) =>
    Effect.gen(function* () {
      const fault = {
        operation: "getCurrentKey",
        times: 2,
        status: 503,
        body: "string",
        message: "closed",
        retryAfter: 2000,
        headers: { "x-own": "yes" }
      }
      const added = yield* send("POST", "/__sandbox/faults", { ...fault, retryAfter: "2 seconds" })
      assert.deepStrictEqual([added.status, added.json()], [200, { faults: [fault] }])
      const broken = yield* key(apiKey)
      assert.deepStrictEqual(
        [broken.status, broken.headers.get("retry-after"), broken.headers.get("x-own")],
        [503, "2", "yes"]
      )
      assert.deepStrictEqual((yield* send("GET", "/__sandbox/faults")).json(), { faults: [{ ...fault, times: 1 }] })
      assert.deepStrictEqual((yield* send("DELETE", "/__sandbox/faults")).json(), { faults: [] })
      assert.strictEqual((yield* key(apiKey)).status, 200)
    })
  )

  scenario("a fault may hold forever", ({ apiKey, key, send }) =>
    Effect.gen(function* () {
      const { json } = yield* send("POST", "/__sandbox/faults", { status: 500, times: "forever" })
      assert.deepStrictEqual(json(), { faults: [{ status: 500, times: "forever" }] })
      assert.strictEqual((yield* key(apiKey)).status, 500)
      assert.strictEqual((yield* key(apiKey)).status, 500)
    })
  )

  scenario("keys: one without a sign-in", ({ key, send }) =>
    Effect.gen(function* () {
      const { json } = yield* send("POST", "/__sandbox/keys", {
        limit: 1.5,
        label: "CI",
        expiresAt: "2999-01-01T00:00:00Z"
      })
      assert.deepStrictEqual(Object.keys(json()), ["key"])
      const answer = yield* key(json().key)
      const { data } = yield* Effect.promise(() => answer.json())
      assert.deepStrictEqual([data.label, data.limit, data.expires_at], ["CI", 1.5, "2999-01-01T00:00:00.000Z"])
    })
  )

  scenario("clock: a code expires when the time is moved", ({ apiKey, baseUrl, send }) =>
    Effect.gen(function* () {
      const post = (path: string, body: object, headers = {}) =>
        Effect.promise(() => fetch(`${baseUrl}${path}`, { method: "POST", body: JSON.stringify(body), headers }))
      const made = yield* post(
        "/auth/keys/code",
        { callback_url: "http://localhost/" },
        { authorization: `Bearer ${apiKey}` }
      )
      const { data } = yield* Effect.promise(() => made.json())
      const { json } = yield* send("POST", "/__sandbox/clock", { advance: "10 minutes" })
      assert.isAbove(Date.parse(json().now), Date.now() + 590_000)
      assert.strictEqual((yield* post("/auth/keys", { code: data.id, code_verifier: codeVerifier })).status, 403)
    })
  )

  scenario("subject tokens: exchanged for an access token", ({ baseUrl, send }) =>
    Effect.gen(function* () {
      const { json } = yield* send("POST", "/__sandbox/subject-tokens", { sub: "job-1", expiresIn: "5 minutes" })
      const exchanged = yield* Effect.promise(() =>
        fetch(`${baseUrl}/oauth/token`, {
          method: "POST",
          body: new URLSearchParams({
            grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
            subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
            subject_token: json().subjectToken,
            federation_policy_id: "policy_sandbox"
          })
        })
      )
      assert.strictEqual(exchanged.status, 200)
      const { expires_in } = yield* Effect.promise(() => exchanged.json())
      assert.isAtMost(expires_in, 300)
    })
  )

  scenario("reset: everything is as at the beginning", ({ apiKey, key, send }) =>
    Effect.gen(function* () {
      const made = (yield* send("POST", "/__sandbox/keys")).json().key
      yield* send("POST", "/__sandbox/faults", { status: 500, times: 9 })
      assert.deepStrictEqual((yield* send("POST", "/__sandbox/reset")).json(), { status: "ok" })
      assert.deepStrictEqual((yield* send("GET", "/__sandbox/requests")).json(), { requests: [] })
      assert.deepStrictEqual((yield* send("GET", "/__sandbox/faults")).json(), { faults: [] })
      assert.strictEqual((yield* key(apiKey)).status, 200)
      assert.strictEqual((yield* key(made)).status, 401)
    })
  )

  scenario("the page shows what came in, and no secret", ({ apiKey, key, send }) =>
    Effect.gen(function* () {
      const made = (yield* send("POST", "/__sandbox/keys", { label: "<b>CI</b>" })).json().key
      yield* key(made)
      yield* send("POST", "/__sandbox/faults", { operation: "getCurrentKey", breakage: "reset" })
      const { headers, status, text } = yield* send("GET", "/__sandbox", undefined, {})
      assert.strictEqual(status, 200)
      assert.include(headers.get("content-security-policy") ?? "", "default-src 'none'")
      assert.include(text, "<td>/api/v1/key</td>")
      assert.include(text, "<td>reset</td>")
      assert.include(text, "&lt;b&gt;CI")
      assert.notInclude(text, made)
      assert.notInclude(text, apiKey)
    })
  )
})

describe("what changes something", () => {
  const changes = [
    ["POST", "/__sandbox/faults"],
    ["DELETE", "/__sandbox/faults"],
    ["DELETE", "/__sandbox/requests"],
    ["POST", "/__sandbox/keys"],
    ["POST", "/__sandbox/clock"],
    ["POST", "/__sandbox/subject-tokens"],
    ["POST", "/__sandbox/reset"]
  ] as const
  for (const [method, path] of changes) {
    scenario(`${method} ${path} wants the header that no other site's page can send`, ({ send }) =>
      Effect.gen(function* () {
        const { headers, json, status } = yield* send(method, path, method === "POST" ? {} : undefined, {})
        assert.strictEqual(status, 403)
        assert.match(json().error, /x-openrouter-sandbox/)
        assert.isNull(headers.get("access-control-allow-origin"))
      })
    )
  }

  scenario("a preflight of another site is not allowed", ({ send }) =>
    Effect.gen(function* () {
      const { headers, status } = yield* send("OPTIONS", "/__sandbox/reset", undefined, {
        origin: "https://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-openrouter-sandbox"
      })
      assert.strictEqual(status, 405)
      assert.isNull(headers.get("access-control-allow-origin"))
      assert.isNull(headers.get("access-control-allow-headers"))
    })
  )
})

describe("bad input", () => {
  const inputs = [
    ["/__sandbox/faults", { status: 700 }, "status must be a status from 200 to 599."],
    ["/__sandbox/faults", { operation: "nothing" }, /^operation must be one of createAuthCode, /],
    ["/__sandbox/faults", { times: 0 }, "times must be a whole number above 0, or forever."],
    ["/__sandbox/faults", { delay: "soon" }, 'delay must be a time such as "10 minutes", or milliseconds.'],
    ["/__sandbox/faults", { breakage: "melt" }, /^breakage must be one of reset, /],
    ["/__sandbox/faults", { stauts: 500 }, /stauts/],
    ["/__sandbox/faults", "not json", /must be a JSON object/],
    ["/__sandbox/faults", "[]", /must be a JSON object/],
    ["/__sandbox/keys", { limit: -1 }, "limit must be an amount in US dollars, 0 or more, or null."],
    ["/__sandbox/keys", { expiresAt: "soon" }, "expiresAt must be an ISO 8601 date, or null."],
    ["/__sandbox/clock", {}, "advance is missing."],
    ["/__sandbox/clock", { advance: "a while" }, 'advance must be a time such as "10 minutes", or milliseconds.'],
    ["/__sandbox/subject-tokens", { sub: "" }, "sub must be a string that is not empty."]
  ] as const
  for (const [path, body, sentence] of inputs) {
    scenario(`POST ${path} ${JSON.stringify(body)}`, ({ send }) =>
      Effect.gen(function* () {
        const { json, status } = yield* send("POST", path, body)
        assert.strictEqual(status, 400)
        if (typeof sentence === "string") assert.strictEqual(json().error, sentence)
        else assert.match(json().error, sentence)
      })
    )
  }

  scenario("a body over 64 KiB is 413", ({ send }) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* send("POST", "/__sandbox/faults", "x".repeat(70_000))).status, 413)
    })
  )

  scenario("another place is 404 and names those that there are", ({ send }) =>
    Effect.gen(function* () {
      const { json, status } = yield* send("GET", "/__sandbox/nothing")
      assert.strictEqual(status, 404)
      assert.include(json().error, "/__sandbox/requests")
    })
  )
})
