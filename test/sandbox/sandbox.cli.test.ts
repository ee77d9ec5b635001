/** The built command, as people run it. */

import { type ChildProcessByStdio, spawn } from "node:child_process"
import { existsSync, readFileSync, statSync } from "node:fs"
import { isBuiltin } from "node:module"
import { createServer } from "node:net"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { cast } from "../util/cast.js"
import { callbackUrl, caller, codeChallenge, codeVerifier } from "./support.js"

const root = fileURLToPath(new URL("../..", import.meta.url))
const bin = `${root}dist/cli/bin.js`

type Child = ChildProcessByStdio<null, Readable, Readable>

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const start = (...args: ReadonlyArray<string>): { readonly child: Child; readonly ended: Promise<Ended> } => {
  const child = spawn(bin, args, { stdio: ["ignore", "pipe", "pipe"] })
  let stdout = ""
  let stderr = ""
  child.stdout.on("data", (chunk) => {
    stdout += chunk
  })
  child.stderr.on("data", (chunk) => {
    stderr += chunk
  })
  return { child, ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr }))) }
}

const firstLine = (child: Child) =>
  new Promise<string>((resolve) => createInterface(child.stdout).once("line", (line) => resolve(line)))

const startJson = async (...args: ReadonlyArray<string>) => {
  const started = start("sandbox", "--port", "0", "--json", ...args)
  const line = await firstLine(started.child)
  const { apiKey, url } = cast<{ readonly url: string; readonly apiKey: string }>(JSON.parse(line))
  return { ...started, line, url, apiKey, ...caller(fetch, url, apiKey) }
}

beforeAll(() => assert.isTrue(existsSync(bin), "the command is not built: npm run build"))

describe("openrouter-oauth sandbox", () => {
  it("serves until Ctrl-C, logs every request, shows no secret", async () => {
    const { apiKey, child, create, ended, exchange, key, line, send, url } = await startJson()
    assert.strictEqual(line, JSON.stringify({ url, apiKey }))
    assert.match(line, /^\{"url":"http:\/\/127\.0\.0\.1:\d+","apiKey":"sk-or-v1-[\w-]+"\}$/)
    const { data } = (
      await create({ callback_url: callbackUrl, code_challenge: codeChallenge, code_challenge_method: "S256" })
    ).json
    const issued = (await exchange({ code: data.id, code_verifier: codeVerifier })).json
    assert.strictEqual((await key(issued.key)).status, 200)
    await send(`/auth?callback_url=https://a.example/&state=SECRETSTATE`)
    await send(`/${issued.key}?code=${data.id}`)
    child.kill("SIGINT")
    const { code, stderr, stdout } = await ended
    assert.strictEqual(code, 130)
    assert.strictEqual(stdout, `${line}\n`)
    assert.deepStrictEqual(
      stderr
        .trimEnd()
        .split("\n")
        .map((logged) => logged.replace(/^\d\d:\d\d:\d\d\.\d{3} /, "")),
      [
        "POST /api/v1/auth/keys/code 200 createAuthCode",
        "POST /api/v1/auth/keys 200 exchangeAuthCodeForAPIKey",
        "GET /api/v1/key 200 getCurrentKey",
        "GET /auth 200",
        "GET /[redacted] 404"
      ]
    )
    for (const secret of [data.id, issued.key, codeVerifier, apiKey, "SECRETSTATE"]) assert.notInclude(stderr, secret)
  })

  it("stops on SIGTERM, with a request under way that would wait forever", async () => {
    const { child, ended, key } = await startJson("--fault", "key:200,delay=forever")
    const logged = new Promise((resolve) => child.stderr.once("data", resolve))
    const waiting = key().catch(() => "closed")
    await logged
    child.kill("SIGTERM")
    assert.strictEqual((await ended).code, 143)
    assert.strictEqual(await waiting, "closed")
  })

  it("prints what to set, for people", async () => {
    const { child, ended } = start("sandbox", "--port", "0", "--profile", "observed")
    await new Promise((resolve) => child.stdout.once("data", resolve))
    child.kill("SIGINT")
    const { stdout } = await ended
    assert.include(stdout, "(observed)")
    assert.match(stdout, /^ {2}export OPENROUTER_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/api\/v1$/m)
    assert.match(stdout, /^ {2}export OPENROUTER_API_KEY=sk-or-v1-\w+$/m)
    assert.match(stdout, /^ {2}\$env:OPENROUTER_API_KEY = "sk-or-v1-\w+"$/m)
    assert.match(stdout, /^ {2}set OPENROUTER_API_KEY=sk-or-v1-\w+$/m)
  })

  it("takes the profile, the host and faults", async () => {
    const { child, create, ended, exchange, key } = await startJson(
      ...["--profile", "observed", "--host", "127.0.0.1"],
      ...["--fault", "create:503,times=2,body=html,retry-after=2 seconds", "--fault", "key:reset"]
    )
    for (const status of [503, 503, 200]) assert.strictEqual((await create()).status, status)
    assert.strictEqual((await exchange({ code: "x" })).json.error.message, "Invalid code")
    assert.strictEqual(await key().catch((error) => error.cause.code), "ECONNRESET")
    assert.strictEqual((await key()).status, 200)
    child.kill("SIGINT")
    const { stderr } = await ended
    assert.include(stderr, "getCurrentKey reset")
  })

  it("a taken port is one line on stderr and exit 3", async () => {
    const server = createServer()
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resolve(typeof address === "object" && address !== null ? address.port : 0)
      })
    )
    try {
      assert.deepStrictEqual(await start("sandbox", "--port", String(port)).ended, {
        code: 3,
        stdout: "",
        stderr: `Port ${port} on 127.0.0.1 is taken by another program. Choose another port, or 0 for any free one.\n`
      })
    } finally {
      server.close()
    }
  })

  it.each([
    { args: ["sandbox", "--port", "99999"] },
    { args: ["sandbox", "--port", "x"] },
    { args: ["sandbox", "--nonsense"] },
    { args: ["sandbox", "--profile", "other"] },
    { args: ["sandbox", "--fault", "exchange:nonsense"] },
    { args: ["nonsense"] }
  ])("$args is a usage error: exit 2, with nothing on stdout", async ({ args }) => {
    const { code, stderr, stdout } = await start(...args).ended
    assert.deepStrictEqual([code, stdout], [2, ""])
    assert.notStrictEqual(stderr.trim(), "")
    assert.notInclude(stderr, "    at ")
  })

  it("is one executable file that knows its version", async () => {
    const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8"))
    assert.strictEqual((await start("--version").ended).stdout.trim(), version)
    assert.strictEqual(statSync(bin).mode & 0o111, 0o111)
    const imports = Array.from(
      readFileSync(bin, "utf8").matchAll(/^import[^"']*from\s*"([^"]+)"|;import[^"';]*from"([^"]+)"/gm)
    )
    assert.deepStrictEqual(
      imports.map(([, first, second]) => first ?? second ?? "").filter((name) => !isBuiltin(name)),
      []
    )
  })
})
