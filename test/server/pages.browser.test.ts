/** Every page of the routes in a real Chromium: it has a heading, a way on, fits on a phone, and axe-core finds nothing serious. */

import { once } from "node:events"
import * as Http from "node:http"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { toWebHandler } from "effect-openrouter-oauth/server/SignInRoutes"
import type { Browser, BrowserContext } from "playwright-core"
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

const looks = [
  ["light", 900],
  ["dark", 900],
  ["light", 360],
  ["dark", 360]
] as const

describe.each(looks)("%s, %d px", (colorScheme, width) => {
  let context: BrowserContext

  beforeAll(async () => {
    context = await browser.newContext({ colorScheme, viewport: { width, height: 480 }, bypassCSP: true })
  })

  afterAll(() => context.close())

  it.each(pages)("%s", async (name, path, title) => {
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${portOf(server)}${path}`)
    assert.strictEqual(await page.getByRole("heading").textContent(), title)
    // A popup's page closes its window.
    if (!path.includes("popup")) assert.isAtLeast(await page.getByRole("link").count(), 1)
    assert.isAtMost(await page.evaluate(() => document.documentElement.scrollWidth), width)
    if (screenshots !== undefined) {
      await page.screenshot({ path: join(screenshots, `${name.replaceAll(" ", "-")}-${colorScheme}-${width}.png`) })
    }
    assert.deepStrictEqual(await problems(page), [])
    await page.close()
  })
})
