/** The consent page in a real Chromium. */

import { mkdtempSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { launch } from "../util/chromium.js"
import { codeChallenge, codeVerifier } from "./support.js"

const screenshots = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), "sandbox-pages-"))

const runtime = ManagedRuntime.make(SandboxNode.layerServer())

/** The app: its callback redirects once more, as many do, to where a strict form-action would not let it. */
const app = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost")
  if (url.pathname === "/callback") response.writeHead(302, { location: `/home${url.search}` }).end()
  else response.writeHead(200, { "content-type": "text/html" }).end("<h1>The app</h1>")
})

let browser: Browser
let origin: string
let callbackUrl: string

beforeAll(async () => {
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", () => resolve()))
  const address = app.address()
  callbackUrl = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/callback?attempt=7`
  origin = (await runtime.runPromise(SandboxNode.SandboxServer)).origin
  browser = await launch()
  console.log(`screenshots in ${screenshots}`)
}, 60_000)

afterAll(async () => {
  await browser.close()
  await runtime.dispose()
  app.closeAllConnections()
  await new Promise((resolve) => app.close(resolve))
})

/** Opens the page, and fails the test where the console complains (a blocked style, a blocked redirect). */
const open = async (query: Record<string, string> = {}, options: BrowserContextOptions = {}) => {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints: Array<string> = []
  page.on("console", (message) => complaints.push(message.text()))
  page.on("pageerror", (error) => complaints.push(error.message))
  const parameters = {
    callback_url: callbackUrl,
    code_challenge: codeChallenge,
    code_challenge_method: "S256",
    state: "a state",
    limit: "5",
    key_label: "My laptop",
    ...query
  }
  const response = await page.goto(
    `${origin}/auth?${new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ""))}`
  )
  assert.strictEqual(response?.status(), 200)
  const shot = (name: string) => page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true })
  const close = async () => {
    assert.deepStrictEqual(complaints, [])
    await context.close()
  }
  return { page, shot, close }
}

const exchange = (code: string | null) =>
  fetch(`${origin}/api/v1/auth/keys`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code, code_verifier: codeVerifier })
  })

const assertAuthorized = async (page: Page) => {
  await page.waitForURL("**/home?**")
  const { searchParams } = new URL(page.url())
  assert.strictEqual(searchParams.get("attempt"), "7")
  assert.strictEqual(searchParams.get("state"), "a state")
  assert.strictEqual((await exchange(searchParams.get("code"))).status, 200)
}

const colour = (page: Page, selector: string, property: "color" | "backgroundColor") =>
  page.locator(selector).evaluate((element, name) => getComputedStyle(element)[name], property)

/** The contrast of WCAG 2, of two `rgb(…)` colours. */
const contrast = (a: string, b: string): number => {
  const luminance = (text: string) => {
    const [r = 0, g = 0, blue = 0] = (text.match(/\d+/g) ?? []).map((part) => {
      const value = Number(part) / 255
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue
  }
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

const assertReadable = async (page: Page) => {
  const card = await colour(page, "main", "backgroundColor")
  for (const selector of ["h1", "dt >> nth=0", "dd >> nth=0", ".note", "button[value=deny]"]) {
    assert.isAtLeast(contrast(await colour(page, selector, "color"), card), 4.5, selector)
  }
  const authorize = "button[value=authorize]"
  assert.isAtLeast(
    contrast(await colour(page, authorize, "color"), await colour(page, authorize, "backgroundColor")),
    4.5
  )
}

describe("the consent page in Chromium", () => {
  it("click Authorize", async () => {
    const { close, page, shot } = await open()
    await assertReadable(page)
    await shot("light")
    await page.getByRole("button", { name: "Authorize" }).click()
    await assertAuthorized(page)
    await close()
  })

  it("click Deny", async () => {
    const { close, page } = await open()
    await page.getByRole("button", { name: "Deny" }).click()
    await page.waitForURL("**/home?**")
    const { searchParams } = new URL(page.url())
    assert.deepStrictEqual([...searchParams.keys()], ["attempt", "error", "error_description"])
    assert.strictEqual(searchParams.get("error"), "access_denied")
    await close()
  })

  it("keyboard only: Tab reaches both buttons, and shows where it is", async () => {
    const { close, page, shot } = await open()
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("value"))
    await page.keyboard.press("Tab")
    assert.strictEqual(await focused(), "authorize")
    assert.strictEqual(
      await page.evaluate(() => document.activeElement && getComputedStyle(document.activeElement).outlineStyle),
      "solid"
    )
    await shot("focus")
    await page.keyboard.press("Tab")
    assert.strictEqual(await focused(), "deny")
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await assertAuthorized(page)
    await close()
  })

  it("a phone of 360 px: nothing is cut off, also with long words; big enough to touch", async () => {
    const { close, page, shot } = await open(
      { key_label: "x".repeat(100), workspace_id: "0b7a4fd1-5f0f-4a3e-9d3a-2f7f3b9a1c11" },
      { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true }
    )
    assert.isAtMost(await page.evaluate(() => document.documentElement.scrollWidth), 360)
    for (const name of ["Authorize", "Deny"]) {
      const box = await page.getByRole("button", { name }).boundingBox()
      assert.isAtLeast(box?.height ?? 0, 44)
      assert.isAtMost((box?.x ?? 360) + (box?.width ?? 0), 360)
    }
    await shot("phone")
    await page.getByRole("button", { name: "Authorize" }).tap()
    await assertAuthorized(page)
    await close()
  })

  it("dark mode", async () => {
    const { close, page, shot } = await open({}, { colorScheme: "dark" })
    assert.isBelow(contrast(await colour(page, "body", "backgroundColor"), "rgb(0, 0, 0)"), 1.5)
    await assertReadable(page)
    await shot("dark")
    await close()
  })

  it("has a language, a title, one heading, and names for everything", async () => {
    const { close, page } = await open()
    assert.strictEqual(await page.locator("html").getAttribute("lang"), "en")
    assert.match(await page.title(), /^Authorize 127\.0\.0\.1:\d+ · OpenRouter sandbox$/)
    assert.strictEqual(await page.getByRole("heading", { level: 1 }).count(), 1)
    assert.strictEqual(await page.getByRole("main").count(), 1)
    await close()
  })

  it("headless: shows the code, which works", async () => {
    const { close, page, shot } = await open({ callback_url: "" })
    await page.getByRole("button", { name: "Authorize" }).click()
    const code = await page.locator("code").textContent()
    await shot("headless")
    assert.strictEqual((await exchange(code)).status, 200)
    await close()
  })

  it("headless: the button beside the code copies it", async () => {
    const { close, page } = await open({ callback_url: "" }, { permissions: ["clipboard-read", "clipboard-write"] })
    await page.getByRole("button", { name: "Authorize" }).click()
    await page.getByRole("button", { name: "Copy" }).click()
    await page.getByText("Copied").waitFor()
    assert.strictEqual(
      await page.evaluate(() => navigator.clipboard.readText()),
      await page.locator("code").textContent()
    )
    await close()
  })

  it("headless, without scripts: no button, and the code stands there to be selected", async () => {
    const { close, page } = await open({ callback_url: "" }, { javaScriptEnabled: false })
    await page.getByRole("button", { name: "Authorize" }).click()
    const code = page.locator("code")
    await code.waitFor()
    assert.isFalse(await page.locator("#copy").isVisible())
    assert.strictEqual((await exchange(await code.textContent())).status, 200)
    await close()
  })

  it.each([1200, 360])("/docs and a refusal fit %i px, and the console stays empty", async (width) => {
    const context = await browser.newContext({ viewport: { width, height: 800 } })
    const page = await context.newPage()
    const complaints: Array<string> = []
    page.on("console", (message) => complaints.push(message.text()))
    await page.goto(`${origin}/docs`)
    assert.isAtMost(await page.evaluate(() => document.documentElement.scrollWidth), width)
    await page.screenshot({ path: join(screenshots, `docs-${width}.png`) })
    assert.deepStrictEqual(complaints, [])
    await page.goto(`${origin}/auth?callback_url=http://app.example/`)
    await page.screenshot({ path: join(screenshots, `refused-${width}.png`) })
    await context.close()
  })

  it("a page of another origin can exchange a code, and cannot read Retry-After", async () => {
    const { close, page } = await open()
    await page.getByRole("button", { name: "Authorize" }).click()
    await page.waitForURL("**/home?**")
    const code = new URL(page.url()).searchParams.get("code")
    const send = () =>
      page.evaluate(
        async ([url, body]) => {
          const response = await fetch(url, {
            method: "POST",
            headers: { "content-type": "application/json", "x-openrouter-title": "t", "http-referer": "r" },
            body
          })
          return {
            status: response.status,
            retryAfter: response.headers.get("retry-after"),
            requestId: response.headers.get("request-id")
          }
        },
        [`${origin}/api/v1/auth/keys`, JSON.stringify({ code, code_verifier: codeVerifier })] as const
      )
    await runtime.runPromise(
      Effect.flatMap(Sandbox.Sandbox, ({ faults }) =>
        faults.add({ status: 201, processed: false, retryAfter: "9 seconds" })
      )
    )
    const limited = await send()
    assert.strictEqual(limited.status, 201)
    assert.isNull(limited.retryAfter)
    assert.match(limited.requestId ?? "", /^req_/)
    assert.strictEqual((await send()).status, 200)
    await close()
  })
})
