/** The examples of programs that take a key from `PromiseApiKey` or `ApiKey`, run against the sandbox. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, beforeAll, describe, it, onTestFinished } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "effect-openrouter-oauth/node/CredentialStore"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import { browse } from "./util/loopback.js"

const root = fileURLToPath(new URL("..", import.meta.url))
const consumers = join(root, "examples", "consumers")
const bin = (name: string) => join(root, "node_modules", ".bin", name)
const execute = promisify(execFile)

/** A sandbox that consents by itself, and a home where nothing is stored. */
const start = async () => {
  const home = mkdtempSync(join(tmpdir(), "consumers-"))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const runtime = ManagedRuntime.make(Layer.fresh(layerServer({ approve: true })))
  onTestFinished(() => runtime.dispose())
  const { sandbox, server } = await runtime.runPromise(Effect.all({ sandbox: Sandbox, server: SandboxServer }))
  const storeKey = Effect.gen(function* () {
    const store = yield* CredentialStore.CredentialStore
    yield* store.set({ baseUrl: server.baseUrl }, { key: sandbox.keys.apiKey, userId: null })
  }).pipe(Effect.provide(CredentialStore.layer({ folder: join(home, "openrouter-oauth") })))
  return {
    home,
    baseUrl: server.baseUrl,
    exchanges: () => Effect.runPromise(sandbox.requests.count("exchangeAuthCodeForAPIKey")),
    storeKey: () => Effect.runPromise(storeKey),
    subjectToken: async () => Redacted.value(await Effect.runPromise(sandbox.subjectTokens.issue()))
  }
}

/** Runs an example; a browser goes where it says, as a person's would. */
const run = async (
  example: string,
  { baseUrl, home }: Awaited<ReturnType<typeof start>>,
  env: Readonly<Record<string, string>> = {}
): Promise<string> => {
  const file = join(consumers, example)
  const running = execute(bin("tsx"), [file], {
    cwd: dirname(file),
    env: { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home, OPENROUTER_BASE_URL: baseUrl, CI: "true", ...env }
  })
  const { stderr } = running.child
  assert(stderr !== null)
  createInterface(stderr).on("line", (line) => {
    const address = /^ {2}(http\S+)$/.exec(line)?.[1]
    if (address !== undefined) Effect.runFork(browse(new URL(address)))
  })
  return (await running).stdout
}

describe("examples/consumers with a stored key", () => {
  it("fetch.ts reads the key's own page", async () => {
    const sandbox = await start()
    await sandbox.storeKey()
    assert.strictEqual(await run("fetch.ts", sandbox), "GET /key answered 200 with the key from: store.\n")
  })

  it("openrouter-sdk.ts creates a code", async () => {
    const sandbox = await start()
    await sandbox.storeKey()
    assert.match(
      await run("openrouter-sdk.ts", sandbox),
      /^createAuthCode gave the code of app \d+ with the key from: store\.\n$/
    )
  })
})

describe("examples/consumers of a workload", () => {
  it("workload.ts chats with the access token that it got for the token in a file", async () => {
    const sandbox = await start()
    const file = join(sandbox.home, "token")
    writeFileSync(file, await sandbox.subjectToken())
    const env = { FEDERATION_POLICY: "policy_sandbox", SUBJECT_TOKEN_FILE: file }
    assert.strictEqual(await run("workload.ts", sandbox, env), "The chat answered 200 with the key from: workload.\n")
  })
})

/** Examples with packages of their own: the file, what it says hello from, and in how many parts. */
const kits: ReadonlyArray<{
  readonly folder: string
  readonly examples: ReadonlyArray<readonly [file: string, name: string, parts: number]>
}> = [
  {
    folder: "ai-kits",
    examples: [
      ["ai-sdk.ts", "the AI SDK", 7],
      ["langchain.ts", "LangChain", 5],
      ["tanstack-ai.ts", "TanStack AI", 6]
    ]
  },
  { folder: "effect-ai", examples: [["main.ts", "Effect AI", 6]] }
]

describe.each(kits)("examples/consumers/$folder, installed with the packed package", ({ examples, folder }) => {
  beforeAll(
    () =>
      execute("npm", ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"], {
        cwd: join(consumers, folder)
      }),
    120_000
  )

  it("compiles", async () => {
    await execute(bin("tsc"), ["-p", join(consumers, folder)])
  })

  it.each(examples)("%s signs in once, and chats with the key, whole and streamed", async (example, name, parts) => {
    const sandbox = await start()
    const printed = await run(join(folder, example), sandbox)
    assert.strictEqual(printed, `whole: Hello from ${name}\nin ${parts} parts: Hello in parts from ${name}\n`)
    assert.strictEqual(await sandbox.exchanges(), 1)
  })
})
