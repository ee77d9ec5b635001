/** The page at `/__sandbox`: requests, faults that are still to come, and keys, without secrets. */
import { escapeHtml } from "../../internal/html.js"
import type { Fault } from "./Fault.js"
import type { SandboxKey } from "./Ledger.js"
import { page } from "./pages.js"
import type * as Reply from "./Reply.js"
import type { ReceivedRequest } from "./Requests.js"
import { iso } from "./SandboxClock.js"
import * as Usage from "./Usage.js"

const style = `
body { display: block }
main { max-width: 58rem; margin: 1rem auto }
h2 { margin: 2rem 0 .5rem; font-size: 1.125rem }
.wide { overflow-x: auto }
table { width: 100%; border-collapse: collapse; font-size: .9375rem }
th, td { padding: .4375rem .75rem .4375rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; white-space: nowrap }
a { color: var(--accent) }
`

interface State {
  readonly faults: ReadonlyArray<Fault>
  readonly keys: ReadonlyArray<SandboxKey>
  readonly requests: ReadonlyArray<ReceivedRequest>
  /** Milliseconds since 1970. */
  readonly now: number
}

/** How many requests the page shows, the newest first. */
const shown = 100

const table = (
  title: string,
  columns: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  none: string
) =>
  `<h2>${escapeHtml(title)}</h2>
${
  rows.length === 0
    ? `<p>${escapeHtml(none)}</p>`
    : `<div class="wide" tabindex="0" role="region" aria-label="${escapeHtml(title)}"><table><thead><tr>${columns.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join("")}</tr></thead><tbody>
${rows.map((row) => `<tr>${row.map((value) => `<td>${escapeHtml(value)}</td>`).join("")}</tr>`).join("\n")}
</tbody></table></div>`
}`

const time = (millis: number) => iso(millis).slice(0, 19).replace("T", " ")

const dollars = (amount: number | null) => (amount === null ? "none" : `$${amount}`)

const faultWords = (fault: Fault) =>
  [fault.status, fault.breakage, fault.delay === undefined ? undefined : "delayed"]
    .filter((word) => word !== undefined)
    .join(", ")

export const controlPage = ({ faults, keys, now, requests }: State): Reply.Reply =>
  page(
    200,
    "Requests · OpenRouter sandbox",
    `<h1>Requests, faults and keys</h1>
<p>The time of this sandbox is ${time(now)} UTC. <a href="/__sandbox">Reload</a> · <a href="/docs">API</a></p>
${table(
  "Requests",
  ["Time", "Method", "Path", "Operation", "Status"],
  requests
    .slice(-shown)
    .reverse()
    .map((request) => [
      time(request.receivedAt),
      request.method,
      request.path,
      request.operation ?? "",
      request.breakage === undefined ? String(request.status) : `${request.status}, ${request.breakage}`
    ]),
  "None yet. Set OPENROUTER_BASE_URL to this origin with /api/v1, then run your program."
)}
${table(
  "Faults still to come",
  ["Operation", "Fault", "Times"],
  faults.map((fault) => [
    fault.operation ?? "any",
    faultWords(fault),
    fault.times === Number.POSITIVE_INFINITY ? "always" : String(fault.times ?? 1)
  ]),
  "None. Every request gets its normal answer."
)}
${table(
  "Keys",
  ["Label", "User", "Limit", "Spent", "Expires"],
  keys.map((key) => [
    key.label,
    key.userId,
    dollars(key.limit),
    dollars(Usage.dollars(Usage.at(key.usage, now).total)),
    key.expiresAt === null ? "never" : time(key.expiresAt)
  ]),
  "None."
)}`,
    style
  )
