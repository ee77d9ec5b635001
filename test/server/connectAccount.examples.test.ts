/** examples/connect-account by requests: who may begin, how often, and what stands in its database. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, beforeAll, it, onTestFinished } from "@effect/vitest"
import { startSandbox } from "../cli/support.js"
import { install, type Running, start } from "./examples.js"
import { Browser, begun, json } from "./support.js"

const folder = "examples/connect-account"
const beginPath = "/auth/openrouter"

beforeAll(() => install(folder), 120_000)

const run = async (env: Record<string, string> = {}): Promise<Running & { readonly at: (path: string) => URL }> => {
  const running = await start(`${folder}/server.ts`, env)
  onTestFinished(running.stop)
  return { ...running, at: (path) => new URL(path, running.origin) }
}

/** A browser whose user is signed in to the app. */
const signedIn = async ({ origin }: Running): Promise<Browser> => {
  const answer = await fetch(`${origin}/sign-in`, {
    method: "POST",
    body: new URLSearchParams({ user: "Ada" }),
    redirect: "manual"
  })
  const [, session = ""] = /^connect\.sid=([^;]+)/.exec(answer.headers.get("set-cookie") ?? "") ?? []
  const browser = new Browser()
  browser.cookies.set("connect.sid", session)
  return browser
}

it("nobody begins who is not signed in, and nobody begins an eleventh time in a minute", async () => {
  const app = await run()
  const stranger = await new Browser().open(app.at(beginPath), { method: "POST", headers: json })
  assert.strictEqual(stranger.status, 401)
  const browser = await signedIn(app)
  const statuses: Array<number> = []
  for (let count = 1; count <= 11; count++) {
    statuses.push((await browser.open(app.at(beginPath), { method: "POST", headers: json })).status)
  }
  assert.deepStrictEqual(statuses, [...Array.from({ length: 10 }, () => 200), 429])
})

it("with a database in a file: the key is encrypted, and the user is connected after a restart", async () => {
  const home = mkdtempSync(join(tmpdir(), "connect-account-"))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const { baseUrl } = await startSandbox({ approve: true })
  const env = {
    OPENROUTER_BASE_URL: baseUrl,
    DATABASE_URL: `file:${join(home, "notes.db")}`,
    APP_SECRET: "s".repeat(64)
  }

  const first = await run(env)
  const browser = await signedIn(first)
  await browser.visit(await begun(first, browser))
  assert.include((await browser.open(first.at("/"))).text, "OpenRouter is connected.")
  await first.stop()
  const stored = readdirSync(home).map((file) => readFileSync(join(home, file), "latin1"))
  assert.isNotEmpty(stored)
  assert.include(stored.join(), "openrouter_keys")
  assert.notInclude(stored.join(), "sk-or-")

  const second = await run(env)
  assert.include((await browser.open(second.at("/"))).text, "OpenRouter is connected.")
})

it("does not start with a database in a file and without a secret", async () => {
  const error: unknown = await run({ DATABASE_URL: "file:unused.db" }).catch((reason: unknown) => reason)
  assert.include(String(error), "Set APP_SECRET")
})
