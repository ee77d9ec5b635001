/** The examples in a real Chromium, with everything that users do to a sign-in. `SCREENSHOTS=docs/images` takes their pictures. */
import { join } from "node:path"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"
import { launch } from "../util/chromium.js"
import { entriesOf, say, signIn, startExample, startSandbox, watch } from "./example.js"

const { SCREENSHOTS } = process.env

let browser: Browser
let sandbox: Awaited<ReturnType<typeof startSandbox>>

beforeAll(async () => {
  sandbox = await startSandbox()
  browser = await launch()
}, 60_000)

afterAll(async () => {
  await browser.close()
  await sandbox.stop()
})

describe.each([
  { example: "static-page", image: "static-page" },
  { example: "vite-react", image: "react" }
])("examples/$example in Chromium", ({ example, image }) => {
  let app: Awaited<ReturnType<typeof startExample>>
  let context: BrowserContext
  let page: Page
  let seen: ReturnType<typeof watch>

  beforeAll(async () => {
    app = await startExample(`examples/${example}/serve.ts`, sandbox.baseUrl)
    // A development server prepares its modules at the first visit, and may load the page again.
    const warm = await browser.newPage()
    await warm.goto(app.url)
    await say(warm, "You are signed out.")
    await warm.close()
  }, 60_000)

  afterAll(() => app.stop())

  beforeEach(async () => {
    sandbox.clear()
    context = await browser.newContext({ viewport: { width: 900, height: 560 } })
    seen = watch(context)
    page = await context.newPage()
    await page.goto(app.url)
    await say(page, "You are signed out.")
  })

  afterEach(() => context.close())

  const shoot = async (name: string) => {
    if (SCREENSHOTS !== undefined) await page.screenshot({ path: join(SCREENSHOTS, `${image}-${name}.png`) })
  }

  const complaints = () => seen.lines.filter((line) => /^(?:error|warning)/.test(line))

  it("signs in with one exchange, and no secret is left where others see it", async () => {
    await shoot("signed-out")
    await signIn(page)
    await say(page, /^Signed in\. The key ".+ example" may spend 5 US dollars\.$/)
    await shoot("signed-in")
    assert.strictEqual(sandbox.exchanges(), 1)
    assert.strictEqual(page.url(), app.url)
    assert.deepStrictEqual(
      (await entriesOf(page)).filter((url) => url !== app.url),
      []
    )
    const [{ code, code_verifier } = { code: "", code_verifier: "" }] = seen.sent
    const keys = await seen.keys()
    assert.lengthOf(keys, 1)
    const attempt = new URL(seen.addresses.find((url) => url.includes("attempt=")) ?? "").searchParams.get("attempt")
    const secrets = [code, code_verifier, ...keys]
    for (const secret of secrets) assert.isAbove(secret.length, 40)
    // The code stands in the address that OpenRouter sends the browser to, and nowhere else.
    assert.lengthOf(
      seen.addresses.filter((url) => secrets.some((secret) => url.includes(secret))),
      1
    )
    const referers = await seen.referers()
    assert.isAbove(referers.filter((referer) => referer !== "").length, 0)
    for (const secret of [...secrets, attempt ?? ""]) {
      assert.notInclude(referers.join("\n"), secret)
      assert.notInclude(seen.lines.join("\n"), secret)
      assert.notInclude(await page.content(), secret)
      assert.notInclude(
        await page.evaluate(() => JSON.stringify([sessionStorage, localStorage, history.state])),
        secret
      )
    }
    assert.deepStrictEqual(complaints(), [])
    await page.reload()
    await say(page, "You are signed out.")
    assert.strictEqual(sandbox.exchanges(), 1)
  })

  it("is denied: says so, in a clean address, and signs in at the second try", async () => {
    await signIn(page, "Deny")
    await say(page, "You did not allow it.")
    assert.strictEqual(page.url(), app.url)
    assert.strictEqual(sandbox.exchanges(), 0)
    assert.deepStrictEqual(complaints(), [])
    await signIn(page)
    await say(page, "Signed in.")
  })

  it("is reloaded on the consent page: signs in all the same", async () => {
    await page.getByRole("button", { name: "Sign in with OpenRouter" }).click()
    await page.getByRole("button", { name: "Authorize" }).waitFor()
    await page.reload()
    await page.getByRole("button", { name: "Authorize" }).click()
    await say(page, "Signed in.")
    assert.strictEqual(sandbox.exchanges(), 1)
  })

  it("is reloaded during the exchange: signed out, no second exchange, and the next sign-in works", async () => {
    sandbox.addFault({ operation: "exchangeAuthCodeForAPIKey", delay: "1 hour" })
    const sent = page.waitForRequest((request) => request.url().endsWith("/auth/keys"))
    await signIn(page)
    await sent
    assert.strictEqual(page.url(), app.url)
    await page.reload()
    await say(page, "You are signed out.")
    assert.strictEqual(page.url(), app.url)
    assert.lengthOf(seen.sent, 1)
    await signIn(page)
    await say(page, "Signed in.")
    assert.lengthOf(seen.sent, 2)
  })

  it("two tabs at once: each has a sign-in of its own", async () => {
    const other = await context.newPage()
    await other.goto(app.url)
    for (const tab of [page, other]) await tab.getByRole("button", { name: "Sign in with OpenRouter" }).click()
    for (const tab of [page, other]) await tab.getByRole("button", { name: "Authorize" }).click()
    await Promise.all([say(page, "Signed in."), say(other, "Signed in.")])
    assert.strictEqual(sandbox.exchanges(), 2)
    assert.strictEqual(new Set(await seen.keys()).size, 2)
  })

  it("goes back after success: no code, no second exchange; authorizing once more is refused and said", async () => {
    await signIn(page)
    await say(page, "Signed in.")
    await page.goBack()
    await page.getByRole("button", { name: "Authorize" }).waitFor()
    await page.goBack()
    await say(page, "You are signed out.")
    await page.goForward()
    await page.goForward()
    await say(page, "You are signed out.")
    assert.strictEqual(page.url(), app.url)
    assert.strictEqual(sandbox.exchanges(), 1)
    await page.goBack()
    await page.getByRole("button", { name: "Authorize" }).click()
    await say(page, "No such sign-in is pending: it has expired, is completed already, or was begun elsewhere")
    assert.strictEqual(page.url(), app.url)
    assert.strictEqual(sandbox.exchanges(), 1)
  })

  /** The callback that somebody else was granted, and has not opened. */
  const theirCallback = async () => {
    const theirs = await browser.newContext()
    const their = await theirs.newPage()
    await their.goto(app.url)
    await their.getByRole("button", { name: "Sign in with OpenRouter" }).click()
    const authorize = their.getByRole("button", { name: "Authorize" })
    const { action, fields } = await authorize.evaluate((button: HTMLButtonElement) => {
      const form = button.form ?? document.createElement("form")
      return {
        action: form.action,
        fields: Array.from(new FormData(form, button), ([name, value]) => [name, `${value}`])
      }
    })
    const { headers } = await fetch(action, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" })
    await theirs.close()
    return headers.get("location") ?? ""
  }

  it("login CSRF: somebody else's callback is refused before any exchange, and spoils nothing", async () => {
    const callback = await theirCallback()
    assert.include(callback, "code=auth_code_")
    await page.goto(callback)
    await say(page, "No such sign-in is pending: it has expired, is completed already, or was begun elsewhere")
    assert.strictEqual(page.url(), app.url)
    // Their code in a sign-in that this tab has begun.
    await page.getByRole("button", { name: "Sign in with OpenRouter" }).click()
    await page.getByRole("button", { name: "Authorize" }).waitFor()
    const state = new URL(page.url()).searchParams.get("state")
    const mixed = new URL(callback)
    mixed.searchParams.set("attempt", state ?? "")
    await page.goto(mixed.href)
    await say(page, "The state in the callback is not the one of its sign-in")
    assert.strictEqual(page.url(), app.url)
    assert.strictEqual(sandbox.exchanges(), 0)
    await page.goBack()
    await page.getByRole("button", { name: "Authorize" }).click()
    await say(page, "Signed in.")
    assert.strictEqual(sandbox.exchanges(), 1)
  })

  it("goes back from the consent page to the page as it was left: the button works again", async () => {
    const remembering = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu"],
      ignoreDefaultArgs: ["--disable-back-forward-cache"]
    })
    try {
      const tab = await remembering.newPage()
      await tab.goto(app.url)
      await say(tab, "You are signed out.")
      await tab.evaluate(() => {
        Object.assign(window, { remembered: true })
      })
      await tab.getByRole("button", { name: "Sign in with OpenRouter" }).click()
      await tab.getByRole("button", { name: "Authorize" }).waitFor()
      await tab.goBack({ waitUntil: "commit" })
      await say(tab, "You are signed out.")
      assert.isTrue(await tab.evaluate(() => "remembered" in window))
      await signIn(tab)
      await say(tab, "Signed in.")
    } finally {
      await remembering.close()
    }
  })
})
