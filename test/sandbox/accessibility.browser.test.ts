/** axe-core on every page of the sandbox, in a real Chromium. */
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import type { Browser, Page } from "playwright-core"
import { problems } from "../util/axe.js"
import { launch } from "../util/chromium.js"
import { callbackUrl, codeChallenge } from "./support.js"

const screenshots = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), "sandbox-axe-"))

const runtime = ManagedRuntime.make(SandboxNode.layerServer())

let browser: Browser
let origin: string

beforeAll(async () => {
  origin = (await runtime.runPromise(SandboxNode.SandboxServer)).origin
  browser = await launch()
  console.log(`screenshots in ${screenshots}`)
}, 60_000)

afterAll(async () => {
  await browser.close()
  await runtime.dispose()
})

const auth = (query: Record<string, string>) => `/auth?${new URLSearchParams(query)}`
const headless = auth({ code_challenge: codeChallenge, code_challenge_method: "S256" })
const press = (page: Page, name: string) => page.getByRole("button", { name }).click()

/** A request in the log, a fault to come, and a key with a limit and a long label. */
const busy = Effect.gen(function* () {
  const { faults, keys } = yield* Sandbox.Sandbox
  yield* keys.issue({ label: "x".repeat(100), limit: 5 })
  yield* faults.add({ operation: "getCurrentKey", status: 503, times: 2 })
  yield* Effect.promise(() => fetch(`${origin}/api/v1/models`))
})

const reset = Effect.flatMap(Sandbox.Sandbox, (sandbox) => sandbox.reset)

const pages: ReadonlyArray<readonly [name: string, open: (page: Page) => Promise<unknown>]> = [
  [
    "the consent page",
    (page) => page.goto(origin + auth({ callback_url: callbackUrl, limit: "5", key_label: "My laptop" }))
  ],
  ["a refused request", (page) => page.goto(origin + auth({ callback_url: "http://app.example/" }))],
  ["the code page", (page) => page.goto(origin + headless).then(() => press(page, "Authorize"))],
  ["the denied page", (page) => page.goto(origin + headless).then(() => press(page, "Deny"))],
  ["/docs", (page) => page.goto(`${origin}/docs`)],
  ["/__sandbox, empty", (page) => page.goto(`${origin}/__sandbox`)],
  ["/__sandbox, busy", (page) => runtime.runPromise(busy).then(() => page.goto(`${origin}/__sandbox`))]
]

const looks = [
  ["light", 1200],
  ["dark", 1200],
  ["light", 360],
  ["dark", 360]
] as const

const cases = pages.flatMap(([name, open]) =>
  looks.map(([colorScheme, width]) => [name, colorScheme, width, open] as const)
)

describe("axe-core finds nothing serious", () => {
  it.each(cases)("on %s, %s, %d px", async (name, colorScheme, width, open) => {
    await runtime.runPromise(reset)
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 }, bypassCSP: true })
    const page = await context.newPage()
    await open(page)
    assert.deepStrictEqual(await problems(page), [])
    const file = `${[name, colorScheme, width].join("-").replaceAll(/[^a-z0-9]+/gi, "-")}.png`
    await page.screenshot({ path: join(screenshots, file) })
    assert.isAtMost(await page.evaluate(() => document.documentElement.scrollWidth), width)
    await context.close()
  })
})
