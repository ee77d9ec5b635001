/** One runtime as a group of tests: it runs all checks at once, and each check is a test. */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import type { Check, Environment, Results } from "../checks/check.js"

export interface Runtime {
  readonly name: string
  readonly checks: ReadonlyArray<Check>
  readonly run: () => Promise<Results>
}

/** What a refused connection is called in each runtime. */
export type Refused = Environment["refused"]

export const describeRuntime = ({ checks, name, run }: Runtime): void => {
  describe(name, () => {
    let results: Results

    beforeAll(async () => {
      results = await run()
    }, 90_000)

    it.each(checks.map((check) => check.name))("%s", (check) => {
      assert.strictEqual(results[check], "passed")
    })
  })
}
