import { createServer } from "node:http"
import { PassThrough } from "node:stream"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { commands } from "../../src/cli/commands.js"
import { runHere } from "../cli/inProcess.js"
import { makeHome } from "../cli/support.js"
import { check } from "./runs.js"

// These wait for a browser or for Ctrl-C; a flag that nobody knows keeps them from starting.
const waiting = ["login", "sandbox"]

const secret = fc.stringMatching(/^[A-Za-z0-9]{32}$/).map((text) => `sk-or-v1-${text}`)

const names = commands.flatMap(({ also, name }) => [name, ...also])
const flags = [...new Set(commands.flatMap((command) => command.flags.map(({ name }) => `--${name}`)))]

/** A command line with a secret somewhere in it. */
const commandLine = secret.chain((key) => {
  const odd = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom("-", "=", "a", "'", "\n", " ") })
  )
  const held = fc.oneof(
    fc.constant(key),
    odd.map((text) => text + key),
    odd.map((text) => key + text)
  )
  const argument = fc.oneof(
    fc.constantFrom(...flags, "--", "-", "-h", "-v", "--version", "--wizard", "--completions", "--log-level", "--json"),
    fc.constantFrom(...flags).chain((flag) => held.map((text) => `${flag}=${text}`)),
    held,
    odd,
    fc.constantFrom("5", "-1", "1e999", "S256", "debug", "bash", "http://127.0.0.1:1/x", "https://app.example")
  )
  const rest = fc.array(argument, { maxLength: 6 })
  return fc
    .oneof(
      { arbitrary: fc.tuple(fc.constantFrom(...names), rest), weight: 5 },
      fc.tuple(fc.constantFrom("help", "--log-level", "--log-level=debug"), rest),
      fc.tuple(argument, rest)
    )
    .map(([first, more]) => ({
      key,
      args: [first, ...(waiting.includes(first) ? ["--unknown-to-all"] : []), ...more]
    }))
})

describe("a command line, whatever is typed", () => {
  const server = createServer((_, response) => {
    response.writeHead(400, { "content-type": "application/json" }).end('{"error":{"code":400,"message":"no"}}')
  })
  const own = Object.getOwnPropertyDescriptor(process, "stdin") ?? {}
  let baseUrl = ""
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    baseUrl = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/api/v1`
  })
  afterAll(() => {
    Object.defineProperty(process, "stdin", own)
    server.closeAllConnections()
    server.close()
  })

  it("repeats no key that is given for a profile (found by the property below)", async () => {
    const key = "sk-or-v1-84iWv6IMSMYkQKAoRrtgpRAcmxpw3uz3"
    const { code, stderr } = await runHere(["status", "--profile", key], { OPENROUTER_BASE_URL: baseUrl })
    assert.notInclude(stderr, key)
    assert.strictEqual(code, 2, stderr)
  })

  it("repeats no key that is given for a file (found by the property below)", async () => {
    const key = "sk-or-v1-nvSVQuW5es67aCew32Z0oscnWfNOUXqU"
    const args = ["token-exchange", "--policy", "fake", `--subject-token-file=${key}`]
    const { code, stderr } = await runHere(args, { OPENROUTER_BASE_URL: baseUrl })
    assert.notInclude(stderr, key)
    assert.strictEqual(code, 2, stderr)
  })

  it("ends with a documented exit code and no defect, and a failure repeats no secret", async () => {
    const home = makeHome()
    await check(
      fc.asyncProperty(commandLine, async ({ args, key }) => {
        const stdin = new PassThrough()
        stdin.end()
        Object.defineProperty(process, "stdin", { value: stdin, configurable: true })
        const { code, stderr, stdout } = await runHere(args, { OPENROUTER_BASE_URL: baseUrl }, home)
        assert.include([0, 1, 2, 3, 4, 130], code)
        assert.notInclude(stderr, "something unexpected")
        assert.notInclude(code === 0 ? stderr : stderr + stdout, key)
      }),
      200
    )
  })
})
