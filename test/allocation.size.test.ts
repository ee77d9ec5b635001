/** What an exchange allocates beside the SDK's, each measured in a process of its own. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("../", import.meta.url))
const run = promisify(execFile)

/** Bytes that a subject allocates for an exchange. */
const allocated = async (subject: string) => {
  const { stdout } = await run(
    process.execPath,
    [
      "--expose-gc",
      "--min-semi-space-size=1024",
      "--max-semi-space-size=1024",
      fileURLToPath(new URL("../bench/case.mjs", import.meta.url)),
      "allocation",
      subject
    ],
    { cwd: root }
  )
  const bytes = Number.parseFloat(stdout)
  assert.isAbove(bytes, 1_000, stdout)
  return bytes
}

describe("what an exchange allocates", () => {
  // Some hundredths above what was measured, 0.82 and 0.84: bench/results.json has the exact figures.
  it.each([
    { subject: "effect", most: 0.9 },
    { subject: "promise", most: 0.9 }
  ])("$subject: at most $most times what the SDK's function does", async ({ most, subject }) => {
    const ours = await allocated(subject)
    const sdk = await allocated("sdk")
    assert.isAtMost(ours / sdk, most, `${Math.round(ours)} and ${Math.round(sdk)} bytes`)
  })
})
