/** The documentation site as it is built: every page in a real Chromium, its links, and its search. */
import { readdirSync } from "node:fs"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import type { AxeResults } from "axe-core"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { launch } from "../util/chromium.js"
import { fileOf, pages, readText, serveSite } from "./site.js"

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js")
const root = fileURLToPath(new URL("../..", import.meta.url))

let browser: Browser
let site: Awaited<ReturnType<typeof serveSite>>

beforeAll(async () => {
  site = await serveSite()
  browser = await launch()
}, 60_000)

afterAll(async () => {
  await browser.close()
  site.stop()
})

/** What axe-core calls serious or critical: the rule, and where. */
const problems = async (page: Page) => {
  // Loaded once for each page.
  if (!(await page.evaluate(() => "axe" in window))) await page.addScriptTag({ path: axePath })
  const { violations } = await page.evaluate<AxeResults>("axe.run()")
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}

describe("in Chromium", () => {
  let context: BrowserContext
  let page: Page
  let complaints: Array<string>

  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light" })
    page = await context.newPage()
    complaints = []
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text())
    })
    page.on("pageerror", (error) => complaints.push(error.message))
  })

  afterEach(() => context.close())

  const look = async (colorScheme: "light" | "dark", width: number, axe = true) => {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    const found = axe ? await problems(page) : []
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    return [...found, ...complaints, ...(wide > width ? [`${wide} pixels wide`] : [])]
  }

  it.each(pages)("$path is well, wide and light, and narrow and dark", async ({ path }) => {
    await page.goto(`${site.origin}${path}`)
    assert.deepStrictEqual(await look("light", 1280), [])
    // The pages of the reference are long and made by one template: axe-core looks at them once, and at one of them below.
    assert.deepStrictEqual(await look("dark", 360, !path.startsWith("/api/")), [])
  })

  it.each(["/", "/docs/cli", "/docs/errors", "/api/RetryPolicy"])(
    "%s is well, wide and dark, and narrow and light",
    async (path) => {
      await page.goto(`${site.origin}${path}`)
      assert.deepStrictEqual(await look("dark", 1280), [])
      assert.deepStrictEqual(await look("light", 360), [])
    }
  )
})

describe("links", () => {
  const idsOf = new Map(
    pages.map(({ html, path }) => [path, new Set(Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id]) => id))])
  )

  it.each(pages)("of $path lead to pages and anchors that are there", ({ html, path }) => {
    const links = Array.from(html.matchAll(/<a [^>]*href="([^"]+)"/g), ([, href = ""]) => href.replaceAll("&amp;", "&"))
    const broken = links
      .filter((href) => !/^(?:https?:|mailto:)/.test(href))
      .filter((href) => {
        const { hash, pathname } = new URL(href, `https://site.example${path}`)
        const target = pathname.replace(/(?:\/index)?\.html$/, "") || "/"
        const anchor = decodeURIComponent(hash.slice(1))
        return fileOf(pathname) === undefined || (anchor !== "" && idsOf.get(target)?.has(anchor) === false)
      })
    assert.deepStrictEqual(broken, [])
  })

  it.each(readdirSync(`${root}docs`).filter((file) => file.endsWith(".md")))(
    "lead to docs/%s from the sidebar",
    (file) => {
      const [first] = pages.filter(({ path }) => path === "/")
      assert.include(first?.html, `href="/docs/${file.replace(/\.md$/, "")}"`)
    }
  )
})

describe("the search", () => {
  it.each([
    ["port taken", "/docs/troubleshooting#the-port-is-taken"],
    ["Redacted", "/docs/troubleshooting#redacted-is-printed-instead-of-the-key"],
    ["429", "/docs/troubleshooting#429"]
  ])("finds %j", async (words, address) => {
    const page = await browser.newPage()
    await page.goto(site.origin)
    await page.getByRole("button", { name: "Search" }).first().click()
    await page.getByRole("searchbox").fill(words)
    await page.locator(`.results a[href="${address}"]`).waitFor()
    await page.close()
  })
})

describe("for programs that read documentation", () => {
  it.each(pages.filter(({ path }) => !path.startsWith("/api")))("llms.txt has $path", ({ path }) => {
    assert.include(readText("llms.txt"), `](${path === "/" ? "/README" : path}.md)`)
  })

  it("llms-full.txt has every page that llms.txt names", () => {
    const full = readText("llms-full.txt")
    const named = Array.from(readText("llms.txt").matchAll(/\]\((\/\S+\.md)\)/g), ([, file = ""]) => file)
    assert.deepStrictEqual(
      named.filter((file) => !full.includes(readText(file).trim())),
      []
    )
  })
})
