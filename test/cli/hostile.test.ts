/** Nothing that a server or the store holds moves a terminal: login, logout, whoami, key. */
import { createServer } from "node:http"
import { PassThrough } from "node:stream"
import { assert, describe, it, onTestFinished } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "effect-openrouter-oauth/node/CredentialStore"
import { runHere } from "./inProcess.js"
import { makeHome } from "./support.js"

// Moves the cursor, sets the title, writes the clipboard, in seven bits and in eight.
const evil = "\u001b[2Ja\u001b]0;title\u0007b\u001b]52;c;eA==\u0007c\u009b2J\u009d0;x\u009c\u202ed"
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/

/** The command with this on its standard input, which is no terminal. */
const withInput = async (
  input: string,
  args: ReadonlyArray<string>,
  variables: Readonly<Record<string, string>>,
  home: string
) => {
  const own = Object.getOwnPropertyDescriptor(process, "stdin") ?? {}
  const stdin = new PassThrough()
  stdin.end(input)
  Object.defineProperty(process, "stdin", { value: stdin, configurable: true })
  try {
    return await runHere(args, variables, home)
  } finally {
    Object.defineProperty(process, "stdin", own)
  }
}

/** A server whose every answer is hostile. */
const hostileServer = () =>
  new Promise<{ readonly OPENROUTER_BASE_URL: string }>((resolve) => {
    const server = createServer((request, response) => {
      response.setHeader("content-type", "application/json")
      response.end(
        JSON.stringify(
          request.url === "/api/v1/auth/keys"
            ? { key: `sk-or-v1-${evil}`, user_id: evil }
            : {
                data: { label: evil, limit: 5, limit_remaining: 5, limit_reset: evil, usage: 0, creator_user_id: evil }
              }
        )
      )
    })
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resolve({ OPENROUTER_BASE_URL: `http://127.0.0.1:${port}/api/v1` })
    })
  })

/** A home whose store holds a hostile credential. */
const hostileHome = async (baseUrl?: string) => {
  const home = makeHome()
  await CredentialStore.CredentialStore.pipe(
    Effect.flatMap((store) =>
      store.set({ baseUrl }, { key: Redacted.make(`sk-or-v1-${evil}`), userId: evil, label: evil })
    ),
    Effect.provide(CredentialStore.layer({ folder: `${home}/openrouter-oauth` })),
    Effect.runPromise
  )
  return home
}

describe("what a server sent", () => {
  it.each([[[]], [["--json"]], [["--no-save"]], [["--events"]]])("login %j", async (flags) => {
    const { code, stderr, stdout } = await withInput(
      "auth_code_0123456789\n",
      ["login", "--headless", ...flags],
      await hostileServer(),
      makeHome()
    )
    assert.strictEqual(code, 0, stderr)
    assert.notMatch(stdout + stderr, control)
  })

  it("login --with-key", async () => {
    const { code, stderr, stdout } = await withInput(
      "sk-or-v1-a\n",
      ["login", "--with-key"],
      await hostileServer(),
      makeHome()
    )
    assert.strictEqual(code, 0, stderr)
    assert.notMatch(stdout + stderr, control)
  })
})

describe("what the store holds", () => {
  it.each([["key"], ["key", "--json"], ["logout"], ["login"], ["login", "--events"]])("%s %s", async (...args) => {
    const { stderr, stdout } = await withInput("", args.filter(Boolean), {}, await hostileHome())
    assert.notMatch(stdout + stderr, control)
    assert.isNotEmpty(stdout + stderr)
  })

  it("whoami with a hostile key says that the key cannot be right", async () => {
    const { code, stderr } = await runHere(["whoami"], {}, await hostileHome())
    assert.strictEqual(code, 2)
    assert.notMatch(stderr, control)
  })

  it("the key that a login replaces", async () => {
    const env = await hostileServer()
    const { code, stderr, stdout } = await withInput(
      "sk-or-v1-a\n",
      ["login", "--with-key", "--force"],
      env,
      await hostileHome(env.OPENROUTER_BASE_URL)
    )
    assert.strictEqual(code, 0, stderr)
    assert.include(stderr, "It replaces another key.")
    assert.notMatch(stdout + stderr, control)
  })
})

describe("whoami --json", () => {
  it("has ApiKey's words for where the key comes from", async () => {
    const env = { ...(await hostileServer()), OPENROUTER_API_KEY: "sk-or-v1-a" }
    assert.strictEqual(JSON.parse((await runHere(["whoami", "--json"], env)).stdout).source, "environment")
  })
})
