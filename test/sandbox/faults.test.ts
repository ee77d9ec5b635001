import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import { cast } from "../util/cast.js"
import { caller, codeChallenge, codeVerifier, inProcess } from "./support.js"

/** A sandbox on a socket. */
const onSocket = Effect.gen(function* () {
  const { origin, port } = yield* SandboxNode.SandboxServer
  const sandbox = yield* Sandbox.Sandbox
  return { ...sandbox, port, ...caller(fetch, origin, Redacted.value(sandbox.keys.apiKey)) }
})

const code = async (calls: ReturnType<typeof caller>) =>
  cast<string>(
    (
      await calls.create({
        callback_url: "http://localhost/",
        code_challenge: codeChallenge,
        code_challenge_method: "S256"
      })
    ).json.data.id
  )

/** What a request over a bare socket gets, and how its connection ends. */
const raw = (port: number, request: string) =>
  Effect.async<{ readonly text: string; readonly end: string }>((resume) => {
    let text = ""
    const socket = Net.connect(port, "127.0.0.1", () => socket.write(request))
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
    })
    socket.once("error", (error: NodeJS.ErrnoException) => resume(Effect.succeed({ text, end: error.code ?? "error" })))
    socket.once("end", () => resume(Effect.succeed({ text, end: "FIN" })))
  })

const exchangeRequest = (port: number, body: string) =>
  `POST /api/v1/auth/keys HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: ${body.length}\r\n\r\n${body}`

describe("a broken connection is a real one on the socket", () => {
  const cases = [
    { breakage: "reset", end: "ECONNRESET", text: /^$/ },
    { breakage: "resetInBody", end: "ECONNRESET", text: /^HTTP\/1\.1 200 OK[\s\S]*\{"key":"sk-or-v1-[0-9a-f]*$/ },
    { breakage: "truncated", end: "FIN", text: /^HTTP\/1\.1 200 OK[\s\S]*\{"key":"sk-or-v1-[0-9a-f]*$/ }
  ] as const
  for (const { breakage, end, text } of cases) {
    it.effect(`${breakage}: the code is used up although its answer is lost`, () =>
      Effect.gen(function* () {
        const calls = yield* onSocket
        const id = yield* Effect.promise(() => code(calls))
        yield* calls.faults.add({ operation: "exchangeAuthCodeForAPIKey", breakage })
        const got = yield* raw(
          calls.port,
          exchangeRequest(calls.port, JSON.stringify({ code: id, code_verifier: codeVerifier }))
        )
        assert.strictEqual(got.end, end)
        assert.match(got.text, text)
        assert.strictEqual((yield* calls.keys.all).length, 2)
        const again = yield* Effect.promise(() => calls.exchange({ code: id, code_verifier: codeVerifier }))
        assert.strictEqual(again.status, 403)
      }).pipe(Effect.provide(SandboxNode.layerServer()))
    )
  }

  it.effect("with processed: false the code survives", () =>
    Effect.gen(function* () {
      const calls = yield* onSocket
      const id = yield* Effect.promise(() => code(calls))
      yield* calls.faults.add({ breakage: "reset", processed: false })
      const body = JSON.stringify({ code: id, code_verifier: codeVerifier })
      assert.strictEqual((yield* raw(calls.port, exchangeRequest(calls.port, body))).end, "ECONNRESET")
      const again = yield* Effect.promise(() => calls.exchange(body))
      assert.strictEqual(again.status, 200)
    }).pipe(Effect.provide(SandboxNode.layerServer()))
  )
})

/** What holds in process and on the socket alike. */
const suite = (
  name: string,
  run: (
    body: (
      calls: Pick<ReturnType<typeof inProcess>, "create" | "exchange" | "key" | "send"> & {
        addFault: (...faults: ReadonlyArray<Sandbox.Fault>) => void
      }
    ) => Promise<void>
  ) => Promise<void>
) =>
  describe(name, () => {
    it("a status, N times, for one operation", () =>
      run(async ({ addFault, create, key }) => {
        addFault({ operation: "createAuthCode", status: 503, times: 2, retryAfter: "1500 millis" })
        assert.strictEqual((await key()).status, 200)
        for (let i = 0; i < 2; i++) {
          const answer = await create()
          assert.strictEqual(answer.status, 503)
          assert.strictEqual(answer.headers.get("retry-after"), "2")
        }
        assert.strictEqual((await create()).status, 200)
      }))

    it.each(Sandbox.errorShapes)("the error body shape %s", (body) =>
      run(async ({ addFault, create }) => {
        addFault({ status: 409, body, message: "told to" })
        const answer = await create()
        const type = answer.headers.get("content-type")
        assert.strictEqual(answer.status, 409)
        switch (body) {
          case "standard":
            assert.deepStrictEqual(answer.json.error, { code: 409, message: "told to", metadata: null })
            break
          case "zod":
            assert.strictEqual(JSON.parse(answer.json.error.message)[0].message, "told to")
            break
          case "text":
            assert.deepStrictEqual([type, answer.text], ["text/plain; charset=utf-8", "told to"])
            break
          case "html":
            assert.match(answer.text, /^<!doctype html>/)
            break
          case "string":
            assert.deepStrictEqual(answer.json, { error: "told to" })
            break
          case "oauth":
            assert.deepStrictEqual(answer.json, { error: "invalid_grant", error_description: "told to" })
            break
          case "empty":
            assert.deepStrictEqual([type, answer.text], [null, ""])
        }
      })
    )

    it("an error body of one's own", () =>
      run(async ({ addFault, create }) => {
        addFault({ status: 418, body: { contentType: "application/x", content: "own" }, headers: { "x-a": "b" } })
        const own = await create()
        assert.deepStrictEqual([own.status, own.text, own.headers.get("x-a")], [418, "own", "b"])
        assert.strictEqual(own.headers.get("content-type"), "application/x")
      }))

    it("another success status keeps the true body, 204 has none", () =>
      run(async ({ addFault, create }) => {
        addFault({ status: 201 }, { status: 204 })
        const created = await create()
        assert.strictEqual(created.status, 201)
        assert.isString(created.json.data.id)
        assert.deepStrictEqual([(await create()).status], [204])
      }))

    it("wrong content type, invalid UTF-8, redirect", () =>
      run(async ({ addFault, key }) => {
        addFault({ breakage: "contentType" }, { breakage: "invalidUtf8" }, { breakage: "redirect" }, { status: 302 })
        const html = await key()
        assert.strictEqual(html.headers.get("content-type"), "text/html; charset=utf-8")
        assert.isString(html.json.data.label)
        const bad = await key()
        assert.strictEqual(bad.headers.get("content-type"), "application/json")
        assert.include(bad.text, "\uFFFD")
        assert.isString(bad.json.data.label)
        for (const status of [307, 302]) {
          const redirected = await key()
          assert.strictEqual(redirected.status, status)
          assert.strictEqual(redirected.headers.get("location"), "/api/v1/key?redirected=1")
        }
      }))

    it("oversized: 64 MiB before the true answer", () =>
      run(async ({ addFault, key }) => {
        addFault({ breakage: "oversized" })
        const { text } = await key()
        assert.isAbove(text.length, 64 * 1024 * 1024)
        assert.isString(JSON.parse(text).data.label)
      }))

    it.each(["reset", "resetInBody", "truncated"] as const)("%s is what fetch makes of it", (breakage) =>
      run(async ({ addFault, key }) => {
        addFault({ breakage })
        const error = await key().then(
          () => assert.fail("it should have been rejected"),
          (error: Error & { cause?: { code?: string } }) => error
        )
        assert.instanceOf(error, TypeError)
        assert.strictEqual(error.message, breakage === "reset" ? "fetch failed" : "terminated")
        assert.strictEqual(error.cause?.code, breakage === "truncated" ? "UND_ERR_SOCKET" : "ECONNRESET")
      })
    )

    it("drip: the body comes, slowly", () =>
      run(async ({ addFault, exchange }) => {
        addFault({ breakage: "drip", status: 400, body: "string", message: "x" })
        const { chunks, json } = await exchange({})
        assert.deepStrictEqual(json, { error: "x" })
        assert.isAbove(chunks, 1)
      }))
  })

suite("faults in process", (body) => body(inProcess()))

suite("faults on the socket", (body) =>
  Effect.gen(function* () {
    const calls = yield* onSocket
    const addFault = (...faults: ReadonlyArray<Sandbox.Fault>) => Effect.runSync(calls.faults.add(...faults))
    yield* Effect.promise(() => body({ ...calls, addFault }))
  }).pipe(Effect.provide(SandboxNode.layerServer()), Effect.runPromise))

it.effect("faults are pending until they are met or cleared", () =>
  Effect.gen(function* () {
    const { faults } = yield* Sandbox.Sandbox
    yield* faults.add({ operation: "getCurrentKey", times: 3 }, { status: 500 })
    assert.strictEqual((yield* faults.pending).length, 3)
    yield* faults.clear("getCurrentKey")
    assert.deepStrictEqual(yield* faults.pending, [{ operation: "createAuthCode", breakage: "reset" }, { status: 500 }])
    yield* faults.clear()
    assert.deepStrictEqual(yield* faults.pending, [])
  }).pipe(Effect.provide(Sandbox.layer({ faults: [{ operation: "createAuthCode", breakage: "reset" }] })))
)

describe("the server", () => {
  it.effect("fails with a typed error where the port is taken", () =>
    Effect.gen(function* () {
      const { port } = yield* SandboxNode.SandboxServer
      const error = yield* Effect.flip(Layer.launch(SandboxNode.layerServer({ port })))
      assert.strictEqual(error._tag, "PortUnavailable")
      assert.strictEqual(error.reason, "AddressInUse")
      assert.strictEqual(
        error.message,
        `Port ${port} on 127.0.0.1 is taken by another program. Choose another port, or 0 for any free one.`
      )
    }).pipe(Effect.provide(SandboxNode.layerServer()))
  )

  it.live(
    "closes silent and waiting connections at once",
    () =>
      Effect.gen(function* () {
        const asked = yield* Deferred.make<void>()
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(
          SandboxNode.layerServer({
            faults: [{ delay: "1 hour" }],
            onRequest: ({ operation }) => operation && Deferred.unsafeDone(asked, Exit.void)
          }),
          scope
        )
        const { origin, port } = yield* Effect.provide(SandboxNode.SandboxServer, context)
        const silent = Net.connect(port, "127.0.0.1").resume()
        const closed = new Promise<void>((resolve) => silent.once("close", () => resolve()))
        yield* Effect.promise(() => new Promise<void>((resolve) => silent.once("connect", () => resolve())))
        // Answered by the same server, so it has seen the silent connection.
        yield* Effect.promise(() => fetch(`${origin}/openapi.json`).then((response) => response.text()))
        const waiting = fetch(`${origin}/api/v1/key`).catch((error) => error.cause.code)
        yield* Deferred.await(asked)
        yield* Scope.close(scope, Exit.void)
        yield* Effect.promise(() => closed)
        assert.include(["UND_ERR_SOCKET", "ECONNRESET"], yield* Effect.promise(() => waiting))
      }),
    // Less than the 5 seconds after which Node ends idle connections.
    4_000
  )
})
