/** The built command as a child process, with a home of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { onTestFinished } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer, type ServerOptions } from "effect-openrouter-oauth/sandbox/node"
import { enter, request } from "../util/loopback.js"

export const root = fileURLToPath(new URL("../..", import.meta.url))
export const bin = join(root, "dist", "cli", "bin.js")

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  /** The first address on stderr: the one to open. */
  readonly url: Promise<URL>
  /** The first line on stderr that matches. */
  readonly saw: (pattern: RegExp) => Promise<string>
}

type Environment = Readonly<Record<string, string | undefined>>

/** Nothing of who runs the tests: no variables, no key, no display. */
const environment = (home: string, more: Environment) => ({
  PATH: process.env.PATH,
  HOME: home,
  XDG_CONFIG_HOME: home,
  CI: "true",
  ...more
})

/** A home that is gone after the test. */
export const makeHome = (): string => {
  const home = mkdtempSync(join(tmpdir(), "openrouter-oauth-"))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

/** Where credentials are saved, one file each. */
export const storeFolder = (home: string): string => join(home, "openrouter-oauth", "credentials")

export const savedFiles = (home: string): ReadonlyArray<string> =>
  readdirSync(storeFolder(home)).map((name) => join(storeFolder(home), name))

/** The single file of earlier versions. */
export const oldStorePath = (home: string): string => join(home, "openrouter-oauth", "credentials.json")

/** Starts the command; its standard input stays open until it is ended. */
export const start = (home: string, args: ReadonlyArray<string>, more: Environment = {}): Started => {
  const child = spawn(bin, args, { env: environment(home, more) })
  child.stdin.on("error", () => {})
  onTestFinished(() => {
    child.kill("SIGKILL")
  })
  let stdout = ""
  let stderr = ""
  child.stdout.on("data", (chunk) => {
    stdout += chunk
  })
  child.stderr.on("data", (chunk) => {
    stderr += chunk
  })
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })))
  const lines = createInterface(child.stderr)
  const seen: Array<string> = []
  lines.on("line", (line) => seen.push(line))
  const saw = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const before = seen.find((line) => pattern.test(line))
      if (before !== undefined) return resolve(before)
      lines.on("line", (line) => pattern.test(line) && resolve(line))
      ended.then(() => reject(new Error(`It ended without ${pattern}: ${stderr}`)))
    })
  const url = saw(/^ {2}http/).then((line) => new URL(line.trim()))
  url.catch(() => {})
  return { child, ended, url, saw }
}

/** Runs the command to its end, with all of its standard input. */
export const run = (home: string, args: ReadonlyArray<string>, more: Environment = {}, input = ""): Promise<Ended> => {
  const { child, ended } = start(home, args, more)
  child.stdin.end(input)
  return ended
}

/** A sandbox in this process, for one test. */
export const startSandbox = async (options: ServerOptions = {}) => {
  const runtime = ManagedRuntime.make(layerServer(options))
  onTestFinished(() => runtime.dispose())
  const { server, service } = await runtime.runPromise(Effect.all({ server: SandboxServer, service: Sandbox }))
  return { ...server, ...service, env: { OPENROUTER_BASE_URL: server.baseUrl } }
}

const opened = new Map<string, Promise<{ readonly authorizationUrl: URL; readonly cookie: string }>>()

/** OpenRouter's page, where the address that the command shows leads a browser, and the cookies that the browser got. */
export const openPage = (url: URL) => {
  if (url.pathname === "/auth") return Promise.resolve({ authorizationUrl: url, cookie: "" })
  const page = opened.get(url.href) ?? Effect.runPromise(enter(url))
  opened.set(url.href, page)
  // The next test may get the same port.
  onTestFinished(() => void opened.delete(url.href))
  return page
}

/** What the consent page does when its form is sent: where it leads, or the page that it shows. */
export const decide = async (url: URL, decision: "authorize" | "deny") => {
  const { authorizationUrl } = await openPage(url)
  const body = new URLSearchParams(authorizationUrl.search)
  body.set("decision", decision)
  body.set("token", /name="token" value="([^"]*)"/.exec(await (await fetch(authorizationUrl)).text())?.[1] ?? "")
  const response = await fetch(new URL("/auth", authorizationUrl), { method: "POST", body, redirect: "manual" })
  return { location: response.headers.get("location"), page: await response.text() }
}

/** The whole way of a browser: consents and follows where that leads. */
export const browse = async (url: URL, decision: "authorize" | "deny"): Promise<string> => {
  const { location } = await decide(url, decision)
  if (location === null) return ""
  const { cookie } = await openPage(url)
  return (await Effect.runPromise(request(location, { headers: { cookie } }))).body
}

/** The code that a headless page shows. */
export const copyCode = async (url: URL): Promise<string> =>
  /<code>([^<]+)<\/code>/.exec((await decide(url, "authorize")).page)?.[1] ?? ""
