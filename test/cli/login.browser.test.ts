/** `openrouter-oauth login --sandbox`, end to end: the command, the consent page and the callback page in a real Chromium. */
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Browser } from "playwright-core"
import { launch } from "../util/chromium.js"
import { makeHome, start } from "./support.js"

const screenshots = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), "login-pages-"))

let browser: Browser

beforeAll(async () => {
  browser = await launch()
}, 60_000)

afterAll(() => browser.close())

/** Starts a sign-in, opens its page and presses a button there. */
const login = async (decision: "Authorize" | "Deny", colorScheme: "light" | "dark" = "light") => {
  const { ended, url } = start(makeHome(), ["login", "--sandbox", "--no-browser", "--json"])
  const context = await browser.newContext({ colorScheme })
  const page = await context.newPage()
  const complaints: Array<string> = []
  page.on("console", (message) => complaints.push(message.text()))
  page.on("pageerror", (error) => complaints.push(error.message))
  const visited: Array<string> = []
  page.on("request", (request) => visited.push(`${request.url()} ${request.headers().referer ?? ""}`))
  await page.goto((await url).href)
  await page.getByRole("button", { name: decision }).click()
  await page
    .getByRole("heading", { name: decision === "Authorize" ? "You are signed in" : "You did not allow it" })
    .waitFor()
  await page.screenshot({ path: join(screenshots, `login-${decision.toLowerCase()}-${colorScheme}.png`) })
  const { code, stderr, stdout } = await ended
  await context.close()
  return { code, complaints, stderr, stdout, visited }
}

describe("login --sandbox in Chromium", () => {
  it("Authorize: the callback page says so, the command gives the key", async () => {
    const { code, complaints, stderr, stdout, visited } = await login("Authorize")
    assert.strictEqual(code, 0, stderr)
    const { key, savedTo } = JSON.parse(stdout)
    assert.match(key, /^sk-or-v1-[0-9a-f]{64}$/)
    assert.isNull(savedTo)
    assert.deepStrictEqual(complaints, [])
    // The callback is the only address with the code, and no address or Referer has the key.
    assert.lengthOf(
      visited.filter((line) => line.includes("code=auth_code_")),
      1
    )
    assert.notInclude(visited.join("\n"), key)
  })

  it("Deny: the callback page says so, the command exits 1", async () => {
    const { code, complaints, stderr, stdout } = await login("Deny", "dark")
    assert.strictEqual(code, 1)
    assert.strictEqual(stdout, "")
    assert.include(stderr, "did not allow OpenRouter to give a key")
    assert.deepStrictEqual(complaints, [])
  })
})
