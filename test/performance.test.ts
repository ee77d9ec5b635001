/** docs/performance.md shows what the benchmark measured. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { chart } from "../bench/chart.mjs"
import { documented, withDocumented } from "../bench/report.mjs"
import { type Results, rows, rowsOf } from "../bench/rows.mjs"

const root = new URL("../", import.meta.url)
const text = (path: string) => readFileSync(new URL(path, root), "utf8")
const results: Results = JSON.parse(text("bench/results.json"))

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
  })

  it.each(results.rows)(
    "has every row, and says reached only where a goal is: $what",
    ({ goal, ours, ratio, reached, what }) => {
      if (goal === undefined) assert.isUndefined(reached, what)
      else if (ours === undefined) assert.isFalse(reached, what)
      else if (goal.value !== undefined) assert.strictEqual(reached, ours <= goal.value, what)
      else assert.strictEqual(reached, (ratio ?? Number.NaN) <= (goal.ratio ?? Number.NaN), what)
    }
  )
})
