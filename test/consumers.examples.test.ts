/** The examples of programs that take a key from `PromiseApiKey`, run against the sandbox. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it, onTestFinished } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "effect-openrouter-oauth/node/CredentialStore"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"

const root = fileURLToPath(new URL("..", import.meta.url))
const tsx = join(root, "node_modules", ".bin", "tsx")

/** Runs an example in a home where the sandbox's key is stored. */
const run = async (example: string): Promise<string> => {
  const home = mkdtempSync(join(tmpdir(), "consumers-"))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const runtime = ManagedRuntime.make(Layer.fresh(layerServer()))
  onTestFinished(() => runtime.dispose())
  const baseUrl = await runtime.runPromise(
    Effect.gen(function* () {
      const { baseUrl } = yield* SandboxServer
      const { keys } = yield* Sandbox
      const store = yield* CredentialStore.CredentialStore
      yield* store.set({ baseUrl }, { key: Redacted.make(Redacted.value(keys.apiKey)), userId: null })
      return baseUrl
    }).pipe(Effect.provide(CredentialStore.layer({ folder: join(home, "openrouter-oauth") })))
  )
  const { stdout } = await promisify(execFile)(tsx, [join(root, "examples", "consumers", example)], {
    cwd: root,
    env: { PATH: process.env.PATH, XDG_CONFIG_HOME: home, OPENROUTER_BASE_URL: baseUrl }
  })
  return stdout
}

describe("examples/consumers", () => {
  it("fetch.ts reads the key's own page with the stored key", async () => {
    assert.strictEqual(await run("fetch.ts"), "GET /key answered 200 with the key from: store.\n")
  })

  it("openrouter-sdk.ts creates a code with the stored key", async () => {
    assert.match(
      await run("openrouter-sdk.ts"),
      /^createAuthCode gave the code of app \d+ with the key from: store\.\n$/
    )
  })
})
