/** `openrouter-oauth login`, as people and programs run it. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { dirname } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import {
  browse,
  copyCode,
  decide,
  makeHome,
  oldStorePath,
  openPage,
  run,
  savedFiles,
  start,
  startSandbox,
  storeFolder
} from "./support.js"

const key = /^sk-or-v1-[0-9a-f]{64}$/

describe("login --sandbox --approve", () => {
  it("signs in by itself, shows the key on stdout only, saves nothing", async () => {
    const home = makeHome()
    const { code, stderr, stdout } = await run(home, ["login", "--sandbox", "--approve"])
    assert.strictEqual(code, 0, stderr)
    assert.match(stdout.trimEnd(), key)
    assert.notInclude(stderr, stdout.trim())
    assert.match(stderr, /^ {2}http:\/\/127\.0\.0\.1:\d+\/$/m)
    assert.include(stderr, "Signed in to the sandbox as user_sandbox.")
    assert.throws(() => statSync(storeFolder(home)))
  })

  it.each(["--json", "--json --headless"])("%s is one line", async (flags) => {
    const { code, stdout } = await run(makeHome(), ["login", "--sandbox", "--approve", ...flags.split(" ")])
    assert.strictEqual(code, 0)
    assert.match(stdout, /^\{"key":"sk-or-v1-[0-9a-f]{64}","userId":"user_sandbox","savedTo":null\}\n$/)
  })

  it("leaves standard input to others, and needs none", async () => {
    const { child, ended } = start(makeHome(), ["login", "--sandbox", "--approve"])
    assert.strictEqual((await ended).code, 0)
    child.stdin.end()
  })

  it("says nothing secret at --log-level debug", async () => {
    const { code, stderr, stdout } = await run(makeHome(), [
      ...["login", "--sandbox", "--approve", "--log-level", "debug", "--json"]
    ])
    assert.strictEqual(code, 0, stderr)
    assert.match(stderr, /DEBUG POST http:\/\/127\.0\.0\.1:\d+\/api\/v1\/auth\/keys 200 in \d+ ms/)
    const told = stderr.split("\n").filter((line) => !line.startsWith("  http"))
    assert.notMatch(told.join("\n"), /sk-or-v1|auth_code_|code=|state=|attempt=/)
    assert.notInclude(stderr, JSON.parse(stdout).key)
    assert.notInclude(stderr, "auth_code_")
  })

  it("is done with a stale key in the environment, and never sends it", async () => {
    const { code } = await run(makeHome(), ["login", "--sandbox", "--approve"], { OPENROUTER_API_KEY: "not a key\n" })
    assert.strictEqual(code, 0)
  })
})

describe("login", () => {
  it("saves the key, prints no key, and key, whoami and logout know it", async () => {
    const sandbox = await startSandbox()
    const home = makeHome()
    const { child, ended, url } = start(
      home,
      ["login", "--limit", "5", "--key-label", "My tool", "--workspace", "team", "--timeout", "1 minute"],
      sandbox.env
    )
    const asked = (await openPage(await url)).authorizationUrl.searchParams
    assert.deepStrictEqual(
      [asked.get("limit"), asked.get("key_label"), asked.get("workspace_id")],
      ["5", "My tool", "team"]
    )
    assert.include(await browse(await url, "authorize"), "You are signed in")
    const { code, stderr, stdout } = await ended
    child.stdin.end()
    assert.deepStrictEqual([code, stdout], [0, ""], stderr)
    const [saved = "", ...more] = savedFiles(home)
    assert.deepStrictEqual(more, [])
    assert.include(stderr, saved)
    assert.notInclude(stderr, "sk-or-v1")
    assert.strictEqual(statSync(saved).mode & 0o777, 0o600)

    const printed = await run(home, ["key"], sandbox.env)
    assert.match(printed.stdout.trimEnd(), key)
    assert.deepStrictEqual([printed.code, printed.stderr], [0, ""])
    const whoami = await run(home, ["whoami"], sandbox.env)
    assert.strictEqual(whoami.code, 0, whoami.stderr)
    assert.match(whoami.stdout, /^Label +My tool$/m)
    assert.match(whoami.stdout, /^Limit +5 US dollars$/m)
  })

  it("--json tells where the key is saved", async () => {
    const sandbox = await startSandbox()
    const home = makeHome()
    const { ended, url } = start(home, ["login", "--json"], sandbox.env)
    await browse(await url, "authorize")
    const { stdout } = await ended
    const answer = JSON.parse(stdout)
    assert.deepStrictEqual(Object.keys(answer), ["key", "userId", "savedTo"])
    assert.deepStrictEqual([answer.savedTo], savedFiles(home))
    assert.strictEqual((await run(home, ["key"], sandbox.env)).stdout, `${answer.key}\n`)
  })

  it("--no-save shows the key instead", async () => {
    const sandbox = await startSandbox()
    const home = makeHome()
    const { ended, url } = start(home, ["login", "--no-save"], sandbox.env)
    await browse(await url, "authorize")
    const { code, stdout } = await ended
    assert.strictEqual(code, 0)
    assert.match(stdout.trimEnd(), key)
    assert.throws(() => statSync(storeFolder(home)))
  })

  it.each(["error", "bare"] as const)("a denial of the kind %s is exit 1", async (denial) => {
    const sandbox = await startSandbox({ denial })
    const home = makeHome()
    const { ended, url } = start(home, ["login"], sandbox.env)
    assert.include(await browse(await url, "deny"), "You did not allow it")
    const { code, stderr, stdout } = await ended
    assert.deepStrictEqual([code, stdout], [1, ""])
    assert.match(stderr, /did not allow OpenRouter to give a key.*Start the sign-in again/)
    assert.throws(() => statSync(storeFolder(home)))
  })

  it("takes a piped code in headless mode", async () => {
    const sandbox = await startSandbox()
    const { child, ended, url } = start(makeHome(), ["login", "--headless", "--no-save"], sandbox.env)
    assert.isNull((await url).searchParams.get("callback_url"))
    child.stdin.end(`${await copyCode(await url)}\n`)
    const { code, stderr, stdout } = await ended
    assert.strictEqual(code, 0, stderr)
    assert.match(stdout.trimEnd(), key)
  })

  it("a wrong code is exit 1, no code is exit 1", async () => {
    const sandbox = await startSandbox()
    const wrong = await run(makeHome(), ["login", "--headless"], sandbox.env, "auth_code_wrong\n")
    assert.deepStrictEqual([wrong.code, wrong.stdout], [1, ""])
    assert.notInclude(wrong.stderr, "auth_code_wrong")
    const none = await run(makeHome(), ["login", "--headless"], sandbox.env, "\n\n")
    assert.deepStrictEqual([none.code, none.stdout], [1, ""])
    assert.include(none.stderr, "Standard input ended without a code.")
  })

  it("takes a pasted callback URL, and refuses a stranger's without ending", async () => {
    const sandbox = await startSandbox()
    const { child, ended, saw, url } = start(makeHome(), ["login", "--no-save"], sandbox.env)
    const { location } = await decide(await url, "authorize")
    child.stdin.write("http://127.0.0.1:1/callback?code=x&state=stranger\n")
    await saw(/^This is not the address of this sign-in, and it changed nothing\. Paste the whole address/)
    child.stdin.write(`${location}\n`)
    const { code, stderr, stdout } = await ended
    assert.strictEqual(code, 0, stderr)
    assert.match(stdout.trimEnd(), key)
  })

  it("a taken port is exit 3", async () => {
    const server = createServer()
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resolve(typeof address === "object" && address !== null ? address.port : 0)
      })
    )
    try {
      const { code, stderr, stdout } = await run(makeHome(), ["login", "--sandbox", "--port", String(port)])
      assert.deepStrictEqual([code, stdout], [3, ""])
      assert.strictEqual(
        stderr,
        `Port ${port} on 127.0.0.1 is taken by another program. Choose another port, or 0 for any free one.\n`
      )
    } finally {
      server.close()
    }
  })

  it("nobody in time is exit 1", async () => {
    const { code, stderr, stdout } = await run(makeHome(), ["login", "--sandbox", "--timeout", "200 millis"])
    assert.deepStrictEqual([code, stdout], [1, ""])
    assert.include(stderr, "Nobody signed in within 200ms.")
  })

  it.each([
    ["as a line", [], (stdout: string) => ({ key: stdout.trimEnd(), savedTo: null })],
    ["in JSON", ["--json"], (stdout: string) => JSON.parse(stdout)]
  ])(
    "a store that cannot be written is exit 4, with the key shown %s and the file untouched",
    async (_, more, read) => {
      const sandbox = await startSandbox()
      const home = makeHome()
      mkdirSync(dirname(oldStorePath(home)), { recursive: true })
      writeFileSync(oldStorePath(home), "corrupt")
      const { ended, url } = start(home, ["login", ...more], sandbox.env)
      await browse(await url, "authorize")
      const { code, stderr, stdout } = await ended
      assert.strictEqual(code, 4, stderr)
      const shown = read(stdout)
      assert.match(shown.key, key)
      assert.isNull(shown.savedTo)
      assert.include(stderr, `${oldStorePath(home)} does not hold credentials of this program.`)
      assert.strictEqual(readFileSync(oldStorePath(home), "utf8"), "corrupt")
    }
  )

  it("a folder that cannot be written is exit 4, with the key shown", async () => {
    const sandbox = await startSandbox()
    const home = makeHome()
    writeFileSync(dirname(oldStorePath(home)), "a file where the folder should be")
    const { ended, url } = start(home, ["login"], sandbox.env)
    await browse(await url, "authorize")
    const { code, stderr, stdout } = await ended
    assert.strictEqual(code, 4, stderr)
    assert.match(stdout.trimEnd(), key)
    assert.match(stderr, /\.json cannot be used \(E[A-Z]+\)\. Check the file and its folder\.\n$/)
    assert.notInclude(stderr, stdout.trim())
  })

  it("Ctrl-C while waiting is exit 130, with one line", async () => {
    const { child, ended, url } = start(makeHome(), ["login", "--sandbox"])
    await url
    child.kill("SIGINT")
    const { code, stderr, stdout } = await ended
    assert.deepStrictEqual([code, stdout], [130, ""])
    assert.match(stderr, /\nStopped: nobody signed in\. Run the command again to sign in\.\n$/)
  })

  it("a base URL that nobody answers is exit 3", async () => {
    const { code, stderr, stdout } = await run(
      makeHome(),
      ["login", "--headless"],
      { OPENROUTER_BASE_URL: "http://127.0.0.1:2/api/v1" },
      "auth_code_secret\n"
    )
    assert.deepStrictEqual([code, stdout], [3, ""])
    assert.include(stderr, "could not connect to 127.0.0.1:2 (ECONNREFUSED)")
    assert.notInclude(stderr, "auth_code_secret")
  })

  const help = "Try: openrouter-oauth login --help"

  it.each([
    [["--approve"], "--approve only works with --sandbox: OpenRouter itself asks a person. Add --sandbox."],
    [["--timeout", "soon"], `--timeout must be a time longer than 0, such as "5 minutes". ${help}`],
    [["--timeout", "0 seconds"], `--timeout must be a time longer than 0, such as "5 minutes". ${help}`],
    [["--timeout"], `--timeout needs a value. ${help}`],
    [["--port", "70000"], `--port must be a number from 0 to 65535. ${help}`],
    [["--port", "3e3"], `--port must be a number from 0 to 65535. ${help}`],
    [["--limit", "much"], `--limit must be an amount in US dollars, such as 5 or 2.5. ${help}`],
    [["--limit", "-1"], `--limit must be an amount in US dollars, such as 5 or 2.5. ${help}`],
    [["--key-label", "x".repeat(101)], `--key-label must have at most 100 characters. ${help}`],
    [["--nonsense"], `There is no flag --nonsense. ${help}`],
    [["extra"], `login takes flags only. ${help}`],
    [
      ["--log-level", "loud"],
      `--log-level must be one of all, trace, debug, info, warning, error, fatal, none. ${help}`
    ]
  ])("what makes no sense is exit 2, with one sentence and one remedy: %j", async (args, said) => {
    assert.deepStrictEqual(await run(makeHome(), ["login", ...args]), { code: 2, stdout: "", stderr: `${said}\n` })
  })
})
