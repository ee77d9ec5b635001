import { assert, describe, it } from "@effect/vitest"
import type * as Sandbox from "effect-openrouter-oauth/Sandbox"
import { callbackUrl, codeChallenge, codeVerifier, inProcess } from "./support.js"

const asked = { callback_url: callbackUrl, code_challenge: codeChallenge, code_challenge_method: "S256" }

const page = (query: Record<string, string>) => `/auth?${new URLSearchParams(query)}`

/** What a browser would send: the hidden inputs, as they stand in the page. */
const hidden = (html: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g), ([, name = "", value = ""]) => [
      name,
      value
        .replaceAll("&quot;", '"')
        .replaceAll("&#39;", "'")
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&amp;", "&")
    ])
  )

describe("the consent page", () => {
  it("names the app, what the key may spend, and where it goes; its form carries every parameter", async () => {
    const query = {
      ...asked,
      callback_url: "https://app.example/back?from=1",
      state: "s&\"'<t>",
      limit: "12.5",
      key_label: "My <b>key</b>",
      workspace_id: "w1",
      required_workspace_id: "w2"
    }
    const { headers, status, text } = await inProcess().send(page(query))
    assert.strictEqual(status, 200)
    assert.strictEqual(headers.get("content-type"), "text/html; charset=utf-8")
    assert.include(text, "<h1>Authorize app.example?</h1>")
    assert.include(text, "Up to $12.50")
    assert.include(text, "https://app.example/back<")
    assert.include(text, "w2 (required by the app)")
    assert.include(text, "My &lt;b&gt;key&lt;/b&gt;")
    assert.include(text, '<button type="submit" name="decision" value="authorize">Authorize</button>')
    assert.include(text, '<button type="submit" name="decision" value="deny">Deny</button>')
    const { token, ...fields } = hidden(text)
    assert.deepStrictEqual(fields, query)
    assert.isNotEmpty(token)
    assert.include((await inProcess({ appTitle: "Chat & Co" }).send(page(asked))).text, "Authorize Chat &amp; Co?")
  })

  it.each([page(asked), "/auth?callback_url=nonsense"])("has strict headers and no script: %o", async (path) => {
    const { send } = inProcess()
    const { headers, text } = await send(path)
    assert.strictEqual(headers.get("cache-control"), "no-store")
    assert.strictEqual(headers.get("referrer-policy"), "no-referrer")
    assert.strictEqual(headers.get("x-content-type-options"), "nosniff")
    assert.match(headers.get("content-security-policy") ?? "", /^default-src 'none'; .*frame-ancestors 'none'$/)
    assert.notInclude(text, "<script")
  })

  it.each(["callback_url", "code_challenge", "code_challenge_method", "state", "limit", "key_label", "workspace_id"])(
    "writes nothing unescaped, whatever the parameter: %s",
    async (name) => {
      const { send } = inProcess()
      const evil = `"><script>alert(1)</script><img src=x onerror='x'>`
      const { text } = await send(
        page({ ...asked, [name]: name === "callback_url" ? `https://a.example/${evil}` : evil })
      )
      assert.notMatch(text, /<script|<img/, name)
    }
  )

  describe("refuses what OpenRouter refuses, by the names on the wire", () => {
    const refused: ReadonlyArray<readonly [string, string]> = [
      [page({ ...asked, callback_url: "http://app.example/" }), "callback_url must be https"],
      [page({ callback_url: "javascript:alert(1)" }), "callback_url must be https"],
      ["/auth", "code_challenge is missing"],
      [page({ ...asked, code_challenge_method: "S512" }), "code_challenge_method must be"],
      [page({ ...asked, limit: "-1" }), "limit must be"],
      [page({ ...asked, limit: "much" }), "limit must be"],
      [page({ ...asked, key_label: "x".repeat(101) }), "key_label must have at most 100 characters"],
      [`${page(asked)}&state=1&state=2`, "state is given more than once"]
    ]

    it("a method other than GET and POST", async () => {
      const { send } = inProcess()
      assert.strictEqual((await send("/auth", { method: "PUT" })).status, 405)
    })

    it.each(refused)("%s", async (path, sentence) => {
      const { send } = inProcess()
      const { status, text } = await send(path)
      assert.strictEqual(status, 400)
      assert.include(text, sentence)
    })
  })
})

describe("its decision", () => {
  it("authorize: back to the callback with the code and the state, its own query kept", async () => {
    const { exchange, form, key } = inProcess()
    const callback_url = "http://localhost:3000/callback?a=1%202&b=%2B#part"
    const { headers, status } = await form({ ...asked, callback_url, state: "x y", limit: "3", decision: "authorize" })
    assert.strictEqual(status, 303)
    assert.strictEqual(headers.get("referrer-policy"), "no-referrer")
    const location = headers.get("location") ?? ""
    assert.match(location, /^http:\/\/localhost:3000\/callback\?a=1%202&b=%2B&code=[^&]+&state=x\+y#part$/)
    const code = new URL(location).searchParams.get("code")
    const exchanged = await exchange({ code, code_verifier: codeVerifier })
    assert.strictEqual((await key(exchanged.json.key)).json.data.limit, 3)
    assert.strictEqual((await key(exchanged.json.key)).json.data.label, "localhost:3000")
  })

  it("keeps app schemes working", async () => {
    const { headers } = await inProcess().form({ callback_url: "vscode://pub.ext/cb", decision: "authorize" })
    assert.match(headers.get("location") ?? "", /^vscode:\/\/pub\.ext\/cb\?code=/)
  })

  it("deny: an error or the bare callback, never the state", async () => {
    const location = async (sandbox: ReturnType<typeof inProcess>) =>
      (
        await sandbox.form({ ...asked, callback_url: `${callbackUrl}?attempt=1`, state: "s", decision: "deny" })
      ).headers.get("location")
    const error = `${callbackUrl}?attempt=1&error=access_denied&error_description=The+user+denied+the+request`
    assert.strictEqual(await location(inProcess()), error)
    assert.strictEqual(await location(inProcess({ denial: "bare" })), `${callbackUrl}?attempt=1`)
    assert.strictEqual(await location(inProcess({ profile: "observed" })), `${callbackUrl}?attempt=1`)
    assert.strictEqual(await location(inProcess({ profile: "observed", denial: "error" })), error)
  })

  it("echoes the state by option", async () => {
    const state = async (sandbox: ReturnType<typeof inProcess>) =>
      new URL(
        (await sandbox.form({ ...asked, state: "s", decision: "authorize" })).headers.get("location") ?? ""
      ).searchParams.get("state")
    assert.strictEqual(await state(inProcess()), "s")
    assert.isNull(await state(inProcess({ echoState: "never" })))
    assert.strictEqual(await state(inProcess({ profile: "observed" })), "s")
    assert.isNull(await state(inProcess({ profile: "observed", echoState: "never" })))
  })

  it("denies with the state only where `echoState` is always", async () => {
    const denied = async (options: Sandbox.Options) =>
      (await inProcess(options).form({ ...asked, state: "s", decision: "deny" })).headers.get("location")
    assert.strictEqual(await denied({ echoState: "always", denial: "bare" }), `${callbackUrl}?state=s`)
    assert.match((await denied({ echoState: "always" })) ?? "", /error=access_denied&.*&state=s$/)
    assert.strictEqual(await denied({ echoState: "never", denial: "bare" }), callbackUrl)
  })

  it("is not believed more than a query", async () => {
    const { form } = inProcess()
    assert.strictEqual((await form({ ...asked, callback_url: "javascript:1", decision: "authorize" })).status, 400)
    assert.strictEqual((await form(asked)).status, 400)
    assert.strictEqual((await form({ ...asked, decision: "maybe" })).status, 400)
  })

  it("without a callback shows the code, or that it was denied", async () => {
    const { exchange, form } = inProcess()
    const headless = { code_challenge: codeChallenge }
    const { status, text } = await form({ ...headless, decision: "authorize" })
    assert.strictEqual(status, 200)
    const code = text.match(/<code>([^<]+)<\/code>/)?.[1]
    assert.strictEqual((await exchange({ code, code_verifier: codeVerifier })).status, 200)
    assert.include((await form({ ...headless, decision: "deny" })).text, "<h1>Denied</h1>")
  })

  it("is made by the page itself with `approve`", async () => {
    const { exchange, send } = inProcess({ approve: true })
    const { headers, status } = await send(page(asked))
    assert.strictEqual(status, 303)
    const code = new URL(headers.get("location") ?? "").searchParams.get("code")
    assert.strictEqual((await exchange({ code, code_verifier: codeVerifier })).status, 200)
    assert.match((await send(page({ code_challenge: codeChallenge }))).text, /<code>/)
    assert.strictEqual((await send(page(asked), { method: "HEAD" })).headers.get("location"), null)
  })
})
