/** `npm start` as a newcomer sees it; docs/start-command.md shows what the terminal showed. */
import { assert, describe, it } from "@effect/vitest"
import { browse } from "../cli/support.js"
import { openTerminal, transcript, transcriptsOf } from "./support.js"

// What npm runs: npm's own two lines are not ours to show.
const start = "node scripts/start.mjs"

describe("npm start", () => {
  it.each([
    ["without anybody there", { CI: "" }, `${start} --no-browser </dev/null`],
    ["in CI", { CI: "true" }, start]
  ])("%s it signs in by itself", async (_where, env, line) => {
    const terminal = await openTerminal({ env })
    await terminal.run(line)
    assert.strictEqual(await terminal.ended(), 0)
    await terminal.see(/^sk-or-v1-[0-9a-f]{64}$/m)
  })

  it("with --approve too", async () => {
    const terminal = await openTerminal({ env: { CI: "" } })
    await terminal.run(`${start} --approve`)
    assert.strictEqual(await terminal.ended(), 0)
    await transcript(terminal, "npm start -- --approve", {
      file: "docs/start-command.md",
      replace: [`${start} --approve`, "npm start -- --approve"]
    })
  })

  it("at a terminal it waits for the button to be pressed", async () => {
    const terminal = await openTerminal({ env: { CI: "" } })
    await terminal.run(`${start} --no-browser`)
    const [, page = ""] = await terminal.see(/^ {2}(http\S+)$/m)
    await terminal.see(/left >$/)
    await browse(new URL(page), "authorize")
    assert.strictEqual(await terminal.ended(), 0)
    await terminal.see(/^sk-or-v1-[0-9a-f]{64}$/m)
  })
})

it("docs/start-command.md shows no transcript that no test made", () => {
  const { made, shown } = transcriptsOf("docs/start-command.md")
  assert.deepStrictEqual([...shown].sort(), [...made].sort())
})
