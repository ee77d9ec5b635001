/** What every framework's example shows, by the requests that a browser would send. */
import { afterAll, assert, beforeAll, describe, it, onTestFinished } from "@effect/vitest"
import { Browser, send } from "../server/support.js"
import { launch } from "../util/chromium.js"
import { type Example, type Running, start } from "./example.js"

const key = /sk-or-v1-[0-9a-f]{64}/

/** Presses a button of OpenRouter's page. Returns the callback. */
const decide = async (authorizationUrl: URL, decision: "authorize" | "deny"): Promise<URL> => {
  const consent = await (await fetch(authorizationUrl)).text()
  const token = /name="token" value="([^"]*)"/.exec(consent)?.[1] ?? ""
  const body = new URLSearchParams([...authorizationUrl.searchParams, ["token", token], ["decision", decision]])
  const decided = await fetch(new URL("/auth", authorizationUrl), { method: "POST", body, redirect: "manual" })
  return new URL(decided.headers.get("location") ?? "")
}

export const describeExample = (example: Example): void => {
  describe(`examples/${example.name}`, () => {
    let running: Running
    const at = (path: string) => new URL(path, running.origin)

    /** Follows the link of the page to OpenRouter's. */
    const begin = async (browser: Browser): Promise<URL> => {
      const { text } = await browser.visit(at("/"))
      const [, link = ""] = /href="([^"]*)"[^>]*>Sign in with OpenRouter/.exec(text) ?? []
      const { location } = await browser.open(at(link))
      assert(location !== undefined)
      return location
    }

    const home = async (browser: Browser): Promise<string> => (await browser.visit(at("/"))).text

    beforeAll(async () => {
      running = await start(example)
    }, 480_000)

    afterAll(() => running?.stop())

    it("answers two browsers that come first at the same time", async () => {
      const answers = await Promise.all([send(at("/auth/openrouter")), send(at("/auth/openrouter"))])
      assert.deepStrictEqual(
        answers.map(({ location, status }) => [status, location?.pathname]),
        [
          [303, "/auth"],
          [303, "/auth"]
        ]
      )
    })

    it("signs in, and shows whose key the session has", async () => {
      const browser = new Browser()
      const callback = await decide(await begin(browser), "authorize")
      const answer = await browser.open(callback)
      assert.strictEqual(answer.status, 303)
      assert.strictEqual(answer.location?.href, at("/").href)
      assert.deepStrictEqual([...browser.cookies.keys()], ["session"])
      assert.match(answer.setCookie.find((cookie) => cookie.startsWith("session=")) ?? "", /HttpOnly/i)
      const page = await home(browser)
      assert.include(page, example.title)
      assert.match(page, /Signed in with the key/)
      assert.match(page, /\$5/)
      assert.notMatch(page, key)
      assert.notMatch([...browser.cookies.values()].join(), key)
      assert.notMatch(running.printed(), key)
    })

    it("signs in where somebody clicks in Chromium, and keeps no code in the address bar", async () => {
      const chromium = await launch()
      onTestFinished(() => chromium.close())
      const page = await chromium.newPage()
      await page.goto(running.origin)
      await page.getByRole("link", { name: "Sign in with OpenRouter" }).click()
      await page.getByRole("button", { name: "Authorize" }).click()
      await page.getByText("Signed in with the key").waitFor()
      assert.strictEqual(page.url(), at("/").href)
      await page.reload()
      assert.include(await page.textContent("body"), "Signed in with the key")
      const cookies = await page.context().cookies()
      assert.deepStrictEqual(
        cookies.map(({ httpOnly, name, sameSite }) => ({ httpOnly, name, sameSite })),
        [{ httpOnly: true, name: "session", sameSite: "Lax" }]
      )
    })

    it("begins by a form too, and goes on to returnTo", async () => {
      const browser = new Browser()
      const begun = await browser.open(at("/auth/openrouter?returnTo=/%3Ftab%3D2"), {
        method: "POST",
        headers: { origin: running.origin, "content-type": "application/x-www-form-urlencoded" }
      })
      assert(begun.location !== undefined, begun.text)
      const answer = await browser.open(await decide(begun.location, "authorize"))
      assert.strictEqual(answer.location?.href, at("/?tab=2").href)
    })

    it("says to a user who denied that they did not allow it, and signs nobody in", async () => {
      const browser = new Browser()
      const before = running.exchanges()
      const page = await browser.visit(await decide(await begin(browser), "deny"))
      assert.strictEqual(page.title, "You did not allow it")
      assert.notMatch(page.url.href, /error/)
      assert.strictEqual(running.exchanges(), before)
      assert.isFalse(browser.cookies.has("session"))
      assert.match(await home(browser), /Sign in with OpenRouter/)
    })

    it("says that the sign-in is over when its callback is reloaded, and keeps the session", async () => {
      const browser = new Browser()
      const callback = await decide(await begin(browser), "authorize")
      await browser.visit(callback)
      const after = running.exchanges()
      const page = await browser.visit(callback)
      assert.strictEqual(page.status, 410)
      assert.strictEqual(page.title, "This sign-in is over")
      assert.strictEqual(running.exchanges(), after)
      assert.match(await home(browser), /Signed in with the key/)
    })

    it("exchanges once when a callback comes twice at the same time", async () => {
      const browser = new Browser()
      const before = running.exchanges()
      const callback = await decide(await begin(browser), "authorize")
      const answers = await Promise.all([browser.open(callback), browser.open(callback)])
      assert.strictEqual(running.exchanges(), before + 1)
      assert.strictEqual(answers.filter(({ location }) => location?.href === at("/").href).length, 1)
    })

    const others: ReadonlyArray<readonly [who: string, prepare: (other: Browser) => Promise<unknown>]> = [
      ["that began nothing", async () => {}],
      ["that began a sign-in of its own", begin]
    ]

    it.each(others)("refuses a callback in a browser %s, and leaves the sign-in to the first", async (_, prepare) => {
      const [browser, other] = [new Browser(), new Browser()]
      const before = running.exchanges()
      const callback = await decide(await begin(browser), "authorize")
      await prepare(other)
      const page = await other.visit(callback)
      assert.strictEqual(page.status, 403)
      assert.strictEqual(page.title, "This sign-in is not from this browser")
      assert.strictEqual(running.exchanges(), before)
      assert.match(await home(other), /Sign in with OpenRouter/)
      await browser.visit(callback)
      assert.match(await home(browser), /Signed in with the key/)
    })

    it("refuses a begin that another site causes", async () => {
      const answer = await send(at("/auth/openrouter"), { headers: { "sec-fetch-site": "cross-site" } })
      assert.strictEqual(answer.status, 403)
      assert.deepStrictEqual(answer.setCookie, [])
    })

    it.each(["HEAD", "OPTIONS"])("begins nothing by %s", async (method) => {
      const answer = await send(at("/auth/openrouter"), { method })
      assert.deepStrictEqual(answer.setCookie, [])
      assert.isUndefined(answer.location)
    })
  })
}
