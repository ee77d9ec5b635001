import * as Fs from "node:fs/promises"
import { createServer } from "node:http"
import * as Os from "node:os"
import * as Path from "node:path"
import { inspect } from "node:util"
import { afterEach, assert, beforeEach, describe, it, onTestFinished, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { CredentialStore, layer as layerFiles } from "effect-openrouter-oauth/node/CredentialStore"
import { createApiKey, KeyNotSaved, type Options } from "effect-openrouter-oauth/node/PromiseApiKey"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import { cast } from "../util/cast.js"
import { browse } from "../util/loopback.js"
import { portOf } from "../util/server.js"

let home = ""

beforeEach(async () => {
  home = await Fs.mkdtemp(Path.join(Os.tmpdir(), "api-key-"))
  vi.stubEnv("XDG_CONFIG_HOME", home)
  vi.stubEnv("OPENROUTER_API_KEY", undefined)
  vi.stubEnv("OPENROUTER_BASE_URL", undefined)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await Fs.rm(home, { recursive: true, force: true })
})

const startSandbox = async () => {
  const runtime = ManagedRuntime.make(Layer.fresh(layerServer({ approve: true })))
  onTestFinished(() => runtime.dispose())
  return runtime.runPromise(SandboxServer)
}

/** The browser of somebody who consents. */
const consents = () => {
  const opened: Array<string> = []
  const open = (url: string) => {
    opened.push(url)
    Effect.runFork(browse(new URL(url)))
  }
  return { opened, open }
}

const make = (options: Options) => {
  const keys = createApiKey(options)
  onTestFinished(() => keys.dispose())
  return keys
}

const quiet = { onWaiting: () => {} }

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail("did not reject"),
    (error) => error
  )

const store = <A, E>(use: (store: typeof CredentialStore.Service) => Effect.Effect<A, E>) =>
  Effect.runPromise(
    Effect.flatMap(CredentialStore, use).pipe(
      Effect.provide(layerFiles({ folder: Path.join(home, "openrouter-oauth") }))
    )
  )

describe("createApiKey", () => {
  it("takes the environment first, and says so", async () => {
    vi.stubEnv("OPENROUTER_API_KEY", "sk-or-v1-fake-environment")
    const keys = make({ signIn: false })
    assert.strictEqual(await keys.get(), "sk-or-v1-fake-environment")
    assert.deepStrictEqual(await keys.resolve(), { key: "sk-or-v1-fake-environment", source: "environment" })
  })

  it("takes what is stored for the base URL and profile", async () => {
    await store((saved) =>
      Effect.all([
        saved.set({ profile: "work" }, { key: Redacted.make("sk-or-v1-fake-work"), userId: null }),
        saved.set({ baseUrl: "http://127.0.0.1:9/api/v1" }, { key: Redacted.make("sk-or-v1-fake-other"), userId: null })
      ])
    )
    assert.deepStrictEqual(await make({ profile: "work", signIn: false }).resolve(), {
      key: "sk-or-v1-fake-work",
      source: "store"
    })
    vi.stubEnv("OPENROUTER_BASE_URL", "http://127.0.0.1:9/api/v1/")
    assert.strictEqual(await make({ signIn: false }).get(), "sk-or-v1-fake-other")
  })

  it("rejects with what was tried and what to do where there is no key", async () => {
    const error = await rejection(make({ signIn: false }).get())
    assert.strictEqual(error._tag, "ApiKeyMissing")
    assert.strictEqual(
      error.message,
      "No OpenRouter API key was found (tried: environment, store). Set OPENROUTER_API_KEY. Sign in with: npx effect-openrouter-oauth login"
    )
  })

  it.each(["get", "resolve", "fetch"] as const)("an error names the function that was called: %s", async (name) => {
    const keys = make({ signIn: false })
    const called = name === "fetch" ? keys.fetch("https://openrouter.ai/api/v1/key") : keys[name]()
    assert.strictEqual((await rejection(called)).operation, name)
  })

  it("asks nobody by default where there is no terminal", async () => {
    assert.strictEqual((await rejection(make({}).get()))._tag, "ApiKeyMissing")
  })

  it("signs in once for 100 that ask at once, and stores the key", async () => {
    const { baseUrl } = await startSandbox()
    const { open, opened } = consents()
    const client = { baseUrl }
    const keys = make({ client, signIn: { open, ...quiet, keyLabel: "My tool" } })
    const all = await Promise.all(Array.from({ length: 100 }, () => keys.get()))
    assert.strictEqual(new Set(all).size, 1)
    assert.strictEqual(opened.length, 1)
    assert.deepStrictEqual(await keys.resolve(), { key: all[0], source: "sign-in" })
    assert.deepStrictEqual(await make({ client, signIn: false }).resolve(), { key: all[0], source: "store" })
    const [saved] = await store(({ list }) => list)
    assert.strictEqual(saved?.label, "My tool")
  })

  it("signs in anew after invalidate, and stores the new key", async () => {
    const { baseUrl } = await startSandbox()
    const { open, opened } = consents()
    const keys = make({ client: { baseUrl }, signIn: { open, ...quiet } })
    const first = await keys.get()
    await keys.invalidate()
    const second = await keys.get()
    assert.notStrictEqual(first, second)
    assert.strictEqual(opened.length, 2)
    assert.strictEqual(await make({ client: { baseUrl }, signIn: false }).get(), second)
  })

  it("gives a key that cannot be saved in the error, and does not print it", async () => {
    const { baseUrl } = await startSandbox()
    const { open } = consents()
    const keys = make({
      client: { baseUrl },
      signIn: {
        open: async (url) => {
          await Fs.writeFile(Path.join(home, "openrouter-oauth"), "")
          open(url)
        },
        ...quiet
      }
    })
    const error = await rejection(keys.get())
    assert.instanceOf(error, KeyNotSaved)
    assert.match(error.key, /^sk-or-/)
    for (const shown of [
      error.message,
      String(error.stack),
      JSON.stringify(error),
      inspect(error, { showHidden: true, depth: null })
    ]) {
      assert.notInclude(shown, error.key)
    }
  })

  it("refuses a profile with a slash before anybody is asked", async () => {
    const { open, opened } = consents()
    const error = await rejection(make({ profile: "a/b", signIn: { open, ...quiet } }).get())
    assert.strictEqual(error._tag, "CredentialStoreError")
    assert.match(error.message, /profile must be/)
    assert.deepStrictEqual(opened, [])
  })

  it("rejects clearly where a callback throws", async () => {
    const thrown = new Error("the callback failed")
    const { baseUrl } = await startSandbox()
    const onWaiting = () => {
      throw thrown
    }
    assert.strictEqual(
      await rejection(make({ client: { baseUrl }, signIn: { open: () => {}, onWaiting } }).get()),
      thrown
    )
  })

  it("rejects with the sign-in's own error where the prompt fails", async () => {
    const { baseUrl } = await startSandbox()
    const prompt = () => Promise.reject(new Error("no prompt here"))
    const keys = make({ client: { baseUrl }, signIn: { open: () => {}, prompt, ...quiet } })
    assert.strictEqual((await rejection(keys.get()))._tag, "PastedEnded")
  })

  it("rejects with PortUnavailable where every port of the list is taken", async () => {
    const taken = [await startSandbox(), await startSandbox()].map(({ port }) => port)
    const { baseUrl } = await startSandbox()
    const keys = make({ client: { baseUrl }, signIn: { open: () => {}, port: taken, ...quiet } })
    const error = await rejection(keys.get())
    assert.strictEqual(error._tag, "PortUnavailable")
    assert.deepStrictEqual(error.ports, taken)
  })

  it("rejects with InvalidRequest where the path is no path", async () => {
    const { baseUrl } = await startSandbox()
    const { open, opened } = consents()
    const error = await rejection(make({ client: { baseUrl }, signIn: { open, path: "no path", ...quiet } }).get())
    assert.strictEqual(error._tag, "InvalidRequest")
    assert.deepStrictEqual(opened, [])
  })

  it("dispose ends a sign-in that waits, and refuses later calls", async () => {
    const { baseUrl } = await startSandbox()
    const keys = createApiKey({
      client: { baseUrl },
      signIn: { open: () => {}, onWaiting: () => void keys.dispose() }
    })
    assert.strictEqual((await rejection(keys.get())).name, "AbortError")
    assert.strictEqual((await rejection(keys.get())).name, "AbortError")
  })
})

describe("workload", () => {
  /** A sandbox, and what signs subject tokens of the issuer that its policy trusts. */
  const federated = async () => {
    const runtime = ManagedRuntime.make(Layer.fresh(layerServer()))
    onTestFinished(() => runtime.dispose())
    const { sandbox, server } = await runtime.runPromise(Effect.all({ sandbox: Sandbox, server: SandboxServer }))
    const issue = async () => Redacted.value(await runtime.runPromise(sandbox.subjectTokens.issue()))
    return { baseUrl: server.baseUrl, issue, count: () => Effect.runSync(sandbox.requests.count("createOauthToken")) }
  }

  const chat = { method: "POST", body: JSON.stringify({ messages: [{ role: "user", content: "Hello" }] }) }

  it("exchanges the token of a file, and chats with what it gets", async () => {
    const { baseUrl, count, issue } = await federated()
    const file = Path.join(home, "token")
    await Fs.writeFile(file, `${await issue()}\n`)
    const workload = { federationPolicyId: "policy_sandbox", subjectToken: { file } }
    const keys = make({ client: { baseUrl }, workload, signIn: false })
    assert.strictEqual((await keys.fetch(`${baseUrl}/chat/completions`, chat)).status, 200)
    assert.strictEqual((await keys.resolve()).source, "workload")
    await Promise.all(Array.from({ length: 100 }, () => keys.get()))
    assert.strictEqual(count(), 1)
  })

  it("exchanges what a function gives, anew after invalidate", async () => {
    const { baseUrl, count, issue } = await federated()
    const workload = { federationPolicyId: "policy_sandbox", subjectToken: issue }
    const keys = make({ client: { baseUrl }, workload, signIn: false })
    const first = await keys.get()
    await keys.invalidate()
    assert.notStrictEqual(await keys.get(), first)
    assert.strictEqual(count(), 2)
  })

  it("exchanges the token of a GitHub Actions job", async () => {
    const { baseUrl, issue } = await federated()
    const gitHub = createServer(async (_, response) => response.end(JSON.stringify({ value: await issue() })))
    await new Promise<void>((resolve) => gitHub.listen(0, "127.0.0.1", resolve))
    onTestFinished(() => {
      gitHub.closeAllConnections()
      gitHub.close()
    })
    vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_URL", `http://127.0.0.1:${portOf(gitHub)}/`)
    vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token")
    const subjectToken = { gitHubActions: { audience: "https://openrouter.ai" } }
    const workload = { federationPolicyId: "policy_sandbox", subjectToken }
    const keys = make({ client: { baseUrl }, workload, signIn: false })
    assert.strictEqual((await keys.fetch(`${baseUrl}/chat/completions`, chat)).status, 200)
  })

  it("goes on with the environment where it is no such workload", async () => {
    vi.stubEnv("OPENROUTER_API_KEY", "sk-or-v1-fake-environment")
    const workload = { federationPolicyId: "policy", subjectToken: { file: Path.join(home, "none") } }
    assert.strictEqual((await make({ workload, signIn: false }).resolve()).source, "environment")
  })

  it("rejects with the error of the exchange, without the subject token", async () => {
    const { baseUrl, issue } = await federated()
    const subjectToken = await issue()
    const workload = { federationPolicyId: "policy_of_another", subjectToken: () => subjectToken }
    const error = await rejection(make({ client: { baseUrl }, workload, signIn: false }).get())
    assert.strictEqual(error._tag, "BadRequest")
    assert.strictEqual(error.operation, "createOauthToken")
    assert.notInclude(inspect(error, { depth: null, showHidden: true }), subjectToken)
  })

  it("rejects with what the function rejected with", async () => {
    const thrown = new Error("no token today")
    const workload = { federationPolicyId: "policy", subjectToken: () => Promise.reject(thrown) }
    assert.strictEqual(await rejection(make({ workload, signIn: false }).get()), thrown)
  })

  it("rejects with InvalidRequest where the base URL cannot be right", async () => {
    const workload = { federationPolicyId: "policy", subjectToken: () => "a.b.c" }
    const error = await rejection(make({ client: { baseUrl: "ftp://x" }, workload, signIn: false }).get())
    assert.strictEqual(error._tag, "InvalidRequest")
  })
})

describe("fetch", () => {
  const listen = async (answer: (authorization: string | undefined) => number | string) => {
    const seen: Array<string | undefined> = []
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization)
      const given = answer(request.headers.authorization)
      if (typeof given === "number") response.writeHead(given).end()
      else response.writeHead(307, { location: given }).end()
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return { seen, url: `http://127.0.0.1:${portOf(server)}` }
  }

  const withKey = (baseUrl: string) => {
    vi.stubEnv("OPENROUTER_API_KEY", "sk-or-v1-fake")
    return make({ client: { baseUrl }, signIn: false })
  }

  it("adds the bearer on the base URL's origin, in place of another one", async () => {
    const { seen, url } = await listen(() => 200)
    const keys = withKey(`${url}/api/v1`)
    await keys.fetch(`${url}/api/v1/key`)
    await keys.fetch(new Request(url, { headers: { authorization: "Bearer theirs" } }))
    assert.deepStrictEqual(seen, ["Bearer sk-or-v1-fake", "Bearer sk-or-v1-fake"])
  })

  it("never gives it to another origin, by a redirect neither", async () => {
    const thief = await listen(() => 200)
    const { seen, url } = await listen(() => `${thief.url}/`)
    const keys = withKey(url)
    await keys.fetch(thief.url)
    await keys.fetch(url.replace("127.0.0.1", "localhost")).catch(() => {})
    await keys.fetch(url)
    assert.deepStrictEqual(thief.seen, [undefined, undefined, undefined])
    assert.deepStrictEqual(seen.filter(Boolean), ["Bearer sk-or-v1-fake"])
  })

  /** What is sent instead of by the network: the bearers. */
  const recording = () => {
    const bearers: Array<string | null> = []
    const fetch: typeof globalThis.fetch = async (_, init) => {
      bearers.push(new Headers(init?.headers).get("authorization"))
      return new Response()
    }
    vi.stubEnv("OPENROUTER_API_KEY", "sk-or-v1-fake")
    return { bearers, keys: make({ client: { fetch }, signIn: false }) }
  }

  it.each([
    "https://openrouter.ai.evil.example/api/v1/key",
    "https://openrouter.ai@evil.example/api/v1/key",
    "https://evil.example/https://openrouter.ai/api/v1/key",
    "https://openrouter.ai:8443/api/v1/key",
    "http://openrouter.ai/api/v1/key",
    "https://www.openrouter.ai/api/v1/key"
  ])("never gives it to %s", async (url) => {
    const { bearers, keys } = recording()
    await keys.fetch(url)
    assert.deepStrictEqual(bearers, [null])
  })

  it("gives it to OpenRouter, however its origin is spelled", async () => {
    const { bearers, keys } = recording()
    await keys.fetch("HTTPS://OpenRouter.ai:443/api/v1/key")
    assert.deepStrictEqual(bearers, ["Bearer sk-or-v1-fake"])
  })

  it("signs in anew after a 401, and sends once more", async () => {
    const sandbox = await startSandbox()
    const { open, opened } = consents()
    await store((saved) => saved.set(sandbox, { key: Redacted.make("sk-or-v1-fake-revoked"), userId: null }))
    const keys = make({ client: sandbox, signIn: { open, ...quiet } })
    assert.strictEqual(await keys.get(), "sk-or-v1-fake-revoked")
    assert.strictEqual((await keys.fetch(`${sandbox.baseUrl}/key`)).status, 200)
    assert.strictEqual(opened.length, 1)
  })

  it("does not send a stream again after a 401, but the next request has the new key", async () => {
    const sandbox = await startSandbox()
    const { open } = consents()
    await store((saved) => saved.set(sandbox, { key: Redacted.make("sk-or-v1-fake-revoked"), userId: null }))
    const keys = make({ client: sandbox, signIn: { open, ...quiet } })
    const ask = (body: BodyInit) =>
      keys.fetch(`${sandbox.baseUrl}/chat/completions`, cast<RequestInit>({ method: "POST", body, duplex: "half" }))
    const text = JSON.stringify({ messages: [{ role: "user", content: "Hello" }] })
    assert.strictEqual((await ask(new Blob([text]).stream())).status, 401)
    assert.strictEqual((await ask(text)).status, 200)
  })

  it("refuses a base URL that would send the key in the clear", async () => {
    const error = await rejection(withKey("http://openrouter.ai/api/v1").fetch("http://openrouter.ai/"))
    assert.strictEqual(error._tag, "InvalidRequest")
  })
})
