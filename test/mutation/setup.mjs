// Runs before each test file, in the thread that all mutants share. A mutant in what runs while a module loads ("static") is switched on before
// the sources load, so they load again for it, and once more after it. Every other one is switched on by Stryker, when the tests begin:
// until then none is.
import { inject } from "vitest"

const { moduleCache } = globalThis.__vitest_worker__
const stryker = globalThis[inject("globalNamespace")]

const isStatic = inject("mode") === "mutant" && inject("mutantActivation") === "static"
const wanted = isStatic ? inject("activeMutant") : undefined

if (globalThis.__loadedWithMutant !== wanted) {
  globalThis.__loadedWithMutant = wanted
  for (const file of [...moduleCache.keys()]) {
    if (/\/(src|test|examples)\//.test(file) && !/\/node_modules\/|\/test\/mutation\//.test(file))
      moduleCache.delete(file)
  }
}
if (stryker !== undefined && !isStatic) stryker.activeMutant = undefined
