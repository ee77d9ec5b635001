/** Hooks and button in a real Chromium: React 18 and 19, rendered by a server, under StrictMode. */
import { createServer, type Server } from "node:http"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { entriesOf, startSandbox, watch } from "../browser/example.js"
import { launch } from "../util/chromium.js"
import { bundle, loadServer, versions } from "./bundle.js"

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

describe.each(versions)("React %s in Chromium", (version) => {
  let server: Server
  let origin: string
  let context: BrowserContext
  let page: Page
  let seen: ReturnType<typeof watch>

  beforeAll(async () => {
    const options = { baseUrl: sandbox.baseUrl, apiKey: sandbox.apiKey }
    const [script, { render }] = await Promise.all([bundle("client.tsx", version, options), loadServer(version)])
    server = createServer((request, response) => {
      const isScript = request.url === "/client.js"
      response.writeHead(200, {
        "content-type": isScript ? "text/javascript" : "text/html; charset=utf-8",
        "referrer-policy": "strict-origin"
      })
      response.end(
        isScript
          ? script
          : `<!doctype html><title>App</title><link rel="icon" href="data:,"><div id="root">${render(options)}</div><script type="module" src="/client.js"></script>`
      )
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
  }, 60_000)

  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  beforeEach(async () => {
    sandbox.clear()
    context = await browser.newContext()
    seen = watch(context)
    page = await context.newPage()
    await page.goto(`${origin}/memory`)
    await states("signedOut")
  })

  // Hydration that does not fit, an effect that warns, an error of any kind: React tells the console.
  afterEach(async () => {
    const complaints = seen.lines.filter((line) => /^(?:error|warning)/.test(line))
    await context.close()
    assert.deepStrictEqual(complaints, [])
  })

  /** Waits until both components that use the hook say so. */
  const states = async (text: string | RegExp) => {
    const hasText = typeof text === "string" ? new RegExp(`^${text}$`) : text
    for (const nth of [0, 1]) await page.getByRole("status").nth(nth).filter({ hasText }).waitFor()
  }

  const button = () => page.locator("button.mine")

  const consent = (decision: "Authorize" | "Deny") => page.getByRole("button", { name: decision }).click()

  it("signs in with one exchange under StrictMode, and all who use the hook know", async () => {
    assert.match((await page.getByText(/^React \d/).textContent()) ?? "", new RegExp(`^React ${version}\\.`))
    await button().click()
    await consent("Authorize")
    await states("signedIn sk-or-v1- user_sandbox /next")
    assert.strictEqual(sandbox.exchanges(), 1)
    assert.strictEqual(page.url(), `${origin}/memory`)
    for (const url of await entriesOf(page)) assert.strictEqual(url, `${origin}/memory`)
    const [key = ""] = await seen.keys()
    const [{ code, code_verifier } = { code: "", code_verifier: "" }] = seen.sent
    const shown = [...(await seen.referers()), ...seen.lines, await page.content()].join("\n")
    for (const secret of [key, code, code_verifier]) {
      assert.isAbove(secret.length, 40)
      assert.notInclude(shown, secret)
    }
    await page.reload()
    await states("signedOut")
    assert.strictEqual(sandbox.exchanges(), 1)
  })

  it("is denied, and signs in at the second try", async () => {
    await button().click()
    await consent("Deny")
    await states("failed AuthorizationDenied")
    assert.strictEqual(page.url(), `${origin}/memory`)
    await button().click()
    await consent("Authorize")
    await states(/^signedIn/)
    assert.strictEqual(sandbox.exchanges(), 1)
  })

  it("keeps the key where the app says: it survives a reload, and signing out removes it everywhere", async () => {
    await page.goto(`${origin}/stored`)
    await states("signedOut")
    await button().click()
    await consent("Authorize")
    await states(/^signedIn/)
    await page.reload()
    await states("signedIn sk-or-v1- user_sandbox")
    await page.getByRole("button", { name: "Sign out" }).first().click()
    await states("signedOut")
    assert.strictEqual(await page.evaluate(() => sessionStorage.length), 0)
    await page.reload()
    await states("signedOut")
    assert.strictEqual(sandbox.exchanges(), 1)
  })

  it("the button: a name, a ref, no other type, busy while it works; what the app passes goes through", async () => {
    const attributes = () =>
      button().evaluate((element: HTMLButtonElement) => ({
        type: element.getAttribute("type"),
        disabled: element.disabled,
        busy: element.getAttribute("aria-busy"),
        status: element.dataset.status,
        describedBy: element.getAttribute("aria-describedby")
      }))
    const idle = { type: "button", disabled: false, busy: "false", status: "signedOut", describedBy: "terms" } as const
    assert.deepEqual(await attributes(), idle)
    assert.strictEqual(await page.getByRole("button", { name: "Sign in with OpenRouter" }).count(), 1)
    await page.getByRole("button", { name: "Focus" }).click()
    assert.isTrue(await button().evaluate((element) => element === document.activeElement))
    await page.getByRole("button", { name: "Do not begin" }).click()
    await states("signedOut")
    assert.isTrue(await page.getByRole("button", { name: "Never" }).isDisabled())
    // OpenRouter's page does not come, and the browser stays: the button is busy, and can be pressed again.
    await page.route("**/auth?**", (route) => route.fulfill({ status: 204 }))
    await button().press("Enter")
    await states("redirecting")
    assert.deepEqual(await attributes(), { ...idle, busy: "true", status: "redirecting" })
    await page.unroute("**/auth?**")
    await button().click()
    await consent("Authorize")
    await states(/^signedIn/)
  })

  it("while the code is exchanged the button is busy and disabled", async () => {
    sandbox.addFault({ operation: "exchangeAuthCodeForAPIKey", delay: "1 hour" })
    await button().click()
    await consent("Authorize")
    await states("completing")
    assert.isTrue(await button().isDisabled())
    assert.strictEqual(await button().getAttribute("aria-busy"), "true")
  })

  it("what begin refuses is in the state, by its tag", async () => {
    await page.getByRole("button", { name: "Sign in wrongly" }).first().click()
    await states("failed InvalidRequest")
    assert.strictEqual(page.url(), `${origin}/memory`)
  })

  it("the mutations: a code, its key, and a refusal by its tag", async () => {
    const result = (text: RegExp) => page.getByTestId("mutations").filter({ hasText: text }).waitFor()
    await result(/^idle idle$/)
    await page.getByRole("button", { name: "Create and exchange" }).click()
    await result(/^success success sk-or-v1-$/)
    assert.strictEqual(sandbox.exchanges(), 1)
    await page.getByRole("button", { name: "Exchange wrongly" }).click()
    await result(/^success error Forbidden$/)
    // Chromium itself writes a line about every refused request.
    seen.lines.splice(0, seen.lines.length, ...seen.lines.filter((line) => !/the server responded with/.test(line)))
  })
})
