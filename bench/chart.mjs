/** The ratios as a bar chart, an SVG of its own: light or dark as its reader's screen is. */

const width = 860
const left = 420
const right = 800
const rowHeight = 26
const top = 92

const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;")

/** What a bar stands for, in few words: the table has the many. */
const labels = {
  "bytes-added": "bytes added to an Effect program",
  "bytes-plain": "bytes of a plain async program",
  import: "import, whole process",
  cpu: "CPU, deadline",
  "cpu-without-deadline": "CPU, no deadline",
  latency: "latency, fetch",
  concurrency: "CPU, 64 at once, fetch",
  pkce: "a PKCE pair",
  allocation: "bytes allocated, deadline",
  "allocation-without-deadline": "bytes allocated, no deadline",
  memory: "resident memory after import",
  refused: "CPU of a 403 with its typed error"
}

const labelOf = ({ against, case: name, what }) => {
  const face = /: (Effect|promise|Effect, layerUndici)$/.exec(what)?.[1]
  if (face === "Effect, layerUndici") return `${labels[name].replace(/, fetch$/, "")}, layerUndici`
  const to = against === "sdkClass" ? " (to its class)" : ""
  return `${labels[name]}${to}${face === undefined ? "" : `, ${face}`}`
}

/** Those that are compared with the SDK and have a goal. */
const charted = (rows) =>
  rows
    .filter(({ against, goal, ratio }) => goal !== undefined && ratio !== undefined && against !== "empty")
    .map((row) => ({
      label: labelOf(row),
      ratio: row.ratio,
      goal: row.goal.ratio ?? row.goal.value / row.other,
      reached: row.reached
    }))

export const chart = ({ date, rows, sdk }) => {
  const bars = charted(rows)
  const most = Math.max(1.25, ...bars.flatMap(({ goal, ratio }) => [goal, Math.min(ratio, 4)])) * 1.04
  const x = (value) => Math.round((left + (Math.min(value, most) / most) * (right - left)) * 10) / 10
  const bottom = top + bars.length * rowHeight
  const height = bottom + 34
  const ticks = Array.from({ length: Math.floor(most / 0.5) + 1 }, (_, i) => i / 2)
  const reached = bars.filter((bar) => bar.reached).length
  const description = `${reached} of ${bars.length} goals reached. ${bars
    .map(({ goal, label, ratio }) => `${label}: ${ratio.toFixed(2)}, goal ${goal.toFixed(2)}`)
    .join("; ")}.`
  const drawn = bars.map(({ goal, label, ratio, reached }, i) => {
    const y = top + i * rowHeight
    // Where the goal's mark would run through the number, it stands behind that.
    const besideGoal = x(goal) >= x(ratio) && x(goal) < x(ratio) + 45
    return `  <text class="text" x="${left - 12}" y="${y + 14}" text-anchor="end">${escape(label)}</text>
  <rect class="${reached ? "reached" : "missed"}" x="${left}" y="${y + 2}" width="${Math.max(1, x(ratio) - left).toFixed(1)}" height="15" rx="2"/>
  <path class="goal" d="M${x(goal)} ${y - 2}v23"/>
  <text class="text number" x="${(besideGoal ? x(goal) : x(ratio)) + 7}" y="${y + 14}">${ratio.toFixed(2)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="14">
  <title id="title">This library beside the official SDK: lower is better</title>
  <desc id="description">${escape(description)}</desc>
  <style>
    .panel { fill: #ffffff; stroke: #d0d7de }
    .text { fill: #1f2328 }
    .soft { fill: #59636e }
    .line { stroke: #d0d7de }
    .one { stroke: #59636e; stroke-dasharray: 4 4 }
    .reached { fill: #3b6fd4 }
    .missed { fill: #c9822b }
    .goal { stroke: #1f2328; stroke-width: 2.5 }
    .strong { font-weight: 600 }
    .number { font-variant-numeric: tabular-nums; paint-order: stroke; stroke: #ffffff; stroke-width: 5 }
    @media (prefers-color-scheme: dark) {
      .panel { fill: #161b22; stroke: #3d444d }
      .text { fill: #e6edf3 }
      .soft { fill: #9198a1 }
      .line { stroke: #3d444d }
      .one { stroke: #9198a1 }
      .reached { fill: #6ea0ff }
      .missed { fill: #d9a05b }
      .goal { stroke: #e6edf3 }
      .number { stroke: #161b22 }
    }
  </style>
  <rect class="panel" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"/>
  <text class="text strong" x="24" y="32" font-size="16">This library beside @openrouter/sdk ${escape(sdk)}, lower is better</text>
  <rect class="reached" x="24" y="46" width="14" height="12" rx="2"/>
  <text class="soft" x="44" y="57" font-size="13">goal reached</text>
  <rect class="missed" x="140" y="46" width="14" height="12" rx="2"/>
  <text class="soft" x="160" y="57" font-size="13">not yet</text>
  <path class="goal" d="M226 44v16"/>
  <text class="soft" x="236" y="57" font-size="13">goal</text>
  <path class="one" d="M284 44v16"/>
  <text class="soft" x="294" y="57" font-size="13">the SDK's functions = 1</text>
  <text class="soft" x="${right}" y="57" font-size="13" text-anchor="end">${escape(date)}</text>
${ticks
  .map(
    (tick) => `  <path class="${tick === 1 ? "one" : "line"}" d="M${x(tick)} ${top - 10}V${bottom}"/>
  <text class="soft" x="${x(tick)}" y="${bottom + 18}" text-anchor="middle" font-size="13">${tick}</text>`
  )
  .join("\n")}
${drawn.join("\n")}
</svg>
`
}
