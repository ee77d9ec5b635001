/** The commands beside `login` and `sandbox`, as people and programs run them. */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer, request as httpRequest, type Server } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import { connect } from "node:net"
import { dirname, join } from "node:path"
import { assert, describe, it, onTestFinished } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { asksForHelp, withLogLevelFirst } from "../../src/cli/args.js"
import { selfSigned } from "../util/certificate.js"
import { bin, browse, makeHome, oldStorePath, root, run, savedFiles, start, startSandbox } from "./support.js"

const signedIn = async () => {
  const sandbox = await startSandbox()
  const home = makeHome()
  const { ended, url } = start(home, ["login", "--json", "--key-label", "My tool", "--limit", "5"], sandbox.env)
  await browse(await url, "authorize")
  const { key } = JSON.parse((await ended).stdout)
  return { sandbox, home, key, env: sandbox.env, cli: (...args: ReadonlyArray<string>) => run(home, args, sandbox.env) }
}

/** Listens on loopback until the test ends, and gives the port. */
const listen = (server: Server) =>
  new Promise<number>((resolve) => {
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : 0)
    })
  })

/** A proxy, with the hosts that it was asked to connect to. */
const startProxy = async () => {
  const asked: Array<string> = []
  const proxy = createServer()
  proxy.on("connect", (request, socket, head) => {
    asked.push(request.url ?? "")
    const { hostname, port } = new URL(`http://${request.url}`)
    const upstream = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n")
      upstream.write(head)
      upstream.pipe(socket)
      socket.pipe(upstream)
    })
    // Who hangs up does so to both.
    upstream.on("error", () => socket.destroy())
    socket.on("error", () => upstream.destroy())
  })
  return { asked, url: `http://127.0.0.1:${await listen(proxy)}` }
}

/** A line as a person types it. */
const shell = (line: string, home: string, env: Readonly<Record<string, string | undefined>>) =>
  new Promise<{ readonly code: number; readonly stderr: string }>((resolve) =>
    execFile("sh", ["-c", line], { env: { XDG_CONFIG_HOME: home, CI: "true", ...env } }, (error, _, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stderr })
    )
  )

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** base64url of SHA-256: what a challenge is. */
const challengeOf = (verifier: string) => createHash("sha256").update(verifier).digest("base64url")

describe("key", () => {
  it("prints the key and nothing else", async () => {
    const { cli, key } = await signedIn()
    assert.deepStrictEqual(await cli("key"), { code: 0, stdout: `${key}\n`, stderr: "" })
    assert.deepStrictEqual(await cli("key", "--json"), { code: 0, stdout: `{"key":"${key}"}\n`, stderr: "" })
  })

  it("is of the current base URL", async () => {
    const { home } = await signedIn()
    assert.deepStrictEqual(await run(home, ["key"]), {
      code: 1,
      stdout: "",
      stderr: "You are not signed in to https://openrouter.ai/api/v1. Sign in with: openrouter-oauth login\n"
    })
  })

  it.each(["key", "whoami", "logout"])("%s reports a store that holds something else", async (command) => {
    const home = makeHome()
    mkdirSync(dirname(oldStorePath(home)), { recursive: true })
    writeFileSync(oldStorePath(home), '{"version":1,"entries":{"a":"sk-or-v1-secret"}}')
    const { code, stderr, stdout } = await run(home, [command])
    assert.deepStrictEqual([code, stdout], [1, ""])
    assert.match(stderr, /does not hold credentials of this program\. Move it away, then sign in again\.\n$/)
    assert.notInclude(stderr, "sk-or-v1")
  })
})

describe("whoami", () => {
  it("shows label, limit, usage and the key's page", async () => {
    const { cli, env, home, key } = await signedIn()
    const { code, stderr, stdout } = await cli("whoami")
    assert.deepStrictEqual([code, stderr], [0, ""])
    assert.deepStrictEqual(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(/ {2,}/)),
      [
        ["Label", "My tool"],
        ["Limit", "5 US dollars"],
        ["Used", "0 US dollars"],
        ["Left", "5 US dollars"],
        ["User", "user_sandbox"],
        ["Key from", savedFiles(home)[0]],
        ["Base URL", env.OPENROUTER_BASE_URL],
        ["Page", "none: this key was made by a server on this machine, such as a sandbox"]
      ]
    )
    const json = await cli("whoami", "--json")
    assert.lengthOf(json.stdout.trimEnd().split("\n"), 1)
    assert.deepInclude(JSON.parse(json.stdout), {
      label: "My tool",
      limit: 5,
      usage: 0,
      userId: "user_sandbox",
      source: "store",
      page: null
    })
    assert.notInclude(json.stdout, key)
  })

  it("a revoked key is exit 1", async () => {
    const { cli, env, key, sandbox } = await signedIn()
    assert.isTrue(await Effect.runPromise(sandbox.keys.revoke(Redacted.make(key))))
    assert.deepStrictEqual(await cli("whoami", "--log-level=debug").then(({ code, stdout }) => [code, stdout]), [1, ""])
    const { stderr } = await cli("whoami")
    assert.strictEqual(
      stderr,
      `${env.OPENROUTER_BASE_URL} does not accept the stored key (any more). Sign in again with: openrouter-oauth login\n`
    )
  })

  it("checks the key of the environment where none is stored", async () => {
    const sandbox = await startSandbox()
    const OPENROUTER_API_KEY = Redacted.value(sandbox.keys.apiKey)
    const known = await run(makeHome(), ["whoami"], { ...sandbox.env, OPENROUTER_API_KEY })
    assert.strictEqual(known.code, 0, known.stderr)
    assert.match(known.stdout, /^Label +Sandbox account$/m)
    assert.match(known.stdout, /^Key from +OPENROUTER_API_KEY$/m)
    const unknown = await run(makeHome(), ["whoami"], { ...sandbox.env, OPENROUTER_API_KEY: "sk-or-v1-unknown" })
    assert.deepStrictEqual([unknown.code, unknown.stdout], [1, ""])
    assert.match(unknown.stderr, /does not accept the key in OPENROUTER_API_KEY\. Correct or unset it\.\n$/)
  })

  it("without any key is exit 1", async () => {
    const { code, stderr, stdout } = await run(makeHome(), ["whoami"])
    assert.deepStrictEqual([code, stdout], [1, ""])
    assert.include(stderr, "You are not signed in")
  })

  it("a base URL that nobody answers is exit 3", async () => {
    const OPENROUTER_API_KEY = "sk-or-v1-secret"
    const args = ["whoami", "--log-level", "debug"]
    const dead = await run(makeHome(), args, { OPENROUTER_API_KEY, OPENROUTER_BASE_URL: "http://127.0.0.1:2/api/v1" })
    assert.deepStrictEqual([dead.code, dead.stdout], [3, ""])
    assert.match(dead.stderr, /DEBUG GET http:\/\/127\.0\.0\.1:2\/api\/v1\/key ECONNREFUSED in \d+ ms/)
    assert.match(dead.stderr, /Check the base URL \(OPENROUTER_BASE_URL\) and the network\.\n$/)
    assert.notInclude(dead.stderr, "secret")
  })

  describe.each(["ftp://a.example", "http://user:secret@a.example"])("the base URL %s", (OPENROUTER_BASE_URL) => {
    it.each(["whoami", "key", "logout", "url", "login"])("is refused by %s, exit 2", async (command) => {
      const { code, stderr, stdout } = await run(makeHome(), [command], { OPENROUTER_BASE_URL })
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.match(stderr, /^OPENROUTER_BASE_URL must be https/)
      assert.notInclude(stderr, "secret")
    })
  })
})

describe("logout", () => {
  it("forgets the key; twice is done as well", async () => {
    const { cli, env, key } = await signedIn()
    const first = await cli("logout")
    assert.deepStrictEqual([first.code, first.stdout], [0, ""])
    assert.match(
      first.stderr,
      /^You are signed out of .*\. The key was made by a server on this machine, such as a sandbox, and has no page at OpenRouter\.\n$/
    )
    assert.notInclude(first.stderr, key)
    assert.strictEqual((await cli("key")).code, 1)
    assert.deepStrictEqual(await cli("logout"), {
      code: 0,
      stdout: "",
      stderr: `You were not signed in to ${env.OPENROUTER_BASE_URL}.\n`
    })
    assert.strictEqual((await cli("logout", "--json")).stdout, '{"removed":false}\n')
  })
})

describe("pkce and url", () => {
  it("prints a pair whose challenge is that of its verifier", async () => {
    const home = makeHome()
    const { code, stderr, stdout } = await run(home, ["pkce", "--json"])
    assert.deepStrictEqual([code, stderr], [0, ""])
    const pair = JSON.parse(stdout)
    assert.deepStrictEqual(Object.keys(pair), ["codeVerifier", "codeChallenge", "codeChallengeMethod"])
    assert.strictEqual(pair.codeChallenge, challengeOf(pair.codeVerifier))
    const text = (await run(home, ["pkce"])).stdout
    assert.match(text, /^codeVerifier +[\w-]{43}\ncodeChallenge +[\w-]{43}\ncodeChallengeMethod +S256\n$/)
  })

  it("prints the URL that the flags say, on the origin of the base URL", async () => {
    const challenge = "-9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    const args = [
      ...["url", "--callback", "http://localhost:3000/callback?a=b", "--challenge", challenge, "--method", "S256"],
      ...["--state", "xyz", "--limit", "2.5", "--key-label", "My tool", "--workspace", "team"]
    ]
    const { code, stderr, stdout } = await run(makeHome(), args, { OPENROUTER_BASE_URL: "http://127.0.0.1:2/api/v1" })
    assert.deepStrictEqual([code, stderr], [0, ""])
    const url = new URL(stdout.trimEnd())
    assert.strictEqual(url.origin + url.pathname, "http://127.0.0.1:2/auth")
    assert.deepStrictEqual(Object.fromEntries(url.searchParams), {
      callback_url: "http://localhost:3000/callback?a=b",
      code_challenge: challenge,
      code_challenge_method: "S256",
      state: "xyz",
      limit: "2.5",
      key_label: "My tool",
      workspace_id: "team"
    })
    const json = await run(makeHome(), [...args, "--json"])
    assert.match(json.stdout, /^\{"url":"https:\/\/openrouter\.ai\/auth\?[^"]+"\}\n$/)
  })
})

describe("create-code and exchange", () => {
  it("a code becomes a key, with the verifier of the environment", async () => {
    const sandbox = await startSandbox()
    const home = makeHome()
    const env = { ...sandbox.env, ACCOUNT_KEY: Redacted.value(sandbox.keys.apiKey) }
    const pair = JSON.parse((await run(home, ["pkce", "--json"])).stdout)
    const created = await run(
      home,
      [
        ...["create-code", "--callback", "http://localhost:3000/callback", "--challenge", pair.codeChallenge, "--json"],
        ...["--api-key-from-env", "ACCOUNT_KEY", "--limit", "3", "--limit-reset", "daily"],
        ...["--expires-at", "2090-01-31T12:00:00Z", "--log-level", "debug"]
      ],
      env
    )
    assert.strictEqual(created.code, 0, created.stderr)
    assert.notMatch(created.stderr, /sk-or|auth_code_/)
    const answer = JSON.parse(created.stdout)
    assert.deepStrictEqual(Object.keys(answer), ["id", "appId", "createdAt"])
    const wrong = await run(home, ["exchange", "--code", answer.id], env, `${"x".repeat(43)}\n`)
    assert.deepStrictEqual([wrong.code, wrong.stdout], [1, ""])
    assert.notInclude(wrong.stderr, answer.id)
    const exchanged = await run(
      home,
      ["exchange", "--json", "--log-level", "debug"],
      { ...env, OPENROUTER_CODE_VERIFIER: pair.codeVerifier },
      `${answer.id}\n`
    )
    assert.strictEqual(exchanged.code, 0, exchanged.stderr)
    assert.match(exchanged.stdout, /^\{"key":"sk-or-v1-[0-9a-f]{64}","userId":"user_sandbox"\}\n$/)
    for (const secret of [answer.id, pair.codeVerifier, "sk-or"]) assert.notInclude(exchanged.stderr, secret)
    const again = await run(home, ["exchange", "--code", answer.id], env, `${pair.codeVerifier}\n`)
    assert.deepStrictEqual([again.code, again.stdout], [1, ""])
  })

  it("reads code and verifier from standard input, line by line", async () => {
    const sandbox = await startSandbox()
    const home = makeHome()
    const env = { ...sandbox.env, OPENROUTER_API_KEY: Redacted.value(sandbox.keys.apiKey) }
    const pair = JSON.parse((await run(home, ["pkce", "--json"])).stdout)
    const create = ["create-code", "--callback", "http://localhost:3000/callback"]
    const bound = (await run(home, [...create, "--challenge", pair.codeChallenge], env)).stdout
    assert.match(bound, /^auth_code_\w+\n$/)
    const { code, stderr, stdout } = await run(home, ["exchange"], env, `${bound}${pair.codeVerifier}\n`)
    assert.strictEqual(code, 0, stderr)
    assert.match(stdout, /^sk-or-v1-[0-9a-f]{64}\n$/)
    const free = (await run(home, create, env)).stdout
    assert.strictEqual((await run(home, ["exchange"], env, free)).code, 0)
  })

  const create = ["create-code", "--callback", "http://localhost:3000/callback"]
  const unknownKey = { OPENROUTER_API_KEY: "sk-or-v1-unknown" }
  const refusals: ReadonlyArray<
    readonly [what: string, exit: number, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>]
  > = [
    ["create-code without a key", 2, create, {}],
    ["create-code without a callback", 2, ["create-code"], unknownKey],
    ["an expiry that is no date", 2, [...create, "--expires-at", "soon"], unknownKey],
    ["a workspace that is no UUID", 2, [...create, "--workspace", "no-uuid"], unknownKey],
    ["a variable that is not set", 2, [...create, "--api-key-from-env", "NOT_SET"], unknownKey],
    ["an unknown key", 1, create, unknownKey],
    ["exchange without a code", 2, ["exchange"], {}],
    ["an unknown code", 1, ["exchange", "--code", "auth_code_unknown"], {}],
    ["a short verifier", 2, ["exchange", "--code", "x"], { OPENROUTER_CODE_VERIFIER: "short" }]
  ]

  it.each(refusals)("%s is exit %i, with one line and no secret", async (_what, expected, args, env) => {
    const sandbox = await startSandbox()
    const { code, stderr, stdout } = await run(makeHome(), args, { ...sandbox.env, ...env })
    assert.deepStrictEqual([code, stdout], [expected, ""], stderr)
    assert.lengthOf(stderr.trimEnd().split("\n"), 1)
    assert.notMatch(stderr, /sk-or|auth_code_/)
  })
})

describe("the frame", () => {
  it("--log-level and --help may stand anywhere", () => {
    const at = (...args: ReadonlyArray<string>) => withLogLevelFirst(args).args
    assert.deepStrictEqual(at("login", "--json", "--log-level", "debug", "--headless"), [
      ...["--log-level", "debug", "login", "--json", "--headless"]
    ])
    assert.deepStrictEqual(at("key", "--log-level=debug"), ["--log-level", "debug", "key"])
    assert.deepStrictEqual(at("key", "--", "--log-level"), ["key", "--", "--log-level"])
    assert.deepStrictEqual(at(), [])
    assert.isTrue(asksForHelp(["login", "--sandbox", "-h"]))
    assert.isTrue(asksForHelp(["--log-level", "debug", "--help"]))
    assert.isFalse(asksForHelp(["url", "--", "--help"]))
  })

  it.each([
    ["--json", "A command is missing. Try: openrouter-oauth --help\n"],
    ["lgoin", "There is no such command. Did you mean login? Try: openrouter-oauth --help\n"],
    ["--wizard", "--wizard needs a terminal to ask its questions in. Try: openrouter-oauth --help\n"],
    ["key extra", "key takes flags only. Try: openrouter-oauth key --help\n"],
    ["url", "--challenge is missing: needed without a --callback. Try: openrouter-oauth url --help\n"]
  ])("says what it does not understand, and where the help is: %s", async (typed, said) => {
    assert.deepStrictEqual(await run(makeHome(), typed.split(" ")), { code: 2, stdout: "", stderr: said })
  })

  it("names the variable that it cannot use", async () => {
    const { code, stderr } = await run(makeHome(), ["url", "--callback", "http://localhost:3000/"], {
      OPENROUTER_APP_TITLE: "a\nb"
    })
    assert.deepStrictEqual(
      [code, stderr],
      [2, "OPENROUTER_APP_TITLE must be one line of Latin-1 text. Correct or unset it.\n"]
    )
  })

  it("shows its version", async () => {
    assert.strictEqual((await run(makeHome(), ["--version"])).stdout, `${version}\n`)
  })

  it.each(["login", "whoami", "key", "logout", "create-code", "exchange", "token-exchange", "url", "pkce", "sandbox"])(
    "the help names %s, whose own help fits a terminal",
    async (command) => {
      const home = makeHome()
      const { code, stderr, stdout } = await run(home, ["--help"])
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.match(stdout, new RegExp(`^ {2}${command}(, \\w+)? {2,}\\w`, "m"))
      const help = (await run(home, [command, "-h"])).stdout
      assert.match(help, /^ {2}--help, -h +Shows this help$/m)
      const words = help.split("\n").filter((line) => !/^(?:Example: |openrouter-oauth )/.test(line))
      assert.deepStrictEqual(
        words.filter((line) => line.length > 100),
        []
      )
    }
  )

  it.each(["login", "whoami", "key", "create-code", "exchange", "url", "pkce", "logout"])(
    "the help of %s has an example that works as typed",
    async (command) => {
      const sandbox = await startSandbox()
      const home = makeHome()
      const path = makeHome()
      symlinkSync(bin, join(path, "openrouter-oauth"))
      const env = {
        ...sandbox.env,
        OPENROUTER_API_KEY: Redacted.value(sandbox.keys.apiKey),
        PATH: `${path}:${process.env.PATH}`
      }
      const signIn = start(home, ["login"], sandbox.env)
      await browse(await signIn.url, "authorize")
      await signIn.ended
      const { code, stdout } = await run(home, [command, "--help"])
      const example = /Example: (.+)/.exec(stdout)?.[1] ?? ""
      assert.strictEqual(code, 0)
      assert.include(example, `openrouter-oauth ${command}`)
      assert.notInclude(stdout, "\u001b")
      const typed = await shell(example, home, env)
      assert.deepStrictEqual([typed.code, typed.stderr.includes("Try: ")], [0, false], `${example}: ${typed.stderr}`)
    }
  )

  it.each([
    ["--version", {}],
    ["login --sandbox --approve", {}],
    ["whoami", { HTTP_PROXY: "http://127.0.0.1:2", NO_PROXY: "*" }]
  ])("needs nothing beside its one file: %s %j", async (typed, more) => {
    const { home, env } = await signedIn()
    const alone = makeHome()
    mkdirSync(join(alone, "dist", "cli"), { recursive: true })
    copyFileSync(bin, join(alone, "dist", "cli", "bin.js"))
    copyFileSync(join(root, "package.json"), join(alone, "package.json"))
    const cli = join(alone, "dist", "cli", "bin.js")
    const at = { ...env, XDG_CONFIG_HOME: home, PATH: process.env.PATH }
    const { code, stderr } = await shell(`${cli} ${typed}`, home, { ...at, ...more })
    assert.strictEqual(code, 0, stderr)
  })

  it("honours HTTP_PROXY and NO_PROXY", async () => {
    const { home, env } = await signedIn()
    const { asked, url: HTTP_PROXY } = await startProxy()
    const through = await run(home, ["whoami", "--log-level", "debug"], { ...env, HTTP_PROXY })
    assert.strictEqual(through.code, 0, through.stderr)
    assert.notInclude(through.stderr, "sk-or")
    assert.deepStrictEqual(asked, [new URL(env.OPENROUTER_BASE_URL).host])
    const around = await run(home, ["whoami"], { ...env, HTTP_PROXY, NO_PROXY: "127.0.0.1" })
    assert.strictEqual(around.code, 0, around.stderr)
    assert.lengthOf(asked, 1)
    assert.strictEqual((await run(home, ["login", "--sandbox", "--approve"], { HTTP_PROXY })).code, 0)
    assert.lengthOf(asked, 1)
    const dead = await run(home, ["whoami"], { ...env, HTTP_PROXY: "http://127.0.0.1:2" })
    assert.deepStrictEqual([dead.code, dead.stdout], [3, ""])
    const none = await run(home, ["whoami"], { ...env, HTTP_PROXY: "no url" })
    assert.deepStrictEqual([none.code, none.stderr], [2, "The proxy is not a URL. Correct or unset HTTP_PROXY.\n"])
  })

  it("honours HTTPS_PROXY and NO_PROXY for an https host, and who it is stays checked", async () => {
    const sandbox = await startSandbox()
    const { cert, key } = selfSigned("localhost")
    const home = makeHome()
    const NODE_EXTRA_CA_CERTS = join(home, "ca.pem")
    writeFileSync(NODE_EXTRA_CA_CERTS, cert)
    const port = await listen(
      createHttpsServer({ cert, key }, (request, response) => {
        // To the sandbox, which has no https of its own.
        request.pipe(
          httpRequest(
            `${sandbox.origin}${request.url}`,
            // The sandbox answers under its own name only.
            { method: request.method, headers: { ...request.headers, host: new URL(sandbox.origin).host } },
            (from) => {
              response.writeHead(from.statusCode ?? 502, from.headers)
              from.pipe(response)
            }
          )
        )
      })
    )
    const { asked, url: HTTPS_PROXY } = await startProxy()
    const env = {
      OPENROUTER_BASE_URL: `https://localhost:${port}/api/v1`,
      OPENROUTER_API_KEY: Redacted.value(sandbox.keys.apiKey),
      NODE_EXTRA_CA_CERTS
    }
    const whoami = (more: Readonly<Record<string, string>>) => run(home, ["whoami"], { ...env, ...more })
    const through = await Promise.all([whoami({ HTTPS_PROXY }), whoami({ https_proxy: HTTPS_PROXY })])
    assert.deepStrictEqual(
      // A busy machine may be so slow that the command says what it waits for.
      through.map(({ code, stderr }) => [code, stderr.replace(/^Asking .*\n/, "")]),
      [
        [0, ""],
        [0, ""]
      ]
    )
    assert.deepStrictEqual(asked.splice(0), [`localhost:${port}`, `localhost:${port}`])
    const around = await Promise.all(
      ["localhost", `localhost:${port}`, "*"].map((NO_PROXY) => whoami({ HTTPS_PROXY, NO_PROXY }))
    )
    assert.deepStrictEqual(
      around.map(({ code }) => code),
      [0, 0, 0]
    )
    assert.deepStrictEqual(asked, [])
    const code = (await run(home, ["create-code", "--callback", "http://localhost:3000/callback"], env)).stdout
    const exchanged = await run(home, ["exchange"], { ...env, HTTPS_PROXY }, code)
    assert.match(exchanged.stdout, /^sk-or-v1-[0-9a-f]{64}\n$/, exchanged.stderr)
    assert.lengthOf(asked, 1)

    const stranger = await run(home, ["whoami"], { ...env, NODE_EXTRA_CA_CERTS: undefined, HTTPS_PROXY })
    assert.deepStrictEqual([stranger.code, stranger.stdout], [3, ""])
    assert.match(stranger.stderr, /could not connect to localhost:\d+ \(DEPTH_ZERO_SELF_SIGNED_CERT\)/)
    const gone = await run(home, ["whoami"], { ...env, HTTPS_PROXY: "http://127.0.0.1:2" })
    assert.deepStrictEqual([gone.code, gone.stdout], [3, ""])
    assert.match(
      gone.stderr,
      /^The check of the key could not connect to localhost:\d+ \(ECONNREFUSED\).* Check the proxy in HTTPS_PROXY too\.\n$/m
    )
  })

  it("a proxy that refuses is exit 3, and its password is not told", async () => {
    const proxy = createServer()
    proxy.on("connect", (_, socket) => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"))
    const port = await listen(proxy)
    const { code, stderr, stdout } = await run(makeHome(), ["whoami", "--log-level", "debug"], {
      OPENROUTER_BASE_URL: "https://localhost:2/api/v1",
      OPENROUTER_API_KEY: "sk-or-v1-fake",
      HTTPS_PROXY: `http://user:proxy-password@127.0.0.1:${port}`
    })
    assert.deepStrictEqual([code, stdout], [3, ""])
    assert.notInclude(stderr, "proxy-password")
  })
})
