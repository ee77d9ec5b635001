/**
 * npm run bench                 measures everything, prints the table, writes bench/results.json, docs/performance.md and its chart
 * npm run bench -- --only cpu   only the cases whose name holds that; the others keep the results they have
 * npm run bench -- --smoke      a few calls of everything: that it works, not how fast; writes nothing
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { arch, availableParallelism, loadavg } from "node:os"
import { parseArgs } from "node:util"
import { stop } from "esbuild"
import { cases } from "./cases/index.mjs"
import { chart } from "./chart.mjs"
import { documented, terminalTable, withDocumented } from "./report.mjs"
import { rounds } from "./rounds.mjs"
import { rowsOf } from "./rows.mjs"
import { sizes } from "./sizes.mjs"
import { starts } from "./start.mjs"

const { values: options } = parseArgs({ options: { only: { type: "string" }, smoke: { type: "boolean" } } })
const mode = options.smoke ? "smoke" : "full"
const file = (path) => new URL(path, new URL("..", import.meta.url))
const readJson = (path) => JSON.parse(readFileSync(file(path), "utf8"))

const quantile = (sorted, at) => sorted[Math.round((sorted.length - 1) * at)]
const rounded = (value) => Number(value.toPrecision(5))

/** The median of a subject's rounds, with the quartiles that tell how sure it is. */
const summary = (measured) => {
  if (measured === undefined) return null
  const sorted = measured.toSorted((one, other) => one - other)
  const [low, median, high] = [0.25, 0.5, 0.75].map((at) => rounded(quantile(sorted, at)))
  return { median, low, high, rounds: sorted.length }
}
const summaries = (figures) =>
  Object.fromEntries(Object.entries(figures).map(([subject, measured]) => [subject, summary(measured)]))

/** Sizes are what they are: no rounds. */
const exact = (figures) =>
  Object.fromEntries(
    Object.entries(figures).map(([subject, { minified, size }]) => [subject, { median: size, minified }])
  )

/** Files beside the benchmark that measure on their own. */
const elsewhere = async (path, run) => {
  if (!existsSync(new URL(path, import.meta.url))) throw new Error(`bench/${path} is missing`)
  return run(await import(new URL(path, import.meta.url)))
}

/** Everything that can be measured together: the cases that it gives, and how. */
const measures = [
  {
    names: ["bytes-added", "bytes-typical", "bytes-plain"],
    run: async () => {
      const { added, plain, typical } = await sizes()
      return [added, typical, plain].map((figures) => ({ unit: "bytes", figures: exact(figures) }))
    }
  },
  {
    names: ["bytes-page"],
    run: () =>
      elsewhere("sizes.browser.mjs", async ({ browserSizes }) => {
        const { official, ours } = await browserSizes()
        const size = (of, name) => {
          if (of[name] === undefined) throw new Error(`bench/sizes.browser.mjs no longer measures ${name}`)
          return { median: of[name].fromNothing }
        }
        return [
          {
            unit: "bytes",
            figures: {
              sdk: size(official, "URL, challenge and exchange"),
              browser: size(ours, "browser/BrowserSignIn, createBrowserSignIn"),
              react: size(ours, "react, session, provider, hook and button")
            }
          }
        ]
      })
  },
  {
    names: ["import", "memory"],
    run: async () => {
      const { import: took, memory } = starts(options.smoke ? 1 : 15)
      const megabytes = Object.entries(memory).map(([name, all]) => [name, all.map((bytes) => bytes / 1e6)])
      return [
        { unit: "ms", figures: summaries(took) },
        { unit: "MB", figures: summaries(Object.fromEntries(megabytes)) }
      ]
    }
  },
  ...Object.entries(cases).map(([name, chosen]) => ({
    names: [name],
    run: async () => [{ unit: chosen.unit, figures: summaries(await rounds(name, chosen, mode)) }]
  })),
  {
    names: ["cold-start"],
    run: () =>
      elsewhere("cold-start.mjs", async ({ coldStart }) => {
        const { millis } = await coldStart({ runs: options.smoke ? 1 : 15 })
        const figures = Object.entries(millis).map(([name, median]) => [name, { median: rounded(median) }])
        return [{ unit: "ms", figures: Object.fromEntries(figures) }]
      })
  }
]

const chosen = measures.filter(({ names }) => names.some((name) => name.includes(options.only ?? "")))
if (chosen.length === 0) {
  console.error(`No case is called ${options.only}: ${measures.flatMap(({ names }) => names).join(", ")}`)
  process.exit(2)
}

const busy = loadavg()[0]
const measured = {}
for (const { names, run } of chosen) {
  const begun = performance.now()
  const results = await run()
  // esbuild's process, which keeps its memory for as long as this one lives.
  await stop()
  for (const [i, name] of names.entries()) measured[name] = results[i]
  console.error(`${names.join(" and ")}: ${((performance.now() - begun) / 1_000).toFixed(1)} s`)
}

console.log(`\n${terminalTable(rowsOf(measured))}`)
if (busy > availableParallelism() / 2) {
  console.log(
    `\nOther processes were busy when this began (load ${busy.toFixed(1)}): the times are less sure than usual.`
  )
}
if (options.smoke) console.log("\nA smoke run: it shows that everything can be measured, and its figures mean nothing.")
else {
  const machine = {
    node: process.versions.node,
    zlib: process.versions.zlib,
    arch: arch(),
    cores: availableParallelism()
  }
  const last = existsSync(file("bench/results.json")) ? readJson("bench/results.json") : undefined
  const whole = options.only === undefined
  if (!whole && JSON.stringify(last?.machine) !== JSON.stringify(machine)) {
    console.error("\nNot written: the other results are not of such a machine. Run it without --only.")
    process.exit(1)
  }
  // In the order of a whole run.
  const known = { ...(whole ? {} : last.cases), ...measured }
  const names = measures.flatMap(({ names }) => names).filter((name) => name in known)
  const inOrder = Object.fromEntries(names.map((name) => [name, known[name]]))
  const results = {
    date: new Date().toISOString().slice(0, 10),
    machine,
    sdk: readJson("node_modules/@openrouter/sdk/package.json").version,
    rows: rowsOf(inOrder),
    cases: inOrder
  }
  const text = `${JSON.stringify(results, null, 2)}\n`
  writeFileSync(file("bench/results.json"), text)
  // As it reads back: JSON has no undefined.
  const written = JSON.parse(text)
  writeFileSync(file("docs/performance.svg"), chart(written))
  const page = file("docs/performance.md")
  writeFileSync(page, withDocumented(readFileSync(page, "utf8"), documented(written, readJson("bench/before.json"))))
  console.log("\nWritten: bench/results.json, docs/performance.md, docs/performance.svg")
}
