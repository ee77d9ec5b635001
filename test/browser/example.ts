/** An example as its reader runs it, in a real Chromium, with a sandbox that the test looks into. */

import { type ChildProcess, spawn } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import type { BrowserContext, Page } from "playwright-core"

const root = fileURLToPath(new URL("../..", import.meta.url))
const tsx = createRequire(import.meta.url).resolve("tsx/cli")

export const startSandbox = async () => {
  const runtime = ManagedRuntime.make(layerServer())
  const { baseUrl } = await runtime.runPromise(SandboxServer)
  const sandbox = await runtime.runPromise(Sandbox.Sandbox)
  return {
    baseUrl,
    apiKey: Redacted.value(sandbox.keys.apiKey),
    addFault: (fault: Sandbox.Fault) => Effect.runSync(sandbox.faults.add(fault)),
    /** Forgets faults and requests: the next test begins anew. */
    clear: () => Effect.runSync(Effect.zipRight(sandbox.faults.clear(), sandbox.requests.clear)),
    exchanges: () => Effect.runSync(sandbox.requests.count("exchangeAuthCodeForAPIKey")),
    stop: () => runtime.dispose()
  }
}

/** Runs an example and waits until it says where it is. */
export const startExample = async (path: string, baseUrl: string) => {
  const child: ChildProcess = spawn(process.execPath, [tsx, "--tsconfig", "tsconfig.base.json", path], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", OPENROUTER_BASE_URL: baseUrl },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const url = await new Promise<string>((resolve, reject) => {
    let text = ""
    const read = (chunk: Buffer) => {
      text += chunk
      const [, found] = /^Open (\S+) /m.exec(text) ?? []
      if (found !== undefined) resolve(found)
    }
    child.stdout?.on("data", read)
    child.stderr?.on("data", read)
    child.once("close", () => reject(new Error(`${path} ended: ${text}`)))
  })
  const stop = () =>
    new Promise<void>((resolve) => {
      child.once("close", () => resolve())
      child.kill()
    })
  return { url, stop }
}

/** Everything that a context's pages let others see, with the secrets that must not be among it. */
export const watch = (context: BrowserContext) => {
  const addresses: Array<string> = []
  const referers: Array<Promise<string>> = []
  const lines: Array<string> = []
  const sent: Array<{ readonly code: string; readonly code_verifier: string }> = []
  const keys: Array<Promise<string>> = []
  context.on("request", (request) => {
    addresses.push(request.url())
    referers.push(
      request.allHeaders().then(
        ({ referer = "" }) => referer,
        () => ""
      )
    )
    if (request.url().endsWith("/auth/keys") && request.method() === "POST") sent.push(request.postDataJSON())
  })
  context.on("response", (response) => {
    if (response.url().endsWith("/auth/keys") && response.ok() && response.request().method() === "POST") {
      keys.push(response.json().then(({ key }) => key))
    }
  })
  context.on("console", (message) => lines.push(`${message.type()}: ${message.text()}`))
  context.on("weberror", (error) => lines.push(`error: ${String(error.error())}`))
  return {
    addresses,
    sent,
    lines,
    referers: () => Promise.all(referers),
    keys: () => Promise.all(keys)
  }
}

/** The addresses in the history of a page, as far as they are of its origin. */
export const entriesOf = (page: Page): Promise<ReadonlyArray<string>> =>
  page.evaluate(() => {
    const navigation: { readonly entries: () => ReadonlyArray<{ readonly url: string }> } = Reflect.get(
      window,
      "navigation"
    )
    return navigation.entries().map(({ url }) => url)
  })

export const say = (page: Page, text: string | RegExp) => page.getByRole("status").filter({ hasText: text }).waitFor()

export const signIn = async (page: Page, decision: "Authorize" | "Deny" = "Authorize") => {
  await page.getByRole("button", { name: "Sign in with OpenRouter" }).click()
  await page.getByRole("button", { name: decision }).click()
}
