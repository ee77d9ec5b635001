/** The answers of the routes for pages that ask by `fetch`, and for popup windows. */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { toMiddleware } from "effect-openrouter-oauth/node/NodeSignInRoutes"
import * as Popup from "../../src/server/internal/popup.js"
import {
  assertPrivate,
  Browser,
  begun,
  denied,
  listen,
  type Site,
  type SiteOptions,
  send,
  showKey,
  site
} from "./support.js"

const itOnSite = (name: string, options: SiteOptions, body: (site: Site) => Promise<void>) =>
  it.scopedLive(name, () => Effect.flatMap(site(options), (running) => Effect.promise(() => body(running))))

const beginPath = "/auth/openrouter"
const accept = { accept: "application/json" }

/** Begins by `fetch`, consents, and stops before the callback. */
const begunByFetch = async (site: Site, browser: Browser) => {
  const begin = await browser.open(site.at(`${beginPath}?returnTo=/settings`), { method: "POST", headers: accept })
  assert.strictEqual(begin.status, 200, begin.text)
  const { authorizationUrl } = JSON.parse(begin.text)
  const { location } = await send(new URL(authorizationUrl))
  assert(location !== undefined)
  return { begin, authorizationUrl: new URL(authorizationUrl), callback: location }
}

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
      const answer = await browser.open(callback, { method: "POST", headers: accept })
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(JSON.parse(answer.text), { outcome: "signed-in", location: "/connected" })
      assert.deepStrictEqual([...browser.cookies.keys()], ["session"])
    }
  )

  itOnSite("a denial is a 403 that says so", {}, async (site) => {
    const browser = new Browser()
    const { authorizationUrl } = await begunByFetch(site, browser)
    const answer = await browser.open(denied(authorizationUrl), { method: "POST", headers: accept })
    assert.strictEqual(answer.status, 403)
    assert.strictEqual(JSON.parse(answer.text).outcome, "denied")
  })

  itOnSite("another browser's callback completes nothing", { onSignedIn: showKey }, async (site) => {
    const { callback } = await begunByFetch(site, new Browser())
    const answer = await new Browser().open(callback, { method: "POST", headers: accept })
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
      headers: { ...accept, origin: "https://evil.example" }
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

describe("NodeSignInRoutes", () => {
  const running = (body: (site: Site, listening: { readonly origin: string }) => Promise<void>) =>
    Effect.gen(function* () {
      const sandbox = yield* site()
      const { origin, server } = yield* listen
      const middleware = toMiddleware({
        callbackUrl: `${origin}/auth/openrouter/callback`,
        client: { baseUrl: sandbox.baseUrl },
        onSignedIn: () => "/connected"
      })
      yield* Effect.addFinalizer(() => Effect.promise(middleware.dispose))
      server.on("request", (req, res) => middleware(req, res))
      yield* Effect.promise(() => body({ ...sandbox, origin, at: (path) => new URL(path, origin) }, { origin }))
    })

  it.scopedLive("a path that onSignedIn returns is where a tab goes on", () =>
    running(async (site) => {
      const browser = new Browser()
      const answer = await browser.open(await begun(site, browser))
      assert.strictEqual(answer.status, 303)
      assert.strictEqual(answer.headers.location, "/connected")
      assert.strictEqual(browser.cookies.size, 0)
    })
  )

  it.scopedLive("and what a page that asked by fetch is told", () =>
    running(async (site) => {
      const browser = new Browser()
      const { callback } = await begunByFetch(site, browser)
      const answer = await browser.open(callback, { method: "POST", headers: accept })
      assert.deepStrictEqual(JSON.parse(answer.text), { outcome: "signed-in", location: "/connected" })
    })
  )
})
