/**
 * npm run bench                 measures everything, prints the table, writes bench/results.json, docs/performance.md and its chart
 * npm run bench -- --only cpu   only the cases whose name holds that; the others keep the results they have
 * npm run bench -- --continue   goes on with a run that was interrupted, or whose steps were late or disturbed
 * npm run bench -- --quick      fewer rounds, for a first look; writes nothing
 * npm run bench -- --smoke      a few calls of everything: that it works, not how fast; writes nothing
 */
import { parseArgs } from "node:util"
import { stop } from "esbuild"
import { machine, mostBusy, othersUse } from "./machine.mjs"
import { terminalTable } from "./report.mjs"
import { changedSizes, forget, interrupted, keep, publish } from "./results.mjs"
import { rowsOf } from "./rows.mjs"
import { stepsOf } from "./steps.mjs"

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    continue: { type: "boolean" },
    quick: { type: "boolean" },
    smoke: { type: "boolean" }
  }
})
const mode = options.smoke ? "smoke" : options.quick ? "quick" : "full"
const percent = (part) => `${Math.round(part * 100)} %`

const steps = stepsOf(mode)
const chosen = steps.filter(({ names }) => names.some((name) => name.includes(options.only ?? "")))
if (chosen.length === 0) {
  console.error(`No case is called ${options.only}: ${steps.flatMap(({ names }) => names).join(", ")}`)
  process.exit(2)
}

const measured = options.continue ? interrupted(mode) : {}
const isDone = (name) => {
  const { busy = 0, late } = measured[name] ?? { late: "not measured" }
  return late === undefined && busy <= mostBusy
}

/** The cases of a step, each with when it was measured and how busy others kept the machine; of a late one, why. */
const take = async ({ names, run, timed }) => {
  const at = new Date().toISOString()
  const before = timed && mode === "full" ? await othersUse() : 0
  try {
    const results = await run()
    const busy = timed && mode === "full" ? Math.max(before, await othersUse()) : 0
    return results.map((result) => ({ ...result, measured: at, ...(timed ? { busy: Number(busy.toFixed(2)) } : {}) }))
  } catch (error) {
    return names.map(() => ({ measured: at, late: error.message }))
  } finally {
    // esbuild's process, which keeps its memory for as long as this one lives.
    await stop()
  }
}

for (const step of chosen) {
  const title = step.names.join(" and ")
  if (step.names.every(isDone)) {
    console.error(`${title}: measured before`)
    continue
  }
  const begun = performance.now()
  const results = await take(step)
  for (const [i, name] of step.names.entries()) measured[name] = results[i]
  keep(mode, measured)
  const [{ late }] = results
  console.error(
    `${title}: ${((performance.now() - begun) / 1_000).toFixed(1)} s${late === undefined ? "" : `, FAILED: ${late}`}`
  )
}

const names = chosen.flatMap((step) => step.names)
const failed = names.filter((name) => measured[name]?.late !== undefined)
const disturbed = names.filter((name) => (measured[name]?.busy ?? 0) > mostBusy)
const taken = Object.fromEntries(names.map((name) => [name, measured[name]]))

console.log(`\n${terminalTable(rowsOf(taken).filter((row) => row.case in taken))}`)
for (const sentence of changedSizes(taken)) console.log(sentence)
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(", ")}. The rest is kept; --continue measures these anew.`)
  process.exitCode = 1
}
if (mode !== "full") console.log(`\nWith --${mode} nothing is written.`)
else if (disturbed.length > 0) {
  const most = percent(Math.max(...disturbed.map((name) => measured[name].busy)))
  console.error(
    `\nNot published: other processes used up to ${most} of the ${machine.cores} cores at ${disturbed.join(", ")}.\n` +
      `What was measured is kept in .tmp/bench. On a quiet machine --continue measures these anew.`
  )
  process.exitCode = 1
} else {
  const refused = publish(
    steps.flatMap((step) => step.names),
    taken,
    options.only === undefined
  )
  if (refused === undefined) {
    if (failed.length === 0) forget(mode)
    console.log("\nWritten: bench/results.json, docs/performance.md, docs/performance.svg")
  } else {
    console.error(`\nNot written: ${refused}`)
    process.exitCode = 1
  }
}
