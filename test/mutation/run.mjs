// npm run mutation: changes the sources, one place at a time, and tells which of the changes no test notices. docs/mutation.md says more.
// npm run mutation -- src/client/reason.ts src/SignIn: only what is named. --workers 2: so many at once.
// --ignore-static: without the changes that only show while a module loads. Each of them takes as long as ten others.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { report } from "./report.mjs"
import { excluded, folders, suites } from "./suites.mjs"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { "ignore-static": { type: "boolean", default: false }, workers: { type: "string", default: "1" } }
})
const isWanted = (source) =>
  positionals.length === 0 ||
  positionals.some((name) => source === name || source.startsWith(`${name.replace(/\/$/, "")}/`))

const unknown = positionals.filter(
  (name) => !suites.some(({ sources }) => sources.some((source) => source === name || source.startsWith(`${name}/`)))
)
if (unknown.length > 0) {
  console.error(`Not mutated: ${unknown.join(", ")}. test/mutation/suites.mjs names what is.`)
  process.exit(2)
}

const here = fileURLToPath(new URL(".", import.meta.url))
process.chdir(fileURLToPath(new URL("../..", import.meta.url)))
if (!existsSync(`${here}node_modules/@stryker-mutator/vitest-runner`)) {
  const { status } = spawnSync("npm", ["ci"], { cwd: here, stdio: "inherit", shell: process.platform === "win32" })
  if (status !== 0) process.exit(status ?? 1)
}
const { Stryker } = await import("@stryker-mutator/core")

const known = new Set([...Object.keys(excluded), ...suites.flatMap(({ sources }) => sources)])
const forgotten = folders.flatMap((folder) =>
  readdirSync(folder)
    .map((name) => `${folder}/${name}`)
    .filter((path) => path.endsWith(".ts") && !known.has(path))
)
if (forgotten.length > 0) console.warn(`In no suite of test/mutation/suites.mjs: ${forgotten.join(", ")}`)

const folder = ".tmp/mutation"
mkdirSync(folder, { recursive: true })
const results = []
for (const { name, sources, tests } of suites) {
  const mutate = sources.filter(isWanted)
  if (mutate.length === 0) continue
  process.env.MUTATION_TESTS = tests.join(" ")
  const incrementalFile = `${folder}/${name}.json`
  await new Stryker({
    mutate,
    testRunner: "vitest",
    plugins: [fileURLToPath(import.meta.resolve("@stryker-mutator/vitest-runner"))],
    vitest: { configFile: "test/mutation/vitest.config.ts", related: false },
    coverageAnalysis: "perTest",
    ignoreStatic: values["ignore-static"],
    // A second run tries again only what changed, and what survived.
    incremental: true,
    incrementalFile,
    tempDirName: `${folder}/sandbox`,
    ignorePatterns: ["dist", "site", "docs", "bench", ".tmp"],
    concurrency: Number(values.workers),
    // A busy machine must not look like a loop without an end: Stryker knows most of those by how often they come by, and Vitest ends a test.
    timeoutMS: 120_000,
    dryRunTimeoutMinutes: 15,
    reporters: ["progress-append-only"],
    warnings: { slow: false },
    allowConsoleColors: false
  }).runMutationTest()
  const { files } = JSON.parse(readFileSync(incrementalFile, "utf8"))
  results.push(...Object.entries(files).filter(([source]) => mutate.includes(source)))
}
console.log(report(results))
