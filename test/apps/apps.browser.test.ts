/** Recipes of docs/apps.md in a real Chromium: a browser extension, and a page whose own port is the callback. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it, onTestFinished } from "@effect/vitest"
import { build } from "esbuild"
import { chromium } from "playwright-core"
import { serve } from "../../examples/apps/local-web-ui.js"
import { startSandbox } from "../cli/support.js"
import { launch } from "../util/chromium.js"
import { portOf } from "../util/server.js"

const root = fileURLToPath(new URL("../..", import.meta.url))
const key = /^sk-or-v1-[0-9a-f]{64}$/

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "apps-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The extension, built as its author would, with a function to begin. */
const buildExtension = async (baseUrl: string): Promise<string> => {
  const folder = makeFolder()
  await build({
    stdin: {
      contents: `import { signInWithOpenRouter } from "./examples/apps/browser-extension.ts"
        globalThis.signInWithOpenRouter = () => signInWithOpenRouter({ baseUrl: ${JSON.stringify(baseUrl)} })`,
      resolveDir: root
    },
    alias: { "effect-openrouter-oauth": join(root, "src") },
    bundle: true,
    format: "esm",
    outfile: join(folder, "worker.js"),
    tsconfigRaw: {}
  })
  writeFileSync(
    join(folder, "manifest.json"),
    JSON.stringify({
      manifest_version: 3,
      name: "Recipe",
      version: "1.0",
      permissions: ["identity", "storage"],
      background: { service_worker: "worker.js", type: "module" }
    })
  )
  return folder
}

describe("recipes in Chromium", () => {
  it("browser-extension.ts signs in by launchWebAuthFlow, and stores the key", async () => {
    const { baseUrl } = await startSandbox()
    const extension = await buildExtension(baseUrl)
    const context = await chromium.launchPersistentContext(makeFolder(), {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      headless: false,
      args: [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        `--disable-extensions-except=${extension}`,
        `--load-extension=${extension}`
      ]
    })
    onTestFinished(() => context.close())
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"))
    const consent = context.waitForEvent("page", (page) => page.url() !== "about:blank")
    const given = worker.evaluate("signInWithOpenRouter()")
    const page = await consent
    await page.getByRole("button", { name: "Authorize" }).click()
    assert.match(String(await given), key)
    assert.strictEqual(
      await worker.evaluate("chrome.storage.local.get().then((all) => all.openRouterKey)"),
      await given
    )
  })

  it("local-web-ui.ts takes the callback on its own port", async () => {
    const { baseUrl } = await startSandbox()
    const free = createServer().listen(0, "localhost")
    await new Promise((resolve) => free.once("listening", resolve))
    const port = portOf(free)
    await new Promise((resolve) => free.close(resolve))

    const keys: Array<string> = []
    const server = serve(port, (given) => keys.push(given), baseUrl)
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const browser = await launch()
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    await page.goto(`http://localhost:${port}/`)
    await page.getByRole("link", { name: "Sign in with OpenRouter" }).click()
    await page.getByRole("button", { name: "Authorize" }).click()
    await page.getByRole("link", { name: "Sign in with OpenRouter" }).waitFor()
    assert.strictEqual(page.url(), `http://localhost:${port}/`)
    assert.strictEqual(keys.length, 1)
    assert.match(keys[0] ?? "", key)
  })
})
