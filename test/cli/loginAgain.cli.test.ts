/** A login where a key is stored already, profiles, keys from elsewhere, and what programs and people are told meanwhile. */

import { createServer } from "node:http"
import { assert, describe, it, onTestFinished } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import { portOf } from "../util/server.js"
import { browse, copyCode, makeHome, run, savedFiles, start, startSandbox } from "./support.js"

/** A home with a key in it, and a way to sign in once more. */
const signedIn = async () => {
  const sandbox = await startSandbox()
  const home = makeHome()
  const login = async (...flags: ReadonlyArray<string>) => {
    const { child, ended, url } = start(home, ["login", ...flags], sandbox.env)
    await browse(await url, "authorize")
    child.stdin.end()
    return ended
  }
  assert.strictEqual((await login()).code, 0)
  const key = async (...flags: ReadonlyArray<string>) => (await run(home, ["key", ...flags], sandbox.env)).stdout.trim()
  return { home, sandbox, login, key }
}

describe("login where a key is stored", () => {
  it("says as whom, and wants --force where nobody can answer", async () => {
    const { home, sandbox } = await signedIn()
    const { code, stderr, stdout } = await run(home, ["login"], sandbox.env)
    assert.deepStrictEqual([code, stdout], [2, ""])
    assert.strictEqual(
      stderr,
      `You are signed in to ${sandbox.baseUrl} already as user_sandbox; the key is in ${savedFiles(home)[0]}. ` +
        "Add --force to sign in again, or --profile with another name to keep both keys.\n"
    )
  })

  it("--force replaces it, and says what becomes of the old key", async () => {
    const { key, login } = await signedIn()
    const before = await key()
    const { code, stderr } = await login("--force")
    assert.strictEqual(code, 0, stderr)
    assert.match(stderr, /^It replaces another key\. The key was made by a server on this machine, such as a sandbox/m)
    assert.notStrictEqual(await key(), before)
    assert.notInclude(stderr, before)
  })

  it("--profile keeps both", async () => {
    const { home, key, login, sandbox } = await signedIn()
    const { code, stderr } = await login("--profile", "work")
    assert.strictEqual(code, 0, stderr)
    assert.include(stderr, "print it with: openrouter-oauth key --profile work")
    assert.notStrictEqual(await key("--profile", "work"), await key())
    assert.strictEqual((await run(home, ["logout", "--profile", "work"], sandbox.env)).code, 0)
    const gone = await run(home, ["whoami", "--profile", "work"], sandbox.env)
    assert.deepStrictEqual(
      [gone.code, gone.stderr],
      [1, `You are not signed in to ${sandbox.baseUrl}. Sign in with: openrouter-oauth login --profile work\n`]
    )
    assert.notStrictEqual(await key(), "")
  })

  it("OPENROUTER_API_KEY is said to win over it", async () => {
    const { home, sandbox } = await signedIn()
    const { child, ended, url } = start(home, ["login", "--force"], {
      ...sandbox.env,
      OPENROUTER_API_KEY: "sk-or-v1-fake"
    })
    await browse(await url, "authorize")
    child.stdin.end()
    assert.include((await ended).stderr, "OPENROUTER_API_KEY is set, and wins over the key that is saved.")
  })
})

describe("login --profile", () => {
  it.each(["a/b", "", "..", "x".repeat(65)])("%o is no profile", async (profile) => {
    const { code, stderr } = await run(makeHome(), ["login", `--profile=${profile}`])
    assert.strictEqual(code, 2)
    assert.match(stderr, /--profile/)
  })
})

describe("login --with-key", () => {
  it("stores a key that the server knows, with its label", async () => {
    const { env, keys } = await startSandbox()
    const home = makeHome()
    const given = Redacted.value(keys.apiKey)
    const { code, stderr, stdout } = await run(home, ["login", "--with-key"], env, `${given}\n`)
    assert.deepStrictEqual([code, stdout], [0, ""], stderr)
    assert.notInclude(stderr, given)
    assert.strictEqual((await run(home, ["key"], env)).stdout, `${given}\n`)
  })

  it("stores none that the server does not accept", async () => {
    const { baseUrl, env } = await startSandbox()
    const home = makeHome()
    const { code, stderr } = await run(home, ["login", "--with-key"], env, "sk-or-v1-unknown\n")
    assert.deepStrictEqual([code, stderr], [1, `${baseUrl} does not accept this key. Nothing was stored.\n`])
    assert.throws(() => savedFiles(home))
  })

  it("says what is missing where standard input is empty", async () => {
    const { code, stderr } = await run(makeHome(), ["login", "--with-key"])
    assert.deepStrictEqual(
      [code, stderr],
      [2, "There is no key on standard input. Pipe it into the command: openrouter-oauth login --with-key < key.txt\n"]
    )
  })
})

describe("login --events", () => {
  it("prints a line of JSON for each event, and nothing else on standard output", async () => {
    const { env } = await startSandbox()
    const home = makeHome()
    const { child, ended, saw, url } = start(home, ["login", "--headless", "--events"], env)
    child.stdin.write("not a code\n")
    await saw(/Paste the code that the page shows/)
    child.stdin.end(`${await copyCode(await url)}\n`)
    const { code, stderr, stdout } = await ended
    assert.strictEqual(code, 0, stderr)
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
    assert.deepStrictEqual(
      events.map(({ event }) => event),
      ["waiting", "refused", "exchanging", "signed-in"]
    )
    assert.deepStrictEqual(Object.keys(events[0]), ["event", "url", "mode"])
    assert.deepStrictEqual([events[0].url, events[0].mode], [(await url).href, "headless"])
    assert.deepStrictEqual(Object.keys(events[1]), ["event", "message"])
    assert.deepStrictEqual(Object.keys(events[3]), ["event", "key", "userId", "savedTo"])
    assert.deepStrictEqual([events[3].userId, events[3].savedTo], ["user_sandbox", savedFiles(home)[0]])
  })
})

/** A server that takes requests and answers none. */
const silent = () =>
  new Promise<{ readonly OPENROUTER_BASE_URL: string }>((resolve) => {
    const server = createServer(() => {})
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    server.listen(0, "127.0.0.1", () => resolve({ OPENROUTER_BASE_URL: `http://127.0.0.1:${portOf(server)}/api/v1` }))
  })

describe("what is waited for", () => {
  it.each([
    [["whoami"], /^Asking http:\/\/127\.0\.0\.1:\d+\/api\/v1 about the key…/],
    [["create-code", "--callback", "http://localhost:3000/callback"], /^Asking for a code…/],
    [["exchange", "--code", "abc"], /^Exchanging the code for a key…/]
  ])("%j says it while the server is silent", async (args, words) => {
    const { child, saw } = start(makeHome(), args, {
      ...(await silent()),
      OPENROUTER_API_KEY: "sk-or-v1-fake",
      OPENROUTER_CODE_VERIFIER: "a".repeat(43)
    })
    await saw(words)
    child.kill("SIGINT")
  })

  it("token-exchange says that it waits for a subject token where a pipe stays open", async () => {
    const { child, saw } = start(makeHome(), ["token-exchange", "--policy", "p"], await silent())
    await saw(/^Waiting for the subject token, a line of standard input…/)
    child.kill("SIGINT")
  })

  it("exchange says that it waits for a verifier where a pipe stays open", async () => {
    const { child, ended, saw } = start(makeHome(), ["exchange", "--code", "abc"], await silent())
    await saw(/^Waiting for the verifier, a line of standard input/)
    child.kill("SIGINT")
    assert.strictEqual((await ended).code, 130)
  })

  it("Ctrl-C while a code is exchanged says that it may be used up", async () => {
    const { child, ended, saw } = start(makeHome(), ["exchange", "--code", "abc"], {
      ...(await silent()),
      OPENROUTER_CODE_VERIFIER: "a".repeat(43)
    })
    await saw(/^Exchanging/)
    child.kill("SIGINT")
    const { code, stderr } = await ended
    assert.strictEqual(code, 130)
    assert.match(stderr, /the code was exchanged: it may be used up/)
  })

  it("Ctrl-C while a login exchanges its code says so, too", async () => {
    const { env } = await startSandbox({ faults: [{ operation: "exchangeAuthCodeForAPIKey", delay: "1 minute" }] })
    const { child, ended, saw, url } = start(makeHome(), ["login", "--headless"], env)
    child.stdin.end(`${await copyCode(await url)}\n`)
    await saw(/^Exchanging the code for a key…$/)
    child.kill("SIGINT")
    const { code, stderr } = await ended
    assert.strictEqual(code, 130)
    assert.match(stderr, /Stopped while the code was exchanged: it may be used up, and your account may have a new key/)
  })
})
