/** The recipes of docs/apps.md: they compile with the real types, and run against the sandbox with stand-ins for what is no Node. */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { assert, beforeAll, describe, it, onTestFinished } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { ClientOptions } from "effect-openrouter-oauth/PromiseClient"
import { build } from "esbuild"
import { vi } from "vitest"
import { startSandbox } from "../cli/support.js"
import { request } from "../util/loopback.js"
import type * as Electron from "./electron.js"
import type * as Expo from "./expo.js"
import type * as Tauri from "./tauri.js"
import type * as Vscode from "./vscode.js"

// The recipes by their shape: their own types need packages that are not installed here.
interface VscodeRecipe {
  readonly activate: (context: typeof Vscode.context) => void
  readonly secretName: string
}
interface ElectronRecipe {
  readonly receiveLinks: () => void
  readonly signInWithOpenRouter: () => Promise<string>
}
interface TauriRecipe {
  readonly signInWithOpenRouter: (signal: AbortSignal, client: ClientOptions) => Promise<string>
}
interface ExpoRecipe {
  readonly signInWithOpenRouter: (client: ClientOptions) => Promise<string | undefined>
}

const root = fileURLToPath(new URL("../..", import.meta.url))
const apps = join(root, "examples", "apps")
const key = /^sk-or-v1-[0-9a-f]{64}$/

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "recipes-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A recipe in one bundle with what stands in for its platform. */
const load = async <Recipe, StandIn>(
  name: string,
  modules: ReadonlyArray<string>
): Promise<{ readonly recipe: Recipe; readonly standIn: StandIn }> => {
  const outfile = join(makeFolder(), "recipe.mjs")
  const standIn = join(root, "test", "apps", `${name}.ts`)
  await build({
    stdin: {
      contents: `export * as recipe from "./examples/apps/${name}.ts"; export * as standIn from "${standIn}"`,
      resolveDir: root
    },
    alias: {
      ...Object.fromEntries(modules.map((module) => [module, standIn])),
      "effect-openrouter-oauth": join(root, "src")
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    tsconfigRaw: {}
  })
  return import(pathToFileURL(outfile).href)
}

/** Where OpenRouter's page sends the browser of a user who consents. */
const consent = async (authorizationUrl: string): Promise<string> =>
  (await Effect.runPromise(request(authorizationUrl))).headers.location ?? ""

const onSandbox = async () => {
  const { baseUrl } = await startSandbox({ approve: true })
  vi.stubEnv("OPENROUTER_BASE_URL", baseUrl)
  onTestFinished(() => void vi.unstubAllEnvs())
  return { baseUrl }
}

const strangers = "?code=forged&state=forged&attempt=forged"

describe("examples/apps", () => {
  beforeAll(() => promisify(execFile)("npm", ["ci", "--ignore-scripts", "--prefer-offline"], { cwd: apps }), 120_000)

  it("compiles with the types of VS Code, Electron, Tauri, Chrome and Expo", async () => {
    await promisify(execFile)(join(root, "node_modules", ".bin", "tsc"), ["-p", apps])
  })

  it("vscode.ts takes the callback by its URI handler, and stores the key", async () => {
    await onSandbox()
    const { recipe, standIn } = await load<VscodeRecipe, typeof Vscode>("vscode", ["vscode"])
    recipe.activate(standIn.context)
    standIn.opened.browse = async (url) => {
      standIn.deliver(`vscode://me.my-extension/callback${strangers}`)
      const callback = new URL(await consent(url))
      assert.strictEqual(callback.hostname, "vscode.example")
      standIn.deliver(`vscode://me.my-extension/callback${callback.search}`)
    }
    await standIn.run("my-extension.signIn")
    assert.match(standIn.stored.get(recipe.secretName) ?? "", key)
  })

  it.each([
    { from: "open-url", args: (url: string) => [{ preventDefault: () => {} }, url] },
    { from: "second-instance", args: (url: string) => [{}, ["my-app", "--flag", url]] }
  ])("electron.ts takes the callback of $from, and stores the key encrypted", async ({ args, from }) => {
    await onSandbox()
    const { recipe, standIn } = await load<ElectronRecipe, typeof Electron>("electron", ["electron"])
    standIn.folder.path = makeFolder()
    recipe.receiveLinks()
    standIn.opened.browse = async (url) => {
      standIn.app.emit(from, ...args(`com.example.my-app:/callback${strangers}`))
      standIn.app.emit(from, ...args(await consent(url)))
    }
    const given = await recipe.signInWithOpenRouter()
    assert.match(given, key)
    assert.notInclude(readFileSync(join(standIn.folder.path, "openrouter-key"), "utf8"), given)
  })

  it("tauri.ts takes the callback of the plugin deep-link", async () => {
    const { baseUrl } = await onSandbox()
    const { recipe, standIn } = await load<TauriRecipe, typeof Tauri>("tauri", [
      "@tauri-apps/plugin-deep-link",
      "@tauri-apps/plugin-opener"
    ])
    standIn.opened.browse = async (url) => {
      standIn.deliver(`com.example.my-app:/callback${strangers}`)
      standIn.deliver(await consent(url))
    }
    assert.match(await recipe.signInWithOpenRouter(new AbortController().signal, { baseUrl }), key)
  })

  it("tauri.ts stops where it is told to", async () => {
    const { baseUrl } = await onSandbox()
    const { recipe, standIn } = await load<TauriRecipe, typeof Tauri>("tauri", [
      "@tauri-apps/plugin-deep-link",
      "@tauri-apps/plugin-opener"
    ])
    const controller = new AbortController()
    standIn.opened.browse = () => controller.abort("closed")
    const reason = await recipe.signInWithOpenRouter(controller.signal, { baseUrl }).catch((error) => error)
    assert.strictEqual(reason, "closed")
  })

  it("expo.ts takes the callback of the browser, and stores the key", async () => {
    const { baseUrl } = await onSandbox()
    const { recipe, standIn } = await load<ExpoRecipe, typeof Expo>("expo", ["expo-web-browser", "expo-secure-store"])
    assert.isUndefined(await recipe.signInWithOpenRouter({ baseUrl }))
    standIn.opened.browse = async (url) => ({ type: "success", url: await consent(url) })
    assert.match((await recipe.signInWithOpenRouter({ baseUrl })) ?? "", key)
    assert.match(standIn.stored.get("openrouter-key") ?? "", key)
  })
})
