/** Every page of the routes in a real Chromium: it has a heading, a way on, fits on a phone, and axe-core finds nothing serious. */

import { once } from "node:events"
import * as Http from "node:http"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { toWebHandler } from "effect-openrouter-oauth/server/SignInRoutes"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { outcomes } from "../../src/server/internal/outcomes.js"
import { problems } from "../util/axe.js"
import { launch } from "../util/chromium.js"
import { portOf } from "../util/server.js"
import { toNode } from "./support.js"

const screenshots = process.env.PAGES_SCREENSHOTS

const { dispose, handler } = toWebHandler({ callbackUrl: "http://127.0.0.1:3000/auth/openrouter/callback" })
const server = Http.createServer(toNode(handler))
let browser: Browser

beforeAll(async () => {
  browser = await launch()
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
}, 60_000)

afterAll(async () => {
  await browser.close()
  server.closeAllConnections()
  server.close()
  await dispose()
})

const callback = "/auth/openrouter/callback"
const pages: ReadonlyArray<readonly [name: string, path: string, title: string]> = [
  ["404", "/elsewhere", "Nothing here"],
  ["the callback without parameters", callback, "No sign-in is under way"],
  ["a popup that is signed in", `${callback}?outcome=signed-in&display=popup`, outcomes["signed-in"].title],
  ["a popup whose user denied", `${callback}?outcome=denied&display=popup`, outcomes.denied.title],
  ["a popup to try again in", `${callback}?outcome=unavailable&display=popup`, outcomes.unavailable.title],
  ...Object.entries(outcomes)
    .filter(([name]) => name !== "signed-in")
    .map(([name, { title }]) => [name, `${callback}?outcome=${name}`, title] as const)
]

/** The links whose words do not fit on one line. */
const brokenLinks = () =>
  [...document.querySelectorAll("a")]
    .filter((link) => {
      const words = document.createRange()
      words.selectNodeContents(link)
      return words.getClientRects().length > 1
    })
    .map(({ textContent }) => textContent)

const open = async (context: BrowserContext, path: string): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${portOf(server)}${path}`)
  return page
}

const schemes = ["light", "dark"] as const

describe.each([900, 360])("%d px", (width) => {
  let context: BrowserContext

  beforeAll(async () => {
    context = await browser.newContext({ viewport: { width, height: 480 } })
  })

  afterAll(() => context.close())

  it.each(pages)("%s has a heading and a way on, and fits", async (name, path, title) => {
    const page = await open(context, path)
    assert.strictEqual(await page.getByRole("heading").textContent(), title)
    // A popup's page closes its window.
    if (!path.includes("popup")) assert.isAtLeast(await page.getByRole("link").count(), 1)
    assert.isAtMost(await page.evaluate(() => document.documentElement.scrollWidth), width)
    assert.deepStrictEqual(await page.evaluate(brokenLinks), [])
    for (const colorScheme of screenshots === undefined ? [] : schemes) {
      await page.emulateMedia({ colorScheme })
      const file = `${name.replaceAll(" ", "-")}-${colorScheme}-${width}.png`
      await page.screenshot({ path: join(screenshots ?? "", file) })
    }
    await page.close()
  })
})

describe.each(schemes)("axe-core finds nothing serious in the %s look of", (colorScheme) => {
  it.each(pages.slice(0, 3))("%s", async (_name, path) => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 360, height: 480 }, bypassCSP: true })
    const page = await open(context, path)
    assert.deepStrictEqual(await problems(page), [])
    await context.close()
  })
})
