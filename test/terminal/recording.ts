/** Screens of a terminal, with their colours, as one animated SVG that is readable on light and dark pages. */

export interface Frame {
  /** What `tmux capture-pane -e` gave: text with escape sequences of colour. */
  readonly screen: string
  readonly milliseconds: number
}

const columns = 80
const cell = { width: 8.4, height: 19 }
const margin = 16

const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")

/** The colours that the command uses, by the number of their escape sequence. */
const colours: Readonly<Record<string, string>> = {
  31: "red",
  32: "green",
  33: "yellow",
  34: "blue",
  35: "magenta",
  36: "cyan",
  90: "grey"
}

interface Style {
  readonly colour: string | undefined
  readonly bold: boolean
  readonly dim: boolean
}

const plain: Style = { colour: undefined, bold: false, dim: false }

const styled = (style: Style, code: string): Style => {
  if (code === "" || code === "0") return plain
  if (code === "1") return { ...style, bold: true }
  if (code === "2") return { ...style, dim: true }
  if (code === "22") return { ...style, bold: false, dim: false }
  if (code === "39") return { ...style, colour: undefined }
  return code in colours ? { ...style, colour: colours[code] } : style
}

/** One row; a style lasts until it is changed, also beyond the end of a row. */
const rowOf = (row: string, begun: Style): readonly [svg: string, style: Style] => {
  let style = begun
  let svg = ""
  for (const [index, part] of row.split(/\u001b\[([\d;]*)m/).entries()) {
    if (index % 2 === 1) style = part.split(";").reduce(styled, style)
    else if (part !== "") {
      const classes = [style.colour, style.bold && "bold", style.dim && "dim"].filter(Boolean).join(" ")
      svg += classes === "" ? escaped(part) : `<tspan class="${classes}">${escaped(part)}</tspan>`
    }
  }
  return [svg, style]
}

const textOf = (screen: string): string => {
  let style = plain
  return screen
    .split("\n")
    .map((row, index) => {
      const [svg, after] = rowOf(row, style)
      style = after
      return svg === "" ? "" : `<text x="${margin}" y="${margin + (index + 0.75) * cell.height}">${svg}</text>`
    })
    .join("")
}

/** The last frame stays for readers who do not want motion. */
export const toSvg = (frames: ReadonlyArray<Frame>, title: string): string => {
  const rows = Math.max(...frames.map(({ screen }) => screen.split("\n").length))
  const [width, height] = [Math.ceil(columns * cell.width + 2 * margin), rows * cell.height + 2 * margin]
  const whole = frames.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const percent = (milliseconds: number) => `${Math.round((milliseconds / whole) * 10_000) / 100}%`
  let begun = 0
  const shown = frames.map(({ milliseconds, screen }, index) => {
    const [from, to] = [begun, begun + milliseconds]
    begun = to
    const before = from === 0 ? "" : `0%{visibility:hidden}`
    const after = to === whole ? "" : `${percent(to)}{visibility:hidden}`
    return {
      rule: `@keyframes f${index}{${before}${percent(from)}{visibility:visible}${after}}#f${index}{animation-name:f${index}}`,
      group: `<g id="f${index}" class="frame">${textOf(screen)}</g>`
    }
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
<title id="title">${escaped(title)}</title>
<style>
text{fill:#1f2328;white-space:pre}.bold{font-weight:700}.dim,.grey{fill:#59636e}.red{fill:#b3261e}.green{fill:#116329}.yellow{fill:#7d4e00}.blue,.cyan{fill:#0550ae}.magenta{fill:#8250df}
.panel{fill:#ffffff;stroke:#d0d7de}
.frame{visibility:hidden;animation:${whole}ms step-end infinite}
${shown.map(({ rule }) => rule).join("\n")}
@media (prefers-color-scheme: dark){text{fill:#e6edf3}.dim,.grey{fill:#9198a1}.red{fill:#ff7b72}.green{fill:#7ee787}.yellow{fill:#f2cc60}.blue,.cyan{fill:#79c0ff}.magenta{fill:#d2a8ff}.panel{fill:#0d1117;stroke:#3d444d}}
@media (prefers-reduced-motion: reduce){.frame{animation:none}#f${frames.length - 1}{visibility:visible}}
</style>
<rect class="panel" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${shown.map(({ group }) => group).join("\n")}
</svg>
`
}
