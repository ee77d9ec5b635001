/** How often each property of `test/fuzz` runs: quickly with the fast tests, and for long with `npm run fuzz`. */
import { setImmediate } from "node:timers/promises"
import * as fc from "effect/FastCheck"

const numberOf = (name: string): number | undefined => {
  const text = process.env[name]
  return text === undefined || text === "" ? undefined : Number(text)
}

/** Vitest takes a worker that does not answer for a minute for dead, so a long run is made of short ones, also on a busy machine. */
const slice = 50

/**
 * Checks a property `usual` times, or as often as FUZZ_RUNS says, from FUZZ_SEED on. FUZZ_MINUTES ends it after that time. A failure
 * prints its own seed.
 */
export const check = async <Ts>(property: fc.IRawProperty<Ts>, usual: number): Promise<void> => {
  const asked = numberOf("FUZZ_RUNS")
  const numRuns = asked ?? usual
  const first = numberOf("FUZZ_SEED") ?? Date.now() % 2 ** 31
  const end = Date.now() + (numberOf("FUZZ_MINUTES") ?? Number.POSITIVE_INFINITY) * 60_000
  let done = 0
  for (; done < numRuns && Date.now() < end; done += slice) {
    await fc.assert(property, { numRuns: Math.min(slice, numRuns - done), seed: first + done / slice })
    await setImmediate()
  }
  if (asked !== undefined) console.log(`${Math.min(done, numRuns)} cases`)
}
