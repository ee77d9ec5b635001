// npm run fuzz: the properties of test/fuzz, 100,000 runs each (or FUZZ_RUNS). A failure prints the case; its seed repeats the run:
// npm run fuzz -- --seed 5. With --minutes 2, each property ends after two minutes at the latest.
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } })
const seed = values.seed ?? process.env.FUZZ_SEED ?? String(Math.floor(Math.random() * 2 ** 31))
const numRuns = process.env.FUZZ_RUNS ?? "100000"
if (![seed, numRuns, values.minutes ?? "1"].every((text) => Number(text) > 0)) {
  console.error("--minutes, --seed and FUZZ_RUNS must be numbers above 0.")
  process.exit(2)
}

console.log(`Each property ${numRuns} times, with the seed ${seed}. To repeat it: npm run fuzz -- --seed ${seed}`)
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url))
const { status } = spawnSync(process.execPath, [vitest, "run", "--project", "fast", "test/fuzz/"], {
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  stdio: "inherit",
  env: {
    ...process.env,
    FUZZ_RUNS: numRuns,
    FUZZ_SEED: seed,
    ...(values.minutes !== undefined && { FUZZ_MINUTES: values.minutes })
  }
})
process.exit(status ?? 1)
