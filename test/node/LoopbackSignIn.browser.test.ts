/**
 * A loopback sign-in in a real Chromium. OpenRouter's page stands on `localhost`, the callback on 127.0.0.1: two sites, as in life.
 */

import { mkdtempSync } from "node:fs"
import * as Http from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it, onTestFinished } from "@effect/vitest"
import { type Options, type SignedIn, signIn } from "effect-openrouter-oauth/node/PromiseSignIn"
import type { Browser, BrowserContext, Page, Request } from "playwright-core"
import { startSandbox } from "../cli/support.js"
import { launch } from "../util/chromium.js"
import { portOf } from "../util/server.js"

const screenshots = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), "loopback-pages-"))

let browser: Browser

beforeAll(async () => {
  browser = await launch()
}, 60_000)

afterAll(() => browser.close())

interface Running {
  readonly page: Page
  readonly context: BrowserContext
  /** The start address. */
  readonly url: string
  readonly signedIn: Promise<SignedIn>
  readonly complaints: ReadonlyArray<string>
}

/** A sign-in that waits, and a browser of its own. */
const start = async (
  options: Options = {},
  look: Parameters<Browser["newContext"]>[0] = {},
  fetch: typeof globalThis.fetch = globalThis.fetch
): Promise<Running> => {
  const sandbox = await startSandbox()
  const baseUrl = `http://localhost:${sandbox.port}/api/v1`
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  let signedIn: Promise<SignedIn> | undefined
  const url = await new Promise<string>((resolve, reject) => {
    signedIn = signIn({
      client: { baseUrl, fetch },
      headless: false,
      openBrowser: false,
      signal: controller.signal,
      onWaiting: (waiting) => resolve(waiting.url),
      ...options
    })
    signedIn.catch(reject)
  })
  const context = await browser.newContext(look)
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: Array<string> = []
  page.on("console", (message) => complaints.push(message.text()))
  page.on("pageerror", (error) => complaints.push(error.message))
  return { page, context, url, complaints, signedIn: signedIn ?? Promise.reject(new Error("not begun")) }
}

const heading = (page: Page, name: string) => page.getByRole("heading", { name }).waitFor()

const press = (page: Page, name: "Authorize" | "Deny") => page.getByRole("button", { name }).click()

/** A site of somebody else, on a host of its own. */
const serveSite = async (html: string): Promise<string> => {
  const server = Http.createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" })
    response.end(html)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.2", resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.2:${portOf(server)}/`
}

describe("a loopback sign-in in Chromium", () => {
  it("comes back across sites with its cookie, and takes the code out of the address bar", async () => {
    const { complaints, page, signedIn, url } = await start({ appName: "My tool" })
    await page.goto(url)
    assert.strictEqual(new URL(page.url()).hostname, "localhost")
    await press(page, "Authorize")
    await heading(page, "You are signed in")
    assert.strictEqual(page.url(), `${url}callback`)
    assert.match((await signedIn).key, /^sk-or-v1-/)
    assert.deepStrictEqual(complaints, [])
  })

  it("a reload while the exchange runs shows what became of it, and exchanges once", async () => {
    let exchanges = 0
    let begun = () => {}
    let goOn = () => {}
    const exchanging = new Promise<void>((resolve) => {
      begun = resolve
    })
    const released = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const { page, signedIn, url } = await start({}, {}, async (input, init) => {
      exchanges += 1
      begun()
      await released
      return fetch(input, init)
    })
    await page.goto(url)
    const callback = page.waitForRequest((request) => request.url().startsWith(`${url}callback?`))
    // The click waits for its navigation, which waits for the exchange.
    const pressed = press(page, "Authorize")
    const callbackUrl = (await callback).url()
    await exchanging
    const again = page.waitForRequest((request) => request.url() === callbackUrl)
    const reloaded = page.goto(callbackUrl)
    await again
    goOn()
    await Promise.allSettled([pressed, reloaded])
    await heading(page, "You are signed in")
    assert.match((await signedIn).key, /^sk-or-v1-/)
    assert.strictEqual(exchanges, 1)
  })

  it("the first browser may open the address again; a second one is told that another has it", async () => {
    const { page, signedIn, url } = await start()
    await page.goto(url)
    await page.goto(url)
    const second = await browser.newContext()
    onTestFinished(() => second.close())
    const other = await second.newPage()
    await other.goto(url)
    await heading(other, "Another browser has this sign-in")
    await press(page, "Authorize")
    await heading(page, "You are signed in")
    await signedIn
  })

  it("a callback in a second browser ends nothing; the real one completes", async () => {
    const { page, signedIn, url } = await start()
    await page.goto(url)
    const consent = new URL(page.url())
    const forged = `${consent.searchParams.get("callback_url")}&code=stolen`
    const second = await browser.newContext()
    onTestFinished(() => second.close())
    const other = await second.newPage()
    await other.goto(forged)
    await heading(other, "This browser did not begin the sign-in")
    await press(page, "Authorize")
    await heading(page, "You are signed in")
    await signedIn
  })

  const loaded: Record<string, (callback: string) => string> = {
    "an image": (callback) => `<img src="${callback}">`,
    "an iframe": (callback) => `<iframe src="${callback}"></iframe>`,
    "an object": (callback) => `<object data="${callback}" type="text/html"></object>`,
    "a script": (callback) => `<script src="${callback}"></script>`,
    "a prefetch": (callback) => `<link rel="prefetch" href="${callback}">`,
    "a form that posts": (callback) =>
      `<form method="post" target="_blank" action="${callback}"></form><script>document.forms[0].submit()</script>`
  }
  for (const [name, html] of Object.entries(loaded)) {
    it(`${name} of another site, in the same browser, ends nothing; the real one completes`, async () => {
      const { context, page, signedIn, url } = await start()
      await page.goto(url)
      const callback = `${new URL(page.url()).searchParams.get("callback_url")}&error=access_denied`
      const elsewhere = await context.newPage()
      // Chromium shows no answer to what it blocks.
      const isCallback = (request: Request) => request.url().startsWith(`${url}callback`)
      const answered = Promise.any([
        context.waitForEvent("requestfinished", isCallback),
        context.waitForEvent("requestfailed", isCallback)
      ])
      await elsewhere.goto(await serveSite(html(callback.replaceAll("&", "&amp;"))))
      await answered
      await press(page, "Authorize")
      await heading(page, "You are signed in")
      await signedIn
    })
  }

  it("back to OpenRouter's page, before anything is decided, completes", async () => {
    const { page, signedIn, url } = await start()
    await page.goto(url)
    await page.goto("about:blank")
    await page.goBack()
    await press(page, "Authorize")
    await heading(page, "You are signed in")
    await signedIn
  })

  it("back from a callback that changed nothing completes", async () => {
    const { page, signedIn, url } = await start()
    await page.goto(url)
    await page.goto(`${url}callback?code=forged&state=forged&attempt=forged`)
    await heading(page, "This is not the sign-in that is waiting")
    await page.goBack()
    await press(page, "Authorize")
    await heading(page, "You are signed in")
    await signedIn
  })

  it("back after the end leads to OpenRouter's page; forward finds the port free, and no code in the address", async () => {
    const { page, signedIn, url } = await start()
    await page.goto(url)
    await press(page, "Authorize")
    await heading(page, "You are signed in")
    await signedIn
    await page.goBack()
    assert.strictEqual(new URL(page.url()).hostname, "localhost")
    const asked = page.waitForRequest((request) => request.isNavigationRequest())
    const error = await page.goForward().catch((error: Error) => error)
    assert(error instanceof Error)
    assert.include(error.message, "net::ERR_CONNECTION_REFUSED")
    assert.strictEqual((await asked).url(), `${url}callback`)
  })

  const looks = {
    light: { colorScheme: "light", viewport: { width: 1000, height: 700 } },
    dark: { colorScheme: "dark", viewport: { width: 1000, height: 700 } },
    narrow: { colorScheme: "light", viewport: { width: 360, height: 640 } }
  } as const
  for (const [name, look] of Object.entries(looks)) {
    it(`its page fits, ${name}`, async () => {
      const { page, signedIn, url } = await start({ appName: "My tool" }, look)
      await page.goto(url)
      await page.screenshot({ path: join(screenshots, `consent-${name}.png`) })
      await press(page, "Authorize")
      await heading(page, "You are signed in")
      const width = await page.evaluate("document.documentElement.scrollWidth")
      assert.strictEqual(width, look.viewport.width)
      await page.screenshot({ path: join(screenshots, `signed-in-${name}.png`) })
      await signedIn
    })
  }

  it("a denial is told as one", async () => {
    const { page, signedIn, url } = await start()
    const denied = signedIn.catch((error) => error._tag)
    await page.goto(url)
    await press(page, "Deny")
    await heading(page, "You did not allow it")
    assert.strictEqual(await denied, "AuthorizationDenied")
  })
})
