import * as Http from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as AuthorizationUrl from "effect-openrouter-oauth/AuthorizationUrl"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import { cast } from "../util/cast.js"
import { callbackUrl, codeChallenge, codeVerifier, inProcess } from "./support.js"

const asked = { callback_url: callbackUrl, code_challenge: codeChallenge, code_challenge_method: "S256" }

const post = (body: string | URLSearchParams) => ({ method: "POST", body })

describe("the consent form", () => {
  it("is refused without the token of the sandbox's own page, and gives no code", async () => {
    const { send } = inProcess()
    const { headers, status, text } = await send(
      "/auth",
      post(new URLSearchParams({ ...asked, decision: "authorize" }))
    )
    assert.strictEqual(status, 403)
    assert.isNull(headers.get("location"))
    assert.include(text, "This form was not sent by the sandbox")
  })

  it("is refused with the token of another sandbox", async () => {
    const token = /name="token" value="([^"]*)"/.exec(
      (await inProcess().send(`/auth?${new URLSearchParams(asked)}`)).text
    )?.[1]
    const body = new URLSearchParams({ ...asked, token: token ?? "", decision: "authorize" })
    assert.strictEqual((await inProcess().send("/auth", post(body))).status, 403)
  })

  it("refuses what would fill the memory", async () => {
    const { form } = inProcess()
    const { status, text } = await form({ ...asked, workspace_id: "w".repeat(10_000), decision: "authorize" })
    assert.strictEqual(status, 400)
    assert.include(text, "workspace_id must have at most 256 characters")
  })
})

describe("what the sandbox keeps", () => {
  it("reads 64 KiB of a body, and no more", async () => {
    const { exchange } = inProcess()
    assert.strictEqual((await exchange(`"${"x".repeat(65_533)}"`)).status, 400)
    assert.strictEqual((await exchange(`"${"x".repeat(65_535)}"`)).status, 413)
  })

  it("cuts headers and paths in its log", async () => {
    const { sandbox, send } = inProcess()
    await send(`/${"p".repeat(5_000)}`, { headers: { "x-long": "h".repeat(5_000) } })
    const [logged] = await Effect.runPromise(sandbox.requests.all)
    assert.strictEqual(logged?.path.length, 256)
    assert.strictEqual(String(logged?.headers["x-long"]).length, 256)
  })

  it("refuses a challenge that no verifier can meet", async () => {
    const { create } = inProcess()
    assert.strictEqual((await create({ ...asked, code_challenge: "c".repeat(129) })).status, 400)
  })
})

describe("a callback scheme", () => {
  it.each([
    "feed:javascript:alert(1)",
    "feed:https://app.example/",
    "chrome://settings/",
    "edge://settings/",
    "view-source:https://app.example/",
    "jar:https://app.example/x!/",
    "resource://x/",
    "livescript:alert(1)",
    "moz-icon://x"
  ])("%s is refused by the page, by createAuthCode and by AuthorizationUrl", async (callback) => {
    const { create, send } = inProcess()
    assert.strictEqual((await send(`/auth?${new URLSearchParams({ ...asked, callback_url: callback })}`)).status, 400)
    assert.strictEqual((await create({ ...asked, callback_url: callback })).status, 400)
    assert.isTrue(Either.isLeft(AuthorizationUrl.make({ callbackUrl: callback, codeChallenge })))
  })

  it.each(["vscode://publisher.extension/cb", "com.example.app:/cb", "chrome-extension://abc/cb"])(
    "%s belongs to an app",
    async (callback) => {
      assert.strictEqual(
        (await inProcess().send(`/auth?${new URLSearchParams({ ...asked, callback_url: callback })}`)).status,
        200
      )
    }
  )
})

/** The status of a GET with these Host headers, which fetch would not send. */
const statusWithHost = (port: number, ...hosts: ReadonlyArray<string>) =>
  Effect.async<number>((resume) => {
    const headers = ["Connection", "close", ...hosts.flatMap((host) => ["Host", host])]
    Http.get({ host: "127.0.0.1", port, path: "/docs", setHost: false, headers }, (response) => {
      response.resume()
      response.once("end", () => resume(Effect.succeed(response.statusCode ?? 0)))
    })
  })

describe("on a port", () => {
  it.scoped("answers to its own Host only", () =>
    Effect.gen(function* () {
      const { port } = yield* SandboxNode.SandboxServer
      assert.strictEqual(yield* statusWithHost(port, `127.0.0.1:${port}`), 200)
      assert.strictEqual(yield* statusWithHost(port, `localhost:${port}`), 200)
      assert.strictEqual(yield* statusWithHost(port, `rebound.example:${port}`), 421)
      assert.strictEqual(yield* statusWithHost(port, `127.0.0.1:${port + 1}`), 421)
      assert.strictEqual(yield* statusWithHost(port, `127.0.0.1:${port}@evil.example`), 421)
    }).pipe(Effect.provide(SandboxNode.layerServer()))
  )

  it.scoped("refuses two Host headers", () =>
    Effect.gen(function* () {
      const { port } = yield* SandboxNode.SandboxServer
      assert.isAtLeast(yield* statusWithHost(port, `127.0.0.1:${port}`, "evil.example"), 400)
    }).pipe(Effect.provide(SandboxNode.layerServer()))
  )
})

describe("its pages", () => {
  it("say at the top that this is a sandbox, and give the code a copy button", async () => {
    const { exchange, form } = inProcess()
    const { headers, text } = await form({ code_challenge: codeChallenge, decision: "authorize" })
    assert.include(text, '<p class="badge">This is a sandbox</p>')
    assert.include(text, '<button type="button" id="copy" hidden>Copy</button>')
    assert.include(text, "<noscript>")
    assert.match(headers.get("content-security-policy") ?? "", /script-src 'nonce-/)
    const code = /<code>([^<]+)<\/code>/.exec(text)?.[1]
    assert.strictEqual((await exchange({ code, code_verifier: codeVerifier })).status, 200)
  })
})

describe("dispose", () => {
  it("refuses every later request", async () => {
    const { dispose, handler } = inProcess()
    await dispose()
    const error = await handler(new Request("https://openrouter.ai/docs")).catch((error: Error) => error)
    assert.strictEqual(cast<Error>(error).name, "AbortError")
  })

  it("works where AbortSignal.any is missing", async () => {
    const any = AbortSignal.any
    Reflect.deleteProperty(AbortSignal, "any")
    try {
      assert.strictEqual((await inProcess().handler(new Request("https://openrouter.ai/docs"))).status, 200)
    } finally {
      AbortSignal.any = any
    }
  })
})
