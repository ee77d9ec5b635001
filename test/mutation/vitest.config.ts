import { fileURLToPath } from "node:url"
import { Tinypool } from "tinypool"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const src = fileURLToPath(new URL("../../src", import.meta.url))

/** The tests of the suite that runs, in their order. */
const tests = (process.env.MUTATION_TESTS ?? "").split(" ")

// Vitest begins a new thread for each run, and that loads Effect anew: some 1.5 seconds of a mutant's 1.7. Only a mutant in what runs while a
// module loads needs it; every other one is switched on within the thread that is there.
const newThread = Tinypool.prototype.recycleWorkers
let threads: Tinypool | undefined
Tinypool.prototype.recycleWorkers = async function () {
  threads = this
}

let isFresh = true

class BeforeEachRun extends BaseSequencer {
  /** Puts the quickest tests first: the first that fails ends the run. */
  override async sort(files: Array<TestSpecification>) {
    const needsFresh = Reflect.get(this.ctx.getRootProject().getProvidedContext(), "mutantActivation") === "static"
    if ((needsFresh || !isFresh) && threads !== undefined) await newThread.call(threads)
    isFresh = !needsFresh
    const placeOf = ({ moduleId }: TestSpecification) => tests.findIndex((test) => moduleId.endsWith(`/${test}`))
    return files.sort((one, other) => placeOf(one) - placeOf(other))
  }
}

export default defineConfig({
  test: {
    pool: "threads",
    isolate: false,
    sequence: { sequencer: BeforeEachRun },
    alias: [
      { find: /^effect-openrouter-oauth$/, replacement: `${src}/index.ts` },
      { find: /^effect-openrouter-oauth\/(.+)$/, replacement: `${src}/$1.ts` }
    ],
    include: tests,
    testTimeout: 20_000
  }
})
