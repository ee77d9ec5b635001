/** One runtime as a group of tests: it runs all checks at once, and each check is a test. */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import type { Check, Environment, Results } from "../checks/check.js"
import { keepRow } from "./rows.js"

/** What is known of a runtime before it is run. */
export type Traits = Pick<Environment, "refused" | "repeats">

export interface Runtime {
  readonly name: string
  readonly checks: ReadonlyArray<Check>
  /** What a refused connection is called, and whether a POST is repeated. */
  readonly traits: Traits
  /** The versions of what ran and of what built it. Asked after the run. */
  readonly version: () => string
  readonly run: (environment: Environment) => Promise<Results>
}

/** Runtimes that prove that nothing was sent, and send once. */
export const proving: Traits = { refused: "ConnectionFailed", repeats: false }

/** `host` is what the runtimes under test talk to; it is there once the tests run. */
export const describeRuntimeWith =
  (host: () => Omit<Environment, keyof Traits>) =>
  ({ checks, name, run, traits, version }: Runtime): void => {
    describe(name, () => {
      let results: Results

      beforeAll(async () => {
        results = await run({ ...host(), ...traits })
        keepRow({ name, version: version(), environment: traits, results })
      }, 600_000)

      it.each(checks.map((check) => check.name))("%s", (check) => {
        assert.strictEqual(results[check], "passed")
      })
    })
  }
