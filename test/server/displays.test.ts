/** The answers of the routes for pages that ask by `fetch`, and for popup windows. */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Popup from "../../src/server/internal/popup.js"
import { assertPrivate, Browser, begun, begunByFetch, denied, itOnSite, json, send, showKey } from "./support.js"

const beginPath = "/auth/openrouter"
describe("a page that asks by fetch", () => {
  itOnSite("begins: gets the address of OpenRouter's page, and the cookie", {}, async (site) => {
    const { authorizationUrl, begin } = await begunByFetch(site, new Browser())
    assert.strictEqual(authorizationUrl.pathname, "/auth")
    assert.match(String(begin.headers["content-type"]), /^application\/json/)
    assert.lengthOf(begin.setCookie, 1)
    assert.deepStrictEqual(Object.keys(JSON.parse(begin.text)), ["authorizationUrl", "expiresAt"])
    assertPrivate(begin, "begin")
  })

  itOnSite(
    "completes by POST of the callback: a redirect of the app's is told, and its headers' cookies stay",
    {
      onSignedIn: async ({ key }) =>
        new Response(null, { status: 303, headers: { location: "/connected", "set-cookie": `session=${key.length}` } })
    },
    async (site) => {
      const browser = new Browser()
      const { callback } = await begunByFetch(site, browser)
      const answer = await browser.open(callback, { method: "POST", headers: json })
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(JSON.parse(answer.text), { outcome: "signed-in", location: "/connected" })
      assert.deepStrictEqual([...browser.cookies.keys()], ["session"])
    }
  )

  itOnSite(
    "a denial whose onFailed redirects is told too, and the app's cookies stay",
    {
      onFailed: async () =>
        new Response(null, { status: 303, headers: { location: "/", "set-cookie": "notice=denied" } })
    },
    async (site) => {
      const browser = new Browser()
      const { authorizationUrl } = await begunByFetch(site, browser)
      const answer = await browser.open(denied(authorizationUrl), { method: "POST", headers: json })
      assert.strictEqual(answer.status, 403)
      assert.strictEqual(JSON.parse(answer.text).outcome, "denied")
      assert.deepStrictEqual([...browser.cookies], [["notice", "denied"]])
    }
  )

  itOnSite("a denial is a 403 that says so", {}, async (site) => {
    const browser = new Browser()
    const { authorizationUrl } = await begunByFetch(site, browser)
    const answer = await browser.open(denied(authorizationUrl), { method: "POST", headers: json })
    assert.strictEqual(answer.status, 403)
    assert.strictEqual(JSON.parse(answer.text).outcome, "denied")
  })

  itOnSite("another browser's callback completes nothing", { onSignedIn: showKey }, async (site) => {
    const { callback } = await begunByFetch(site, new Browser())
    const answer = await new Browser().open(callback, { method: "POST", headers: json })
    assert.strictEqual(answer.status, 403)
    assert.strictEqual(JSON.parse(answer.text).outcome, "other-browser")
    assert.strictEqual(site.exchanges(), 0)
  })

  itOnSite("a POST of the callback that asks for no JSON is refused", {}, async (site) => {
    const browser = new Browser()
    const answer = await browser.open(await begun(site, browser), { method: "POST" })
    assert.strictEqual(answer.status, 405)
    assert.strictEqual(site.exchanges(), 0)
  })

  itOnSite("another site's page begins nothing", {}, async (site) => {
    const answer = await send(site.at(beginPath), {
      method: "POST",
      headers: { ...json, origin: "https://evil.example" }
    })
    assert.strictEqual(answer.status, 403)
    assert.strictEqual(JSON.parse(answer.text).outcome, "cross-site")
  })
})

describe("a popup window", () => {
  const digest = createHash("sha256").update(Popup.script).digest("base64")

  it("may run the one script of its last page", () => {
    assert.strictEqual(Popup.scriptDigest, digest)
  })

  itOnSite("ends signed in at a page without the code, which tells its opener", {}, async (site) => {
    const browser = new Browser()
    const page = await browser.visit(await begun(site, browser, `${beginPath}?display=popup`))
    assert.strictEqual(page.title, "You are signed in")
    assert.strictEqual(page.url.search, "?outcome=signed-in&display=popup")
    assert.include(page.text, `<script>${Popup.script}</script>`)
    assert.include(String(page.headers["content-security-policy"]), `script-src 'sha256-${digest}'`)
    assertPrivate(page, "popup")
  })

  itOnSite("may be begun by fetch: its callback is a popup's", {}, async (site) => {
    const browser = new Browser()
    const { callback } = await begunByFetch(site, browser, `${beginPath}?display=popup`)
    const page = await browser.visit(callback)
    assert.strictEqual(page.title, "You are signed in")
    assert.include(page.text, Popup.script)
  })

  itOnSite(
    "a denial tells its opener too, where onFailed redirects",
    { onFailed: async () => new Response(null, { status: 303, headers: { location: "/" } }) },
    async (site) => {
      const browser = new Browser()
      const { location } = await browser.open(site.at(`${beginPath}?display=popup`))
      assert(location !== undefined)
      const page = await browser.visit(denied(location))
      assert.strictEqual(page.title, "You did not allow it")
      assert.include(page.text, Popup.script)
    }
  )

  itOnSite("a denial tells its opener too", {}, async (site) => {
    const browser = new Browser()
    const { location } = await browser.open(site.at(`${beginPath}?display=popup`))
    assert(location !== undefined)
    const page = await browser.visit(denied(location))
    assert.strictEqual(page.title, "You did not allow it")
    assert.include(page.text, Popup.script)
  })

  itOnSite("a tab has no such page, whatever its address says", {}, async (site) => {
    const page = await new Browser().visit(site.at("/auth/openrouter/callback?outcome=signed-in"))
    assert.strictEqual(page.title, "No sign-in is under way")
  })
})
