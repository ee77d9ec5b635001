/** Where results are kept: step by step in .tmp/bench, and at the end in what is published. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { chart } from "./chart.mjs"
import { machine } from "./machine.mjs"
import { documented, withDocumented } from "./report.mjs"
import { rowsOf } from "./rows.mjs"

const file = (path) => new URL(`../${path}`, import.meta.url)
const readJson = (path) => JSON.parse(readFileSync(file(path), "utf8"))
const json = (value) => `${JSON.stringify(value, null, 2)}\n`
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other)

const kept = (mode) => `.tmp/bench/${mode}.json`

/** The cases that an interrupted run has left. */
export const interrupted = (mode) => {
  if (!existsSync(file(kept(mode)))) return {}
  const last = readJson(kept(mode))
  return same(last.machine, machine) ? last.cases : {}
}

/** Keeps what is measured so far. */
export const keep = (mode, cases) => {
  mkdirSync(file(".tmp/bench/"), { recursive: true })
  writeFileSync(file(kept(mode)), json({ machine, cases }))
}

export const forget = (mode) => rmSync(file(kept(mode)), { force: true })

export const published = () => readJson("bench/results.json")

/** Writes the published table, page and chart. The cases that were not measured keep the results they have. */
export const publish = (names, measured, whole) => {
  const last = published()
  if (!whole && !same(last.machine, machine))
    return "the other results are not of such a machine. Run it without --only."
  const good = Object.fromEntries(Object.entries(measured).filter(([, { late }]) => late === undefined))
  const known = whole ? measured : { ...last.cases, ...good }
  const cases = Object.fromEntries(names.filter((name) => name in known).map((name) => [name, known[name]]))
  const text = json({
    date: new Date().toISOString().slice(0, 10),
    machine,
    sdk: readJson("node_modules/@openrouter/sdk/package.json").version,
    rows: rowsOf(cases),
    cases
  })
  writeFileSync(file("bench/results.json"), text)
  // As it reads back: JSON has no undefined.
  const written = JSON.parse(text)
  writeFileSync(file("docs/performance.svg"), chart(written))
  const page = file("docs/performance.md")
  writeFileSync(page, withDocumented(readFileSync(page, "utf8"), documented(written, readJson("bench/before.json"))))
  return undefined
}

/** Exact sizes that are not the published ones, as sentences. */
export const changedSizes = (measured) => {
  const before = published().cases
  return Object.entries(measured).flatMap(([name, { figures, unit }]) =>
    unit !== "bytes" || !name.startsWith("bytes-")
      ? []
      : Object.entries(figures ?? {}).flatMap(([subject, { median }]) => {
          const then = before[name]?.figures?.[subject]?.median
          return then === median ? [] : [`${name}, ${subject}: ${median} bytes, ${then ?? "nothing"} published`]
        })
  )
}
