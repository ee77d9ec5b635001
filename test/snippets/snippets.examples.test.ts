/**
 * The code of README.md and the guides, run as its reader has it: with the packed package, against a sandbox in OpenRouter's place and a
 * browser that follows addresses. `npm run check` type-checks all of it; what needs a page, a database or something of the reader's own
 * is not run.
 */
import { execFile, spawn } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import { transform } from "esbuild"
import { cookiesOf, request } from "../util/loopback.js"

const root = fileURLToPath(new URL("../..", import.meta.url))
const here = fileURLToPath(new URL(".", import.meta.url))

interface Snippet {
  /** `docs/keys.md:9` */
  readonly name: string
  readonly code: string
}

const pages = ["README.md", ...readdirSync(join(root, "docs")).map((file) => `docs/${file}`)].filter((file) =>
  file.endsWith(".md")
)

const snippets: ReadonlyArray<Snippet> = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), "utf8")
  return Array.from(text.matchAll(/^```[tj]s\n([\s\S]*?)^```/gm), ({ 1: code = "", index }) => ({
    name: `${page}:${text.slice(0, index).split("\n").length + 1}`,
    code
  }))
})

/** What a snippet needs that is not here. */
const needs: ReadonlyArray<readonly [what: string, pattern: RegExp]> = [
  ["something of the reader's own", /^\s*(?:export )?declare /m],
  ["a page", /\b(?:document|location|window|localStorage|addEventListener)\b|oauth\/(?:react|browser)/],
  ["a test runner", /from "(?:vitest|@effect\/vitest)"|TestClock/],
  ["a browser of its own", /from "(?:playwright-core|@playwright\/test)"/],
  ["a database", /from "(?:redis|@effect\/sql[\w/-]*)"/],
  ["a port that is free", /\.listen\(|NodeHttpServer/],
  ["a package of another example", /from "(?:vscode|electron|expo[\w-]*|@tauri-apps[\w/-]*)"/]
]

const runnable = snippets.filter(({ code }) => needs.every(([, pattern]) => !pattern.test(code)))

const folder = mkdtempSync(join(tmpdir(), "snippets-"))
const runtime = ManagedRuntime.make(Layer.fresh(layerServer({ approve: true })))
let outcomes: Readonly<Record<string, string>> = {}

/** The packed package, and beside it what this repository has installed. */
const install = async (): Promise<void> => {
  const modules = join(folder, "node_modules")
  mkdirSync(join(modules, "effect-openrouter-oauth"), { recursive: true })
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name !== "effect-openrouter-oauth" && !name.startsWith(".")) {
      symlinkSync(join(root, "node_modules", name), join(modules, name))
    }
  }
  // The build is there already.
  const pack = ["pack", "--json", "--silent", "--ignore-scripts", "--pack-destination", folder]
  const { stdout } = await promisify(execFile)("npm", pack, { cwd: root, maxBuffer: 1 << 24 })
  const [{ filename }] = JSON.parse(stdout)
  const into = join(modules, "effect-openrouter-oauth")
  await promisify(execFile)("tar", ["-xzf", join(folder, filename), "-C", into, "--strip-components=1"])
}

/** A person's browser: to the program's own page, to OpenRouter's, which is the sandbox here, and back with the cookie. */
const browse = (address: string, origin: string) =>
  Effect.gen(function* () {
    const entered = yield* request(address)
    const page = new URL(entered.headers.location ?? "")
    const consent = yield* request(`${origin}${page.pathname}${page.search}`)
    yield* request(consent.headers.location ?? "", { headers: { cookie: cookiesOf(entered) } })
  })

const runAll = async (): Promise<Readonly<Record<string, string>>> => {
  const { sandbox, server } = await runtime.runPromise(Effect.all({ sandbox: Sandbox, server: SandboxServer }))
  const child = spawn(process.execPath, ["run.mjs"], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      XDG_CONFIG_HOME: folder,
      CI: "true",
      OPENROUTER_API_KEY: Redacted.value(sandbox.keys.apiKey),
      OPENROUTER_BASE_URL: server.baseUrl,
      SANDBOX_ORIGIN: server.origin
    },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
  const found: Record<string, string> = {}
  const read = (line: string) => {
    const address = /http:\/\/127\.0\.0\.1:\d+\/$/.exec(line.replaceAll(/["\s]+$/g, ""))?.[0]
    if (address !== undefined) Effect.runFork(browse(address, server.origin))
    const [, name = "", outcome = ""] = /^snippet (\S+) (.*)$/.exec(line) ?? []
    if (name !== "") found[name] = outcome
  }
  createInterface(child.stdout).on("line", read)
  createInterface(child.stderr).on("line", read)
  await ended
  return found
}

beforeAll(async () => {
  await install()
  writeFileSync(join(folder, "package.json"), '{"type":"module"}')
  cpSync(join(here, "run.mjs"), join(folder, "run.mjs"))
  for (const [index, { code, name }] of runnable.entries()) {
    const compiled = await transform(code, { loader: "ts", format: "esm", target: "node20" })
    writeFileSync(join(folder, `snippet-${index}.mjs`), `// ${name}\n${compiled.code}`)
  }
  writeFileSync(join(folder, "names.json"), JSON.stringify(runnable.map(({ name }) => name)))
  outcomes = await runAll()
}, 120_000)

afterAll(async () => {
  await runtime.dispose()
  rmSync(folder, { recursive: true, force: true })
})

describe("the code of the documents runs", () => {
  it.each(runnable)("$name", ({ name }) => {
    assert.match(outcomes[name] ?? "was not reached", /^(?:done|needs services)$/)
  })
})
