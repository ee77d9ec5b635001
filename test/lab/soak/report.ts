/** The table at the end of the soak, and whether all of it is as it has to be. */
import type { openBooks } from "./accounts.js"
import type { Taken } from "./faults.js"
import type { Measure } from "./messages.js"

export type Kind = "PostgreSQL" | "Redis" | "terminal"

export interface Tally {
  begun: number
  keys: number
  failed: number
  left: number
  twice: number
  outages: number
  endedByOutage: number
  held: number
  readonly unconfirmed: Array<string>
  readonly unexpected: Array<string>
}

export const tally = (): Tally => ({
  begun: 0,
  keys: 0,
  failed: 0,
  left: 0,
  twice: 0,
  outages: 0,
  endedByOutage: 0,
  held: 0,
  unconfirmed: [],
  unexpected: []
})

export interface Findings {
  readonly minutes: number
  readonly rate: number
  readonly seed: number
  readonly tallies: Readonly<Record<Kind, Tally>>
  /** Of each process, in the order in which they were taken. The last one is of the idle process. */
  readonly samples: ReadonlyMap<string, ReadonlyArray<Measure>>
  readonly books: ReturnType<ReturnType<typeof openBooks>["result"]>
  readonly taken: Taken
  /** Requests that reached the sandbox. */
  readonly exchanges: number
  readonly keyReads: number
  readonly heldCount: number
}

const megabyte = 1024 * 1024
const inMegabytes = (bytes: number) => `${(bytes / megabyte).toFixed(1)} MB`

const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = [...numbers].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The heap after a third of the run and at its end, as medians of a sixth of the samples. */
const heapOf = (samples: ReadonlyArray<Measure>) => {
  const heaps = samples.slice(0, -1).map(({ heapBytes }) => heapBytes)
  const span = Math.max(1, Math.floor(heaps.length / 6))
  const third = Math.floor(heaps.length / 3)
  return { early: median(heaps.slice(third, third + span)), late: median(heaps.slice(-span)) }
}

/** Room for chance, and for the caches of the runtime. */
const isFlat = ({ early, late }: ReturnType<typeof heapOf>): boolean => late <= early * 1.1 + 2 * megabyte

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>, fill = " ") =>
    `| ${widths.map((width, column) => (row[column] ?? fill).padEnd(width, fill)).join(" | ")} |`
  const [head = [], ...rest] = rows
  return [line(head), line([], "-"), ...rest.map((row) => line(row))].join("\n")
}

export const report = (findings: Findings): { readonly isGood: boolean; readonly text: string } => {
  const { books, exchanges, heldCount, keyReads, minutes, rate, samples, seed, taken, tallies } = findings
  const kinds = [tallies.PostgreSQL, tallies.Redis, tallies.terminal]
  const sum = (of: (tally: Tally) => number) => kinds.reduce((total, one) => total + of(one), 0)
  const row = (name: string, of: (tally: Tally) => number) => [
    name,
    ...kinds.map((one) => String(of(one))),
    String(sum(of))
  ]
  const unexplained = (one: Tally) => one.begun - one.keys - one.failed - one.left - one.endedByOutage

  const counts = table([
    ["sign-ins", "web on PostgreSQL", "web on Redis", "terminal", "all"],
    row("begun", ({ begun }) => begun),
    row("gave a key", ({ keys }) => keys),
    row("failed, because OpenRouter's answer was broken", ({ failed }) => failed),
    row("left by the user", ({ left }) => left),
    row("over, because the store went away in the middle of a callback", ({ endedByOutage }) => endedByOutage),
    row("ended in another way", unexplained),
    row("callbacks sent to both servers at once", ({ twice }) => twice),
    row('"try again", because the store was away', ({ outages }) => outages),
    [
      "waited through the restart",
      `${tallies.PostgreSQL.held} of ${heldCount}`,
      `${tallies.Redis.held} of ${heldCount}`,
      "",
      ""
    ]
  ])

  const unexpected = kinds.flatMap((one) => one.unexpected)
  const keys = sum((one) => one.keys)
  const failed = sum((one) => one.failed)
  const unconfirmed = kinds.flatMap((one) => one.unconfirmed)
  const checks: ReadonlyArray<readonly [what: string, found: string, isGood: boolean]> = [
    ["sign-ins that were lost", String(sum(unexplained)), sum(unexplained) === 0],
    ["keys that came twice, or from nowhere", String(books.tooMany), books.tooMany === 0],
    ["keys that went to somebody else", String(books.mixedUp.length), books.mixedUp.length === 0],
    [
      "keys made = keys received + keys in a broken answer",
      `${books.issued} = ${keys} + ${taken.lostKeys}`,
      books.issued === keys + taken.lostKeys && books.lost === taken.lostKeys
    ],
    ["failed sign-ins = broken answers", `${failed} = ${taken.failures}`, failed === taken.failures],
    [
      "exchanges sent = keys received + failed sign-ins: no code twice",
      `${exchanges} = ${keys} + ${failed}`,
      exchanges === keys + failed
    ],
    [
      "sign-ins that waited through a restart and ended as they should",
      `${tallies.PostgreSQL.held + tallies.Redis.held} of ${2 * heldCount}`,
      tallies.PostgreSQL.held + tallies.Redis.held === 2 * heldCount
    ],
    // Four broken answers in a row are possible, and then the client gives up.
    ["new keys that `GET /key` did not confirm", String(unconfirmed.length), unconfirmed.length * 1000 <= keys]
  ]

  const memory = Array.from(samples, ([name, measures]) => {
    const heap = heapOf(measures)
    const last = measures.at(-1)
    return {
      isGood: isFlat(heap) && (name !== "terminal" || last?.servers === 0),
      row: [
        name,
        inMegabytes(heap.early),
        inMegabytes(heap.late),
        isFlat(heap) ? "yes" : "NO",
        inMegabytes(Math.max(...measures.map(({ residentBytes }) => residentBytes))),
        String(last?.sockets),
        String(last?.servers)
      ]
    }
  })

  const isGood = checks.every(([, , good]) => good) && memory.every((one) => one.isGood)
  const broken = (count: number, all: number) => `${count} of ${all} (${((100 * count) / all).toFixed(1)} %)`
  const text = [
    `${minutes} minutes, at most ${rate} sign-ins a second, seed ${seed}: ${isGood ? "all is well" : "SOMETHING IS WRONG"}.`,
    `Answers broken by the sandbox: ${broken(taken.exchange, exchanges)} exchanges, ${broken(taken.currentKey, keyReads)} reads of a key.`,
    "",
    counts,
    "",
    table([
      ["what has to hold", "found", "holds"],
      ...checks.map(([what, found, good]) => [what, found, good ? "yes" : "NO"])
    ]),
    "",
    table([
      [
        "process",
        "heap after a third",
        "heap at the end",
        "flat",
        "most resident memory",
        "sockets left",
        "servers left"
      ],
      ...memory.map((one) => one.row)
    ]),
    ...(unexpected.length === 0 ? [] : ["", "Not expected:", ...[...new Set(unexpected)].map((what) => `- ${what}`)]),
    ...(unconfirmed.length === 0 ? [] : ["", "Not confirmed:", ...[...new Set(unconfirmed)].map((what) => `- ${what}`)])
  ].join("\n")
  return { isGood, text }
}
