/** What the benchmark says, as far as it can be exact: sizes, what is allocated, and that the page shows what was measured. */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { arch } from "node:os"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { chart } from "../bench/chart.mjs"
import { documented, withDocumented } from "../bench/report.mjs"
import { type Results, rows, rowsOf } from "../bench/rows.mjs"
import { sizes } from "../bench/sizes.mjs"

const root = new URL("../", import.meta.url)
const text = (path: string) => readFileSync(new URL(path, root), "utf8")
const results: Results = JSON.parse(text("bench/results.json"))
const anew = "npm run bench -- --only bytes measures the sizes anew, npm run bench everything"

/** zlib packs a little differently from build to build. */
const slack = process.versions.zlib === results.machine.zlib && arch() === results.machine.arch ? 0 : 100

const run = promisify(execFile)

/** Bytes that a subject allocates for an exchange, measured in a process of its own. */
const allocated = async (subject: string) => {
  const { stdout } = await run(
    process.execPath,
    [
      "--expose-gc",
      "--min-semi-space-size=1024",
      "--max-semi-space-size=1024",
      fileURLToPath(new URL("bench/case.mjs", root)),
      "allocation",
      subject
    ],
    { cwd: fileURLToPath(root) }
  )
  const bytes = Number.parseFloat(stdout)
  assert.isAbove(bytes, 1_000, stdout)
  return bytes
}

describe("the benchmark's sizes", () => {
  it("are those of bench/results.json, to the byte", async () => {
    for (const [name, measured] of Object.entries(await sizes())) {
      const known = results.cases[`bytes-${name}`]?.figures
      assert.deepStrictEqual(Object.keys(measured), Object.keys(known ?? {}))
      for (const [subject, { minified, size }] of Object.entries(measured)) {
        const what = `${name}, ${subject}: ${anew}`
        assert.strictEqual(minified, known?.[subject]?.minified, `minified ${what}`)
        assert.approximately(size, known?.[subject]?.median ?? 0, slack, `gzipped ${what}`)
      }
    }
  })
})

describe("what an exchange allocates", () => {
  it.each(["effect", "promise"])(
    "stays within a tenth of what the benchmark found, beside the SDK's functions: %s",
    { timeout: 120_000 },
    async (subject) => {
      const row = results.rows.find(({ case: name, what }) => name === "allocation" && what.endsWith(face(subject)))
      const ours = await allocated(subject)
      const sdk = await allocated("sdk")
      assert.isAtMost(ours / sdk, (row?.ratio ?? 0) * 1.1, `${Math.round(ours)} and ${Math.round(sdk)} bytes; ${anew}`)
    }
  )
})

const face = (subject: string) => (subject === "effect" ? ": Effect" : ": promise")

describe("docs/performance.md", () => {
  it("shows the results that the benchmark wrote, and its chart too", () => {
    const page = text("docs/performance.md")
    assert.strictEqual(page, withDocumented(page, documented(results, JSON.parse(text("bench/before.json")))))
    assert.strictEqual(text("docs/performance.svg"), chart(results))
  })

  it("has every row, and says reached only where a goal is", () => {
    assert.deepStrictEqual(results.rows, JSON.parse(JSON.stringify(rowsOf(results.cases))))
    assert.deepStrictEqual(
      results.rows.map(({ what }) => what),
      rows.map(({ what }) => what)
    )
    for (const { goal, ours, ratio, reached, what } of results.rows) {
      if (goal === undefined) assert.isUndefined(reached, what)
      else if (ours === undefined) assert.isFalse(reached, what)
      else if (goal.value !== undefined) assert.strictEqual(reached, ours <= goal.value, what)
      else assert.strictEqual(reached, (ratio ?? Number.NaN) <= (goal.ratio ?? Number.NaN), what)
    }
  })
})
