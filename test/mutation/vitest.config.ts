import { fileURLToPath } from "node:url"
import { Tinypool } from "tinypool"
import { defineConfig } from "vitest/config"
import {
  BaseSequencer,
  type Reporter,
  type SerializedError,
  type TestModule,
  type TestSpecification,
  type Vitest
} from "vitest/node"

const src = fileURLToPath(new URL("../../src", import.meta.url))

/** The tests of the suite that runs, in their order. */
const tests = (process.env.MUTATION_TESTS ?? "").split(" ")

/** Puts the quickest tests first: the first that fails ends the run. */
class InOrder extends BaseSequencer {
  override async sort(files: Array<TestSpecification>) {
    const placeOf = ({ moduleId }: TestSpecification) => tests.findIndex((name) => moduleId.endsWith(`/${name}`))
    return files.sort((one, other) => placeOf(one) - placeOf(other))
  }
}

/**
 * Tells Stryker of test files that could not load: they have no test that could fail, and their mutant would count as a survivor.
 * Stryker reads these errors by `toString`, which those that come from a thread have not.
 */
class LoadFailures implements Reporter {
  vitest: Vitest | undefined
  onInit(vitest: Vitest) {
    this.vitest = vitest
  }
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>) {
    const messages = [...modules.flatMap((module) => module.errors()), ...unhandled].map(({ message }) => message)
    const errors = this.vitest?.state.errorsSet
    errors?.clear()
    for (const message of messages) errors?.add(new Error(message))
  }
}

// Vitest would begin a new thread for each mutant, and load Effect anew: most of a mutant's time. The thread stays, and setup.mjs reloads
// the sources where a mutant needs it.
Tinypool.prototype.recycleWorkers = async () => {}

export default defineConfig({
  test: {
    pool: "threads",
    isolate: false,
    reporters: [new LoadFailures()],
    sequence: { sequencer: InOrder },
    setupFiles: fileURLToPath(new URL("./setup.mjs", import.meta.url)),
    alias: [
      { find: /^effect-openrouter-oauth$/, replacement: `${src}/index.ts` },
      { find: /^effect-openrouter-oauth\/(.+)$/, replacement: `${src}/$1.ts` }
    ],
    include: tests,
    testTimeout: 20_000
  }
})
