/** The command where its surroundings lack something: somebody who reads, a home, a known user. */
import { execFile, spawnSync } from "node:child_process"
import { chmodSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import { bin, makeHome, run, start, startSandbox } from "./support.js"

describe("an output that is closed", () => {
  it.each(["pkce | head -0", "--help | head -0", "nonsense 2>&1 | head -0"])(
    "%s ends quietly",
    (line) =>
      new Promise<void>((resolve) =>
        execFile("sh", ["-c", `${bin} ${line}`], { env: { PATH: process.env.PATH } }, (error, _, stderr) => {
          assert.deepStrictEqual([error, stderr], [null, ""])
          resolve()
        })
      )
  )
})

describe("without HOME", () => {
  it("keys are in XDG_CONFIG_HOME", async () => {
    const { env, keys } = await startSandbox()
    const home = makeHome()
    const given = Redacted.value(keys.apiKey)
    const { code, stderr } = await run(home, ["login", "--with-key"], { ...env, HOME: undefined }, `${given}\n`)
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual((await run(home, ["key"], { ...env, HOME: undefined })).stdout, `${given}\n`)
  })

  describe.runIf(process.getuid?.() === 0)("and without a folder for keys", () => {
    /** As a user that the system does not know: only root can be somebody else. */
    const runAsNobody = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) => {
      const { status, stderr, stdout } = spawnSync(process.execPath, [bin, ...args], {
        env,
        uid: 54_321,
        gid: 54_321,
        encoding: "utf8"
      })
      return { status, stderr, stdout }
    }

    it.each(["key", "whoami", "logout"])("%s says which variable to set", (command) => {
      assert.deepStrictEqual(runAsNobody([command]), {
        status: 1,
        stdout: "",
        stderr: "This user has no home folder to store keys in. Set XDG_CONFIG_HOME to an absolute path.\n"
      })
    })

    it("the key of the environment is found", () => {
      assert.deepStrictEqual(runAsNobody(["key"], { OPENROUTER_API_KEY: "sk-or-v1-a" }), {
        status: 0,
        stdout: "sk-or-v1-a\n",
        stderr: ""
      })
    })

    it("a sign-in that saves nothing works", () => {
      assert.strictEqual(runAsNobody(["login", "--sandbox", "--approve"]).status, 0)
    })
  })

  // Only root can be somebody else.
  it.runIf(process.getuid?.() === 0)("a user that the system does not know is served, too", () => {
    const home = makeHome()
    chmodSync(home, 0o777)
    const { status, stderr } = spawnSync(process.execPath, [bin, "key"], {
      env: { XDG_CONFIG_HOME: home },
      uid: 54_321,
      gid: 54_321,
      encoding: "utf8"
    })
    assert.deepStrictEqual(
      [status, stderr],
      [1, "You are not signed in to https://openrouter.ai/api/v1. Sign in with: openrouter-oauth login\n"]
    )
  })
})

describe("standard input that stays open", () => {
  it("login --with-key says that it waits for the key", async () => {
    const { saw } = start(makeHome(), ["login", "--with-key"])
    assert.strictEqual(await saw(/^Waiting/), "Waiting for the key, a line of standard input…")
  })
})

describe("the sandbox's flags", () => {
  it.each([
    ["--denial", "bare", []],
    ["--denial", "error", ["error", "error_description"]],
    ["--echo-state", "always", ["error", "error_description", "state"]],
    ["--echo-state", "granted", ["error", "error_description"]],
    ["--echo-state", "never", ["error", "error_description"]]
  ])("%s %s", async (flag, value, parameters) => {
    const { child, saw } = start(makeHome(), ["sandbox", "--port", "0", "--json", flag, value])
    const first = await new Promise<string>((resolve) => child.stdout.once("data", (text) => resolve(String(text))))
    const { url } = JSON.parse(first)
    const page = new URL("/auth?callback_url=http://localhost:3000/callback", url)
    const token = /name="token" value="([^"]*)"/.exec(await (await fetch(page)).text())?.[1] ?? ""
    const body = new URLSearchParams({
      callback_url: "http://localhost:3000/callback",
      state: "mine",
      decision: "deny",
      token
    })
    const { headers } = await fetch(new URL("/auth", url), { method: "POST", body, redirect: "manual" })
    const names = [...new URL(headers.get("location") ?? "").searchParams.keys()]
    assert.deepStrictEqual(names, parameters)
    await saw(/POST \/auth/)
  })
})
