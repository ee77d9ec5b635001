/** examples/connect-account in a real Chromium: users of an app connect their OpenRouter accounts. */
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { launch } from "../util/chromium.js"
import { install, openRouter, type Running, start } from "./examples.js"

const folder = "examples/connect-account"

let browser: Browser
let remote: Awaited<ReturnType<typeof openRouter>>
let app: Running

beforeAll(async () => {
  await install(folder)
  browser = await launch()
  remote = await openRouter()
  // Another site than 127.0.0.1: sites do not differ by port.
  const baseUrl = `${remote.origin.replace("127.0.0.1", "localhost")}/api/v1`
  app = await start(`${folder}/server.ts`, { OPENROUTER_BASE_URL: baseUrl })
}, 180_000)

afterAll(async () => {
  await app.stop()
  await browser.close()
  await remote.goOffline()
})

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click()
const heading = (page: Page, name: string) => page.getByRole("heading", { name }).waitFor()
const says = (page: Page, text: string) => page.getByText(text).waitFor()

const signIn = async (page: Page, user: string) => {
  await page.goto(`${app.origin}/`)
  await page.getByLabel("Your name in this app").fill(user)
  await press(page, "Sign in")
  await says(page, `Signed in as ${user}`)
}

const signOut = async (context: BrowserContext) => {
  const page = await context.newPage()
  await page.goto(`${app.origin}/`)
  await press(page, "Sign out")
  await page.getByLabel("Your name in this app").waitFor()
  await page.close()
}

/** A user of the app, signed in to it, in a browser of their own. */
const user = async (name: string) => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await signIn(page, name)
  return { context, page }
}

const shot = async (page: Page, name: string) => {
  const folder = process.env.CONNECT_SCREENSHOTS
  if (folder === undefined) return
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [900, 360]) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 560 })
      await page.screenshot({ path: `${folder}/${name}-${colorScheme}-${width}.png` })
    }
  }
}

describe("connect, in the same tab", () => {
  it("connects; a reload shows it; disconnecting forgets the key, and says where to delete it", async () => {
    const { context, page } = await user("Ada")
    await shot(page, "app-not-connected")
    await press(page, "Connect OpenRouter")
    await press(page, "Authorize")
    await says(page, "OpenRouter is connected.")
    await shot(page, "app-connected")
    if (process.env.DOCS_IMAGES === "1") {
      await page.emulateMedia({ colorScheme: "light" })
      await page.setViewportSize({ width: 900, height: 560 })
      await page.screenshot({ path: fileURLToPath(new URL("../../docs/images/connect-account.png", import.meta.url)) })
    }
    assert.strictEqual(page.url(), `${app.origin}/`)
    await page.reload()
    await says(page, "OpenRouter is connected.")
    await says(page, "$5")
    const link = await page.getByRole("link", { name: "Your key at OpenRouter" }).getAttribute("href")
    assert.match(String(link), /^https:\/\/openrouter\.ai\/keys\/[0-9a-f]{64}$/)
    await press(page, "Disconnect")
    await says(page, "OpenRouter is disconnected")
    await shot(page, "app-disconnected")
    assert.strictEqual(await page.getByRole("link", { name: "Your key at OpenRouter" }).getAttribute("href"), link)
    await page.getByRole("link", { name: "Go on" }).click()
    await says(page, "OpenRouter is not connected.")
    await context.close()
  })

  it("a denial is said kindly on the app's own page, and can be thought over", async () => {
    const { context, page } = await user("Denis")
    await press(page, "Connect OpenRouter")
    await press(page, "Deny")
    await says(page, "You did not allow it. That is fine: nothing has changed.")
    await shot(page, "app-denied")
    assert.strictEqual(page.url(), `${app.origin}/?denied`)
    await press(page, "Connect OpenRouter")
    await press(page, "Authorize")
    await says(page, "OpenRouter is connected.")
    await context.close()
  })

  it("the callback once more, by the back button, changes nothing", async () => {
    const { context, page } = await user("Rita")
    await press(page, "Connect OpenRouter")
    await press(page, "Authorize")
    await says(page, "OpenRouter is connected.")
    const before = remote.exchanges.length
    await page.goBack()
    await press(page, "Authorize")
    await heading(page, "This sign-in is over")
    await page.reload()
    await page.getByRole("link", { name: "Go to the app" }).click()
    await says(page, "OpenRouter is connected.")
    assert.strictEqual(remote.exchanges.length, before)
    await context.close()
  })

  it("two tabs both come back, and the account is connected", async () => {
    const { context, page } = await user("Tess")
    const other = await context.newPage()
    await other.goto(`${app.origin}/`)
    await press(page, "Connect OpenRouter")
    await press(other, "Connect OpenRouter")
    await press(page, "Authorize")
    await says(page, "OpenRouter is connected.")
    await press(other, "Authorize")
    await says(other, "OpenRouter is connected.")
    await context.close()
  })
})

describe("somebody else's session at the callback", () => {
  it("another user who signed in meanwhile is not connected, and the one who began can go on", async () => {
    const { context, page } = await user("Alice")
    await press(page, "Connect OpenRouter")
    await heading(page, "Authorize")
    await signOut(context)
    const other = await context.newPage()
    await signIn(other, "Mallory")
    const before = remote.exchanges.length
    await press(page, "Authorize")
    await heading(page, "Another user began this sign-in")
    await shot(page, "other-user")
    assert.strictEqual(remote.exchanges.length, before, "nothing was exchanged")
    await page.getByRole("link", { name: "Go to the app" }).click()
    await says(page, "Signed in as Mallory")
    await says(page, "OpenRouter is not connected.")
    await context.close()
  })

  it("nobody is connected who signed out meanwhile", async () => {
    const { context, page } = await user("Olga")
    await press(page, "Connect OpenRouter")
    await heading(page, "Authorize")
    await signOut(context)
    const before = remote.exchanges.length
    await press(page, "Authorize")
    await heading(page, "You are signed out of this app")
    await shot(page, "signed-out")
    assert.strictEqual(remote.exchanges.length, before, "nothing was exchanged")
    await page.getByRole("link", { name: "Go to the app" }).click()
    await page.getByLabel("Your name in this app").waitFor()
    await context.close()
  })
})

describe("connect, in a window of its own", () => {
  const openPopup = async (context: BrowserContext, page: Page): Promise<Page> => {
    const opened = context.waitForEvent("page")
    await press(page, "Connect in a new window")
    return opened
  }

  it("connects, and the page of the app follows", async () => {
    const { context, page } = await user("Paula")
    const popup = await openPopup(context, page)
    const closed = popup.waitForEvent("close")
    await press(popup, "Authorize")
    await closed
    await says(page, "OpenRouter is connected.")
    await context.close()
  })

  it("a denial is said on the page of the app", async () => {
    const { context, page } = await user("Paul")
    const popup = await openPopup(context, page)
    const closed = popup.waitForEvent("close")
    await press(popup, "Deny")
    await closed
    await says(page, "That is fine: no key was made")
    await context.close()
  })

  it("tells the app's own origin only", async () => {
    const { context, page } = await user("Pia")
    const foreign = remote.origin.replace("127.0.0.1", "localhost")
    // A page of another origin opens the window that a user of the app then signs in with.
    await page.goto(`${foreign}/docs`)
    await page.evaluate(() => {
      const heard: Array<unknown> = []
      Reflect.set(globalThis, "heard", heard)
      addEventListener("message", ({ data }) => heard.push(data))
      new BroadcastChannel("openrouter-sign-in").onmessage = ({ data }) => heard.push(data)
    })
    const opened = context.waitForEvent("page")
    await page.evaluate(
      (url) => void open(url),
      `${app.origin}/auth/openrouter/callback?outcome=signed-in&display=popup`
    )
    const popup = await opened
    if (!popup.isClosed()) await popup.waitForEvent("close")
    assert.deepStrictEqual(await page.evaluate(() => Reflect.get(globalThis, "heard")), [])
    await context.close()
  })

  it("who is signed out meanwhile is told so on the page", async () => {
    const { context, page } = await user("Sina")
    await signOut(context)
    await press(page, "Connect in a new window")
    await says(page, "You are signed out. Reload the page.")
    await context.close()
  })
})

it("a key that its owner deleted at OpenRouter is forgotten, and the page says so", async () => {
  const { context, page } = await user("Kim")
  await press(page, "Connect OpenRouter")
  await press(page, "Authorize")
  await says(page, "OpenRouter is connected.")
  remote.addFault({ operation: "getCurrentKey", status: 401 })
  await page.reload()
  await says(page, "OpenRouter does not accept your key any more.")
  await context.close()
})
