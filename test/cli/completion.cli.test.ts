/** The completions in a real shell. */
import { execFile } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import { makeHome, run } from "./support.js"

/** What bash offers behind a command line, the last word of which may be begun. */
const offered = async (words: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const { stdout: script } = await run(makeHome(), ["completion", "-s", "bash"])
  const ask = `${script}
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _openrouter_oauth; printf '%s\\n' "\${COMPREPLY[@]}"`
  return new Promise((resolve, reject) =>
    execFile("bash", ["-c", ask, "bash", "openrouter-oauth", ...words], (error, stdout) =>
      error === null ? resolve(stdout.split("\n").filter((line) => line !== "")) : reject(error)
    )
  )
}

describe("in bash", () => {
  it.each([
    [["log"], ["login", "logout"]],
    [["url", "--ch"], ["--challenge"]],
    [
      ["url", "--method", ""],
      ["S256", "plain"]
    ],
    [["create-code", "--limit-reset", "we"], ["weekly"]],
    [["url", "--callback", ""], []],
    [["--v"], ["--version"]],
    [["token", "--js"], ["--json"]]
  ])("%j", async (words, expected) => {
    assert.deepStrictEqual(await offered(words), expected)
  })
})
