/** The examples run as a reader would run them: as programs of their own, against a sandbox on a real socket. */
import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"

const root = fileURLToPath(new URL("..", import.meta.url))
const tsx = createRequire(import.meta.url).resolve("tsx/cli")

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What a program prints; only the named variables and PATH are in its environment. */
const run = (args: ReadonlyArray<string>, env: Record<string, string> = {}): Effect.Effect<Ended> =>
  Effect.async((resume) => {
    const child = spawn(process.execPath, args, { cwd: root, env: { PATH: process.env.PATH ?? "", ...env } })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
    })
    child.once("close", (status) => resume(Effect.succeed({ status, stdout, stderr })))
    return Effect.sync(() => child.kill())
  })

const example = (name: string, env: Record<string, string>) => run([tsx, `examples/${name}`], env)

const onSandbox = Effect.gen(function* () {
  const { baseUrl } = yield* SandboxServer
  const sandbox = yield* Sandbox
  return { sandbox, env: { OPENROUTER_BASE_URL: baseUrl, OPENROUTER_API_KEY: Redacted.value(sandbox.keys.apiKey) } }
})

const secretsOf = (sandbox: Sandbox["Type"]) =>
  Effect.map(sandbox.keys.all, (keys) => keys.map(({ key }) => Redacted.value(key)))

describe("effect-program.ts", () => {
  it.live("gets a key and looks at it, printing no secret", () =>
    Effect.gen(function* () {
      const { env, sandbox } = yield* onSandbox
      const { status, stderr, stdout } = yield* example("effect-program.ts", env)
      assert.strictEqual(stderr, "")
      assert.strictEqual(status, 0)
      assert.match(stdout, /^OpenRouter created a code at \d{4}-\d\d-\d\dT.*Z\.\n/)
      assert.include(stdout, "The code gave a key: <redacted>.\n")
      assert.include(stdout, 'It is called "Effect example" and may still spend 5 US dollars.\n')
      const secrets = yield* secretsOf(sandbox)
      assert.lengthOf(secrets, 2)
      for (const secret of secrets) assert.notInclude(stdout, secret)
    }).pipe(Effect.provide(layerServer()))
  )

  it.live("says what to do about an unknown API key, a refused code and a bad setting", () =>
    Effect.gen(function* () {
      const { env, sandbox } = yield* onSandbox
      const unknown = yield* example("effect-program.ts", { ...env, OPENROUTER_API_KEY: "sk-or-v1-unknown" })
      assert.include(unknown.stderr, "OpenRouter does not know this API key")
      yield* sandbox.faults.add({
        operation: "exchangeAuthCodeForAPIKey",
        status: 403,
        message: "Authorization code expired"
      })
      const expired = yield* example("effect-program.ts", env)
      assert.strictEqual(expired.stderr, "The code was refused (CodeExpired).\n")
      const insecure = yield* example("effect-program.ts", { ...env, OPENROUTER_BASE_URL: "http://openrouter.example" })
      assert.match(insecure.stderr, /^InvalidRequest: .*baseUrl/)
    }).pipe(Effect.provide(layerServer()))
  )
})

describe("plain-async.ts", () => {
  it.live("gets a key, and the same code gives no second one", () =>
    Effect.gen(function* () {
      const { env } = yield* onSandbox
      const { status, stderr, stdout } = yield* example("plain-async.ts", env)
      assert.strictEqual(stderr, "")
      assert.strictEqual(status, 0)
      assert.match(stdout, /^The code gave a key called ".+"\.\nThe same code again: InvalidGrant\.\n$/)
    }).pipe(Effect.provide(layerServer()))
  )

  it.live("catches the tagged errors themselves", () =>
    Effect.gen(function* () {
      const { env } = yield* onSandbox
      const unknown = yield* example("plain-async.ts", { ...env, OPENROUTER_API_KEY: "sk-or-v1-unknown" })
      assert.include(unknown.stderr, "OpenRouter does not know this API key")
      const missing = yield* example("plain-async.ts", { OPENROUTER_BASE_URL: env.OPENROUTER_BASE_URL })
      assert.match(missing.stderr, /^Nothing was sent: apiKey is missing/)
    }).pipe(Effect.provide(layerServer()))
  )
})
