/** `openrouter-oauth token-exchange`, as a job of a workload runs it. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { makeHome, run, startSandbox } from "./support.js"

const sandboxed = async () => {
  const { baseUrl, env, subjectTokens } = await startSandbox()
  const subjectToken = Redacted.value(await Effect.runPromise(subjectTokens.issue()))
  const chat = (token: string) =>
    fetch(`${baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "sandbox/echo", messages: [{ role: "user", content: "hello" }] })
    })
  return { baseUrl, env, subjectToken, chat }
}

const args = ["token-exchange", "--policy", "policy_sandbox"]

describe("token-exchange", () => {
  it("prints a token that works, for a subject token from a pipe", async () => {
    const { chat, env, subjectToken } = await sandboxed()
    const { code, stderr, stdout } = await run(makeHome(), args, env, `${subjectToken}\n`)
    assert.deepStrictEqual([code, stderr], [0, ""])
    assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    assert.strictEqual((await chat(stdout.trim())).status, 200)
  })

  it("reads the subject token from a file; --json says how long the token lives", async () => {
    const { chat, env, subjectToken } = await sandboxed()
    const home = makeHome()
    const file = join(home, "token")
    writeFileSync(file, `${subjectToken}\n`)
    const { code, stderr, stdout } = await run(home, [...args, "--subject-token-file", file, "--json"], env)
    assert.deepStrictEqual([code, stderr], [0, ""])
    const { accessToken, expiresIn, tokenType } = JSON.parse(stdout)
    assert.isAtMost(expiresIn, 900)
    assert.isAbove(expiresIn, 0)
    assert.strictEqual(tokenType, "Bearer")
    assert.strictEqual((await chat(accessToken)).status, 200)
  })

  it.each([
    ["no policy", ["token-exchange"], "", "The federation policy is missing. Name it with --policy.\n"],
    [
      "no token",
      args,
      "",
      "There is no subject token on standard input. Pipe it in, or name its file with --subject-token-file.\n"
    ],
    [
      "no file",
      [...args, "--subject-token-file", "/nowhere/token"],
      "",
      "There is no subject token at /nowhere/token.\n"
    ]
  ])("%s is exit 2", async (_, flags, input, sentence) => {
    assert.deepStrictEqual(await run(makeHome(), flags, {}, input), { code: 2, stdout: "", stderr: sentence })
  })

  it("what is no token is exit 2, and is not shown", async () => {
    const { code, stderr, stdout } = await run(makeHome(), args, {}, "secret-without-dots\n")
    assert.deepStrictEqual([code, stdout], [2, ""])
    assert.match(stderr, /^The subject token /)
    assert.notInclude(stderr, "secret")
  })

  it("one that the policy refuses is exit 1, and is not shown", async () => {
    const { env, subjectToken } = await sandboxed()
    const [header, payload] = subjectToken.split(".")
    const forged = `${header}.${payload}.${"A".repeat(86)}`
    const { code, stderr, stdout } = await run(makeHome(), args, env, `${forged}\n`)
    assert.deepStrictEqual([code, stdout], [1, ""])
    assert.match(stderr, /^The exchange of the subject token got status 400/)
    assert.notInclude(stderr, payload ?? "")
  })

  it("a token in place of its file's path is not shown", async () => {
    const token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJmYWtlIn0.ZmFrZQ"
    const { code, stderr, stdout } = await run(makeHome(), [...args, "--subject-token-file", token])
    assert.deepStrictEqual([code, stdout, stderr], [2, "", "There is no subject token at [redacted].\n"])
  })

  it("a server that nobody runs is exit 3", async () => {
    const { subjectToken } = await sandboxed()
    const { code, stderr } = await run(
      makeHome(),
      args,
      { OPENROUTER_BASE_URL: "http://127.0.0.1:2/api/v1" },
      `${subjectToken}\n`
    )
    assert.strictEqual(code, 3)
    assert.match(stderr, /could not connect to 127\.0\.0\.1:2/)
  })
})
