// npm run docs:runtimes: writes the table of docs/runtimes.md from what `npm run test:runtimes` kept in .tmp/runtimes. A row that was not run
// again stays as it is.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const page = join(root, "docs", "runtimes.md")
const kept = join(root, ".tmp", "runtimes")
const [begin, end] = ["<!-- written by scripts/runtimes-table.mjs -->", "<!-- end -->"]

/** The order of the page. */
const names = [
  "Node 20.19",
  "Node 22",
  "Node 24",
  "Node 26",
  "Bun",
  "Deno",
  "workerd, bundled by esbuild",
  "edge-runtime, bundled by esbuild",
  "Chromium, bundled by esbuild",
  "Chromium, built by Vite",
  "Node 24, bundled by esbuild",
  "Bun, bundled by Bun",
  "Node 22, bundled by webpack",
  "Node 22, bundled by rspack",
  "Node 22, bundled by rollup",
  "Node 22, bundled by metro"
]

const cells = ({ checks, date, name, passed, refused, repeats, version }) => [
  name,
  version,
  date,
  `${passed} of ${checks}`,
  `\`${refused}\``,
  repeats ? "by the runtime" : "no"
]
const line = (row) => `| ${row.join(" | ")} |`

const text = readFileSync(page, "utf8")
const before = text.slice(text.indexOf(begin) + begin.length, text.indexOf(end)).split("\n")
const rows = new Map(before.filter((row) => row.startsWith("| ")).map((row) => [row.split("|")[1].trim(), row]))
for (const file of existsSync(kept) ? readdirSync(kept) : []) {
  const row = JSON.parse(readFileSync(join(kept, file), "utf8"))
  rows.set(row.name, line(cells(row)))
}
const table = [
  line(["Runtime", "Version", "Run on", "Checks passed", "A refused connection is", "A POST is sent again"]),
  line(["---", "---", "---", "---", "---", "---"]),
  ...names.flatMap((name) => rows.get(name) ?? [])
]
writeFileSync(
  page,
  `${text.slice(0, text.indexOf(begin) + begin.length)}\n\n${table.join("\n")}\n\n${text.slice(text.indexOf(end))}`
)
