/** How often each property of `test/fuzz` runs: quickly with the fast tests, and for long with `npm run fuzz`. */
import type * as fc from "effect/FastCheck"

const numberOf = (name: string): number | undefined => {
  const text = process.env[name]
  return text === undefined || text === "" ? undefined : Number(text)
}

/** `usual` runs, or as many as FUZZ_RUNS says. FUZZ_SEED repeats a run, and FUZZ_MINUTES ends each property after that time. */
export const runs = <Ts>(usual: number): fc.Parameters<Ts> => {
  const seed = numberOf("FUZZ_SEED")
  const minutes = numberOf("FUZZ_MINUTES")
  return {
    numRuns: numberOf("FUZZ_RUNS") ?? usual,
    ...(seed !== undefined && { seed }),
    ...(minutes !== undefined && { interruptAfterTimeLimit: minutes * 60_000, markInterruptAsFailure: false })
  }
}
