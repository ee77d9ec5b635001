/** The table of the rows, for the terminal and for docs/performance.md. */

const thousands = (value) => Math.round(value).toLocaleString("en-US")

const amount = (value, unit) => {
  if (unit === "bytes") return thousands(value)
  if (unit === "bytes left") return value.toFixed(1)
  return `${Number(value.toPrecision(3))} ${unit.replace(/ of CPU$/, "")}`
}

const ratio = (value) => (value === undefined ? "–" : value.toFixed(2))

const percent = (part) => (part === undefined ? "–" : `${Math.round(part * 100)} %`)

const goalOf = ({ goal }) => {
  if (goal === undefined) return "–"
  return goal.value === undefined ? `≤ ${goal.ratio.toFixed(2)}` : `≤ ${thousands(goal.value)}`
}

const columns = [
  { title: "what", of: ({ what }) => what },
  {
    title: "ours",
    right: true,
    of: ({ failed, ours, unit }) => (ours === undefined ? (failed ? "failed" : "not measured") : amount(ours, unit))
  },
  {
    title: "SDK",
    right: true,
    of: ({ against, other, unit }) => (against === "empty" || other === undefined ? "–" : amount(other, unit))
  },
  { title: "ratio", right: true, of: (row) => ratio(row.ratio) },
  { title: "goal", right: true, of: goalOf },
  {
    title: "reached",
    of: ({ ours, reached }) => (reached === undefined || ours === undefined ? "–" : reached ? "yes" : "no")
  },
  { title: "SDK's class", right: true, of: ({ sdkClass }) => ratio(sdkClass) },
  { title: "bare fetch", right: true, of: ({ fetch }) => ratio(fetch) },
  {
    title: "quartiles apart",
    right: true,
    of: ({ otherSpread, spread }) => [spread, otherSpread].map(percent).join(", ")
  },
  { title: "measured", of: ({ measured }) => measured ?? "–" }
]

const table = (rows, shown) => [shown.map(({ title }) => title), ...rows.map((row) => shown.map(({ of }) => of(row)))]

/** Aligned columns. */
export const terminalTable = (rows) => {
  const cells = table(rows, columns)
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i].length)))
  return cells
    .map((line) =>
      line
        .map((cell, i) => (columns[i].right ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

const markdownTable = (rows, shown) => {
  const [head, ...lines] = table(rows, shown).map((line) => `| ${line.join(" | ")} |`)
  return [head, `| ${shown.map(({ right }) => (right ? "---:" : "---")).join(" | ")} |`, ...lines].join("\n")
}

const begin = "<!-- what npm run bench measured: begin -->"
const end = "<!-- what npm run bench measured: end -->"

/** What docs/performance.md says of the results, and, beside each ratio, what it was for the first client. */
export const documented = (results, before) => {
  const shown = columns.toSpliced(3, 0, {
    title: "before",
    right: true,
    of: (row) => {
      const then = before.rows.find(({ case: name, what }) => name === row.case && what === row.what)
      if (then?.ratio !== undefined && then.goal?.value === undefined) return ratio(then.ratio)
      return then?.ours === undefined ? "–" : amount(then.ours, then.unit)
    }
  })
  const reached = results.rows.filter((row) => row.reached === true).length
  const goals = results.rows.filter(({ goal }) => goal !== undefined).length
  const open = results.rows.filter(({ goal, ours }) => goal !== undefined && ours === undefined).length
  const { cores, node } = results.machine
  return `${begin}

Written on ${results.date}, measured with Node ${node} on ${cores} cores, beside \`@openrouter/sdk\` ${results.sdk}: ${reached} of ${goals} goals are reached${open > 0 ? `, ${open} were not measured` : ""}.

${markdownTable(results.rows, shown)}

${end}`
}

/** The page with that in it, between its marks. */
export const withDocumented = (page, text) => {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for the table: "${begin}" and "${end}"`)
  return page.slice(0, from) + text + page.slice(to + end.length)
}
