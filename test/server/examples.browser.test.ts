/** Both example servers in a real Chromium. `DOCS_IMAGES=1` saves the pictures of docs/server.md. */

import { once } from "node:events"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { launch } from "../util/chromium.js"
import { portOf } from "../util/server.js"
import { examples, openRouter, type Running, start } from "./examples.js"

let browser: Browser
let remote: Awaited<ReturnType<typeof openRouter>>

beforeAll(async () => {
  browser = await launch()
  remote = await openRouter()
}, 60_000)

afterAll(async () => {
  await browser.close()
  await remote.goOffline()
})

/** A user with their own browser, and everything that it tells or asks. */
const user = async () => {
  const context = await browser.newContext({ viewport: { width: 900, height: 560 } })
  const console: Array<string> = []
  const requested: Array<string> = []
  const headers: Array<Promise<Record<string, string>>> = []
  context.on("console", (message) => console.push(`${message.text()} ${message.location().url}`))
  context.on("weberror", (error) => console.push(String(error.error())))
  context.on("request", (request) => {
    requested.push(request.url())
    headers.push(request.allHeaders().catch(() => ({})))
  })
  return {
    context,
    console,
    requested,
    referers: async () =>
      (await Promise.all(headers)).flatMap(({ referer }) => (referer === undefined ? [] : [referer])),
    newPage: () => context.newPage()
  }
}

const press = (page: Page, name: "Authorize" | "Deny") => page.getByRole("button", { name, exact: true }).click()
const signInLink = (page: Page) => page.getByRole("link", { name: "Sign in with OpenRouter" })
const heading = (page: Page, name: string) => page.getByRole("heading", { name }).waitFor()
const signedIn = (page: Page) => page.getByText("You are signed in.").waitFor()

/** The addresses of this site that the tab can go back and forward to. */
const ownHistory = (page: Page): Promise<ReadonlyArray<string>> =>
  page.evaluate(() => {
    const navigation: { readonly entries: () => ReadonlyArray<{ readonly url: string }> } = Reflect.get(
      globalThis,
      "navigation"
    )
    return navigation.entries().map(({ url }) => url)
  })

/** Where the tab stands after each step back, up to where it began. */
const walkBack = async (page: Page): Promise<ReadonlyArray<string>> => {
  const urls: Array<string> = []
  while ((await page.goBack().catch(() => null)) !== null) urls.push(page.url())
  return urls
}

/** No secret of any exchange so far in a list of addresses or words. */
const assertClean = (lines: ReadonlyArray<string>, what: string) => {
  assert.isAbove(remote.exchanges.length, 0)
  const text = lines.join("\n")
  for (const secrets of remote.exchanges) {
    for (const secret of Object.values(secrets)) assert.notInclude(text, secret, what)
  }
  assert.notInclude(text, "code=", what)
}

/** The callback that the consent page would send the browser to, kept from it. */
const interceptCallback = async (context: BrowserContext, page: Page): Promise<string> => {
  const pattern = "**/auth/openrouter/callback?*"
  const caught = new Promise<string>((resolve) => {
    // A redirect cannot be intercepted, the form that causes it can.
    void context.route(`${remote.origin}/auth`, async (route) => {
      const response = await route.fetch({ maxRedirects: 0 })
      resolve(response.headers().location ?? "")
      await route.fulfill({ status: 200, contentType: "text/html", body: "<h1>Kept</h1>" })
    })
  })
  await press(page, "Authorize")
  const url = await caught
  await context.unroute(`${remote.origin}/auth`)
  assert.include(url, "code=", pattern)
  return url
}

for (const { file, title } of examples) {
  describe(`${file} in Chromium`, () => {
    let app: Running

    beforeAll(async () => {
      app = await start(file, { OPENROUTER_BASE_URL: `${remote.origin}/api/v1` })
    }, 60_000)

    afterAll(() => app.stop())

    const home = () => `${app.origin}/`

    it("signs in: no secret in an address, the history, the console or a Referer", async () => {
      const { console, context, newPage, referers, requested } = await user()
      const page = await newPage()
      await page.goto(home())
      const save = process.env.DOCS_IMAGES === "1" && file.includes("effect")
      const shot = (name: string) =>
        save
          ? page.screenshot({ path: fileURLToPath(new URL(`../../docs/images/${name}.png`, import.meta.url)) })
          : undefined
      await shot("server-signed-out")
      await signInLink(page).click()
      await heading(page, "Authorize")
      assert.notInclude(await page.evaluate(() => document.referrer), app.origin)
      await press(page, "Authorize")
      await signedIn(page)
      await page.getByText(title).first().waitFor()
      await shot("server-signed-in")
      assert.strictEqual(page.url(), home())
      assert.strictEqual(await page.evaluate(() => document.referrer), "")

      const [exchange] = remote.exchanges.slice(-1)
      assert(exchange !== undefined)
      // The one address with the code is the redirect itself; the verifier and the key stand in none.
      assert.lengthOf(
        requested.filter((url) => url.includes(exchange.code)),
        1
      )
      for (const secret of [exchange.verifier, exchange.key]) assert.notInclude(requested.join("\n"), secret)
      assertClean(await ownHistory(page), "the tab's history")
      assertClean(await referers(), "Referer")
      assertClean(remote.referers, "Referer at OpenRouter")
      assert.deepStrictEqual(console, [])
      const cookies = await context.cookies()
      assert.deepStrictEqual(
        cookies.map(({ httpOnly, name, sameSite }) => ({ httpOnly, name, sameSite })),
        [{ httpOnly: true, name: "session", sameSite: "Lax" }]
      )
      await page.reload()
      await signedIn(page)
      await page.getByRole("button", { name: "Sign out" }).click()
      await signInLink(page).waitFor()
      await context.close()
    })

    it("back and reload after success never show an address with a code, and lead on", async () => {
      const { context, newPage } = await user()
      const page = await newPage()
      await page.goto(home())
      await signInLink(page).click()
      await press(page, "Authorize")
      await signedIn(page)
      await page.reload()
      await signedIn(page)
      await page.goBack()
      assert.strictEqual(new URL(page.url()).origin, remote.origin, "back is OpenRouter's page")
      // Consenting a second time to a sign-in that is over.
      await press(page, "Authorize")
      await heading(page, "This sign-in is over")
      assert.strictEqual(page.url(), `${app.origin}/auth/openrouter/callback?outcome=over`)
      await page.reload()
      await page.getByRole("link", { name: "Go to the app" }).click()
      await signedIn(page)
      assertClean(await ownHistory(page), "the tab's history")
      assertClean(await walkBack(page), "back, and back again")
      await context.close()
    })

    it("denied: the page says so, and leads to another try", async () => {
      const { console, context, newPage } = await user()
      const page = await newPage()
      await page.goto(home())
      await signInLink(page).click()
      await press(page, "Deny")
      await heading(page, "You did not allow it")
      assert.strictEqual(page.url(), `${app.origin}/auth/openrouter/callback?outcome=denied`)
      assert.deepStrictEqual(await context.cookies(), [])
      assert.deepStrictEqual(console, [])
      await signInLink(page).click()
      await press(page, "Authorize")
      await signedIn(page)
      assertClean(await walkBack(page), "back, and back again")
      await context.close()
    })

    it("reloaded midway, on the consent page and at begin, it still completes", async () => {
      const { context, newPage } = await user()
      const page = await newPage()
      await page.goto(`${app.origin}/auth/openrouter?returnTo=${encodeURIComponent("/?tab=1")}`)
      await page.reload()
      await heading(page, "Authorize")
      await page.goto(`${app.origin}/auth/openrouter?returnTo=${encodeURIComponent("/?tab=2")}`)
      await page.reload()
      await press(page, "Authorize")
      await signedIn(page)
      assert.strictEqual(page.url(), `${app.origin}/?tab=2`)
      await context.close()
    })

    it("two tabs at once both complete", async () => {
      const { context, newPage } = await user()
      const tabs = [await newPage(), await newPage()]
      await Promise.all(
        tabs.map(async (page) => {
          await page.goto(home())
          await signInLink(page).click()
          await heading(page, "Authorize")
        })
      )
      const before = remote.exchanges.length
      await Promise.all(tabs.map((page) => press(page, "Authorize")))
      await Promise.all(tabs.map(signedIn))
      assert.strictEqual(remote.exchanges.length, before + 2)
      for (const page of tabs) assert.strictEqual(page.url(), home())
      await context.close()
    })

    it("login CSRF: somebody else's callback signs nobody in, and their own browser can still use it", async () => {
      const attacker = await user()
      const attackersPage = await attacker.newPage()
      await attackersPage.goto(home())
      await signInLink(attackersPage).click()
      const trap = await interceptCallback(attacker.context, attackersPage)

      const before = remote.exchanges.length
      const victim = await user()
      const page = await victim.newPage()
      await page.goto(trap)
      await heading(page, "This sign-in is not from this browser")
      assert.strictEqual(page.url(), `${app.origin}/auth/openrouter/callback?outcome=other-browser`)
      await page.goto(home())
      await signInLink(page).waitFor()
      assert.strictEqual(remote.exchanges.length, before, "nothing was exchanged")
      assert.deepStrictEqual(await victim.context.cookies(), [])
      assertClean(victim.console, "console")

      await attackersPage.goto(trap)
      await signedIn(attackersPage)
      await victim.context.close()
      await attacker.context.close()
    })

    it("a link on another site begins nothing; its page leads on", async () => {
      const server = createServer((_, response) => {
        response.setHeader("content-type", "text/html").end(`<a href="${app.origin}/auth/openrouter">Free money</a>`)
      }).listen(0, "127.0.0.1")
      await once(server, "listening")
      const { context, newPage } = await user()
      const page = await newPage()
      // Another site than 127.0.0.1: sites do not differ by port.
      await page.goto(`http://localhost:${portOf(server)}/`)
      await page.getByRole("link", { name: "Free money" }).click()
      await heading(page, "Sign in from here")
      assert.deepStrictEqual(await context.cookies(), [])
      await signInLink(page).click()
      await press(page, "Authorize")
      await signedIn(page)
      await context.close()
      server.closeAllConnections()
      server.close()
    })

    it("OpenRouter cannot be reached: the same page, tried again, completes", async () => {
      const { console, context, newPage } = await user()
      const page = await newPage()
      await page.goto(home())
      await signInLink(page).click()
      const callback = await interceptCallback(context, page)
      await remote.goOffline()
      await page.goto(callback)
      await heading(page, "OpenRouter cannot be reached")
      assert.notInclude(page.url(), "code=")
      await page.reload()
      await heading(page, "OpenRouter cannot be reached")
      await remote.comeBack()
      await page.getByRole("link", { name: "Try again" }).click()
      await signedIn(page)
      assert.strictEqual(page.url(), home())
      assertClean(await ownHistory(page), "the tab's history")
      assertClean(await walkBack(page), "back, and back again")
      // The browser notes the page's status there, with its address.
      assert.include(console.join(), "502")
      assertClean(console, "console")
      await context.close()
    })
  })
}
