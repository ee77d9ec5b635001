/** What the command line understands, and that nothing a server sent moves a terminal. */
import { writeFileSync } from "node:fs"
import { createServer } from "node:http"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it, onTestFinished, vi } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as CredentialStore from "effect-openrouter-oauth/node/CredentialStore"
import { commands } from "../../src/cli/commands.js"
import { exitCode } from "../../src/cli/exit.js"
import { main } from "../../src/cli/main.js"
import { runHere } from "./inProcess.js"
import { makeHome, startSandbox } from "./support.js"

/** A server that gives one answer to everything, until the test ends. */
const answering = (body: unknown) =>
  new Promise<string>((resolve) => {
    const server = createServer((_, response) => {
      response.setHeader("content-type", "application/json")
      response.end(JSON.stringify(body))
    })
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/api/v1`)
    })
  })

const store = (home: string, baseUrl: string, credential: CredentialStore.Credential) =>
  CredentialStore.CredentialStore.pipe(
    Effect.flatMap((store) => store.set({ baseUrl }, credential)),
    Effect.provide(CredentialStore.layer({ folder: `${home}/openrouter-oauth` })),
    Effect.runPromise
  )

// Moves the cursor, sets the title, writes the clipboard, in seven bits and in eight.
const evil = "\u001b[2Ja\u001b]0;title\u0007b\u001b]52;c;eA==\u0007c\u009b2J\u009d0;x\u009c\u202ed"
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/

describe("what a server sent", () => {
  const info = {
    data: { label: evil, limit: 5, limit_remaining: 5, limit_reset: evil, usage: 0, creator_user_id: evil }
  }

  it.each([[[]], [["--json"]]])("whoami %j", async (flags) => {
    const OPENROUTER_BASE_URL = await answering(info)
    const { code, stderr, stdout } = await runHere(["whoami", ...flags], {
      OPENROUTER_BASE_URL,
      OPENROUTER_API_KEY: "sk-or-v1-a"
    })
    assert.strictEqual(code, 0, stderr)
    assert.notMatch(stdout + stderr, control)
  })

  it.each([[[]], [["--json"]]])("create-code %j", async (flags) => {
    const OPENROUTER_BASE_URL = await answering({ data: { id: evil, app_id: 1, created_at: evil } })
    const { code, stderr, stdout } = await runHere(
      ["create-code", "--callback", "http://localhost:3000/callback", ...flags],
      { OPENROUTER_BASE_URL, OPENROUTER_API_KEY: "sk-or-v1-a" }
    )
    assert.strictEqual(code, 0, stderr)
    assert.notMatch(stdout + stderr, control)
  })

  it.each([[[]], [["--json"]]])("exchange %j", async (flags) => {
    const OPENROUTER_BASE_URL = await answering({ key: "sk-or-v1-a", user_id: evil })
    const { code, stderr, stdout } = await runHere(["exchange", "--code", "abc", ...flags], {
      OPENROUTER_BASE_URL,
      OPENROUTER_CODE_VERIFIER: "a".repeat(43)
    })
    assert.strictEqual(code, 0, stderr)
    assert.notMatch(stdout + stderr, control)
  })

  it("a user id of the store", async () => {
    const home = makeHome()
    const OPENROUTER_BASE_URL = await answering(info)
    await store(home, OPENROUTER_BASE_URL, { key: Redacted.make("sk-or-v1-a"), userId: evil })
    const { code, stderr, stdout } = await runHere(["whoami"], { OPENROUTER_BASE_URL }, home)
    assert.strictEqual(code, 0, stderr)
    assert.notMatch(stdout + stderr, control)
  })
})

describe("a secret at the wrong place is not echoed", () => {
  it.each([
    [["whoami", "sk-or-v1-secret"]],
    [["sk-or-v1-secret"]],
    [["exchange", "auth_code_secret"]],
    [["exchange", "--kode=auth_code_secret"]],
    [["whoami", "--sk-or-v1-secret"]],
    [["exchange", "--method", "auth_code_secret"]],
    [["sandbox", "--fault", "auth_code_secret"]],
    [["login", "--timeout", "auth_code_secret"]]
  ])("%j", async (args) => {
    const { code, stderr, stdout } = await runHere(args)
    assert.deepStrictEqual([code, stdout], [2, ""])
    assert.notInclude(stderr, "secret")
  })
})

describe("the code of an exchange", () => {
  it("comes from OPENROUTER_CODE", async () => {
    const OPENROUTER_BASE_URL = await answering({ key: "sk-or-v1-a", user_id: null })
    assert.deepStrictEqual(
      await runHere(["exchange"], {
        OPENROUTER_BASE_URL,
        OPENROUTER_CODE: "abc",
        OPENROUTER_CODE_VERIFIER: "a".repeat(43)
      }),
      { code: 0, stdout: "sk-or-v1-a\n", stderr: "" }
    )
  })

  it("the help says why", async () => {
    assert.match(
      (await runHere(["exchange", "--help"])).stdout.replace(/\s+/g, " "),
      /Other users .* can read .*OPENROUTER_CODE/
    )
  })
})

describe("words for commands", () => {
  it.each([[[]], [["help"]], [["--help"]]])("%j prints the help", async (args) => {
    const { code, stderr, stdout } = await runHere(args)
    assert.deepStrictEqual([code, stderr], [0, ""])
    assert.match(stdout, /^ {2}login {2,}\w/m)
  })

  it("help of a command", async () => {
    assert.deepStrictEqual(await runHere(["help", "login"]), await runHere(["login", "--help"]))
  })

  it.each([["-v"], ["--version"]])("%s prints the version", async (flag) => {
    assert.deepStrictEqual(await runHere([flag]), { code: 0, stdout: "1.2.3\n", stderr: "" })
  })

  it.each([
    ["status", "whoami"],
    ["token", "key"]
  ])("%s is %s", async (further, name) => {
    const answer = await runHere([further])
    assert.deepStrictEqual(answer, await runHere([name]))
    assert.strictEqual(answer.code, 1)
  })

  it.each([
    [["complet"], "There is no such command. Did you mean completion? Try: openrouter-oauth --help\n"],
    [["lgoin"], "There is no such command. Did you mean login? Try: openrouter-oauth --help\n"],
    [["frobnicate"], "There is no such command. Try: openrouter-oauth --help\n"],
    [["login", "--hedless"], "There is no such flag. Did you mean --headless? Try: openrouter-oauth login --help\n"],
    [["login", "-x"], "There is no such flag. Try: openrouter-oauth login --help\n"],
    [["key", "extra"], "key takes flags only. Try: openrouter-oauth key --help\n"],
    [["help", "lgoin"], "There is no such command. Did you mean login? Try: openrouter-oauth --help\n"],
    [["--help", "frobnicate"], "There is no such command. Try: openrouter-oauth --help\n"]
  ])("%j", async (args, stderr) => {
    assert.deepStrictEqual(await runHere(args), { code: 2, stdout: "", stderr })
  })

  it.each(["bash", "zsh", "fish"])("completion -s %s", async (shell) => {
    const { code, stdout } = await runHere(["completion", "-s", shell])
    assert.strictEqual(code, 0)
    assert.include(stdout, "openrouter-oauth")
  })

  it.each([
    [["completion"], "Name your shell: openrouter-oauth completion -s bash, zsh or fish.\n"],
    [["completion", "-s", "tcsh"], "--shell must be bash, zsh or fish. Try: openrouter-oauth completion --help\n"]
  ])("%j is a usage error", async (args, said) => {
    const { code, stderr } = await runHere(args)
    assert.deepStrictEqual([code, stderr], [2, said])
  })

  it.each(commands.map(({ name }) => name))(
    "the completions of %s offer what its help shows, and nothing else",
    async (name) => {
      const help = (await runHere([name, "--help"])).stdout
      const shown = Array.from(help.matchAll(/(?:^ {2}|, )(--?[\w-]+)/gm), ([, flag]) => flag)
      const row = new RegExp(
        `^    ${name}(?:\\|\\w+)*\\)[^]*?-W "(--[^"]*)" -- "\\$current"\\)\\) ;;\\n      esac`,
        "m"
      )
      const [, offered = ""] = row.exec((await runHere(["completion", "-s", "bash"])).stdout) ?? []
      assert.deepStrictEqual(offered.split(" ").sort(), shown.sort())
    }
  )

  it.each([
    ["bash", '--method) COMPREPLY=($(compgen -W "S256 plain" -- "$current")) ;;'],
    ["zsh", ":(S256 plain)'"],
    ["fish", "-l method -x -a 'S256 plain' -d"]
  ])("the completions of %s offer the values of choices one by one", async (shell, line) => {
    assert.include((await runHere(["completion", "-s", shell])).stdout, line)
  })

  it.each([
    ["login", "9"],
    ["sandbox", "6000"]
  ])("%s --port %s, which no browser sends a request to, is refused", async (command, port) => {
    const { code, stderr } = await runHere([command, "--port", port])
    assert.deepStrictEqual(
      [code, stderr],
      [
        2,
        `--port must be another one: browsers send no request to port ${port}. Try: openrouter-oauth ${command} --help\n`
      ]
    )
  })

  it.each(["99m", "11 minutes"])("--timeout %s", async (time) => {
    const { code, stderr } = await runHere(["login", "--timeout", time])
    assert.strictEqual(code, 2)
    assert.match(stderr, /^--timeout can be 10 minutes at most/)
  })
})

describe("flags that contradict each other", () => {
  it.each([
    [["--approve"], "--approve only works with --sandbox"],
    [["--sandbox", "--force"], "With --sandbox nothing is saved"],
    [["--sandbox", "--profile", "a"], "With --sandbox nothing is saved"],
    [["--with-key", "--no-save"], "--with-key stores a key"],
    [["--events", "--json"], "--events and --json both print JSON"],
    [["--with-key", "--headless"], "--headless has no meaning with --with-key"],
    [["--with-key", "--no-browser"], "--no-browser has no meaning with --with-key"],
    [["--with-key", "--port", "0"], "--port has no meaning with --with-key"],
    [["--with-key", "--limit", "5"], "--limit has no meaning with --with-key"],
    [["--with-key", "--workspace", "w"], "--workspace has no meaning with --with-key"],
    [["--with-key", "--timeout", "1m"], "--timeout has no meaning with --with-key"],
    [
      ["--with-key", "--limit", "5", "--headless", "--port", "0"],
      "--headless, --port and --limit have no meaning with --with-key, which stores a key that exists already. Leave them out."
    ]
  ])("%j is exit 2", async (flags, sentence) => {
    const { code, stderr, stdout } = await runHere(["login", ...flags])
    assert.deepStrictEqual([code, stdout], [2, ""])
    assert.include(stderr, sentence)
  })
})

describe("the key of the environment", () => {
  it("wins over the stored one, and whoami says so", async () => {
    const sandbox = await startSandbox()
    const home = makeHome()
    await store(home, sandbox.baseUrl, { key: Redacted.make("sk-or-v1-stored"), userId: null })
    const variables = { ...sandbox.env, OPENROUTER_API_KEY: Redacted.value(sandbox.keys.apiKey) }
    const shown = await runHere(["whoami"], variables, home)
    assert.match(shown.stdout, /^Key from +OPENROUTER_API_KEY$/m)
    assert.strictEqual((await runHere(["key"], variables, home)).stdout, `${variables.OPENROUTER_API_KEY}\n`)
  })

  it.each([
    [["key"], "the stored one"],
    [["whoami"], "the stored one"],
    [["key", "--profile", "work"], "the profile work"],
    [["whoami", "--profile", "work"], "the profile work"]
  ])("%j says that it wins", async ([command = "", ...flags], stored) => {
    const sandbox = await startSandbox()
    const home = makeHome()
    await store(home, sandbox.baseUrl, { key: Redacted.make("sk-or-v1-stored"), userId: null })
    const variables = { ...sandbox.env, OPENROUTER_API_KEY: Redacted.value(sandbox.keys.apiKey) }
    const { code, stderr } = await runHere([command, ...flags], variables, home)
    assert.deepStrictEqual(
      [code, stderr],
      [0, `The key in OPENROUTER_API_KEY is used, not ${stored}. Unset the variable to use what is stored.\n`]
    )
  })

  it("says nothing where the stored key is the same", async () => {
    const sandbox = await startSandbox()
    const home = makeHome()
    await store(home, sandbox.baseUrl, { key: sandbox.keys.apiKey, userId: null })
    const variables = { ...sandbox.env, OPENROUTER_API_KEY: Redacted.value(sandbox.keys.apiKey) }
    assert.strictEqual((await runHere(["key"], variables, home)).stderr, "")
  })

  it("is used where the store cannot be read", async () => {
    const home = makeHome()
    writeFileSync(`${home}/openrouter-oauth`, "not a folder")
    const answer = await runHere(["key"], { OPENROUTER_API_KEY: "sk-or-v1-a" }, home)
    assert.deepStrictEqual(answer, { code: 0, stdout: "sk-or-v1-a\n", stderr: "" })
  })

  it("whoami names the store, too", async () => {
    const sandbox = await startSandbox()
    const home = makeHome()
    await store(home, sandbox.baseUrl, { key: sandbox.keys.apiKey, userId: null })
    assert.match((await runHere(["whoami"], sandbox.env, home)).stdout, /^Key from +\/.*openrouter-oauth/m)
  })
})

describe("whoami, where the server is silent", () => {
  it.effect("ends within 30 seconds", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const server = createServer(() => Deferred.unsafeDone(asked, Effect.void))
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          server.closeAllConnections()
          server.close()
        })
      )
      yield* Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const said = vi.spyOn(process.stderr, "write").mockReturnValue(true)
      yield* Effect.addFinalizer(() => Effect.sync(() => said.mockRestore()))
      const command = yield* main("1.2.3", ["node", "openrouter-oauth", "whoami"]).pipe(
        Effect.provide(NodeContext.layer),
        Effect.withConfigProvider(
          ConfigProvider.fromMap(
            new Map([
              ["OPENROUTER_BASE_URL", `http://127.0.0.1:${port}/api/v1`],
              ["OPENROUTER_API_KEY", "sk-or-v1-fake"]
            ])
          )
        ),
        Effect.exit,
        Effect.fork
      )
      yield* Deferred.await(asked)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(exitCode(yield* Fiber.join(command)), 3)
      assert.match(String(said.mock.calls.at(-1)?.[0]), /gave no answer within 30 seconds\. Check OPENROUTER_BASE_URL/)
    }).pipe(Effect.scoped)
  )
})
