/** Every fault × every operation × every way to reach OpenRouter. What came out is `docs/faults.md`. */
import { fileURLToPath } from "node:url"
import * as Util from "node:util"
import { assert, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { isOAuthError } from "effect-openrouter-oauth/OAuthError"
import { ok } from "../util/client.js"
import { type Called, clients, operations, secrets } from "./clients.js"
import { type Fault, faults, healthy, serve } from "./network.js"

const bodies: Record<Called, string> = {
  createAuthCode: JSON.stringify(ok.createAuthCode),
  exchangeAuthCodeForAPIKey: JSON.stringify(ok.exchangeAuthCodeForAPIKey),
  getCurrentKey: JSON.stringify(ok.getCurrentKey)
}
const bodyFor = (path: string) =>
  path.endsWith("/auth/keys/code")
    ? bodies.createAuthCode
    : path.endsWith("/auth/keys")
      ? bodies.exchangeAuthCodeForAPIKey
      : bodies.getCurrentKey

interface Outcome {
  readonly fault: string
  readonly operation: Called
  readonly client: string
  readonly result: string
  readonly sent: number
  readonly shown: string
}

/** The tag of an error, with its reason where it is a malformed answer; "done" where there is none. */
const resultOf = (answer: unknown): string => {
  if (answer === "done") return "done"
  if (!isOAuthError(answer)) return `not an error of ours: ${String(answer)}`
  return answer._tag === "MalformedResponse" ? `${answer._tag} (${answer.reason})` : answer._tag
}

const shownOf = (answer: unknown): string =>
  [
    Util.inspect(answer, { showHidden: true, depth: null }),
    JSON.stringify(answer),
    answer instanceof Error ? `${answer.message}\n${answer.stack}` : ""
  ].join("\n")

const healthyNetwork: Fault = { name: "no fault", apply: ({ answer, socket }) => void socket.write(answer) }
const clientOf = (name: string) => {
  const client = clients[name]
  assert(client)
  return client
}

interface Case {
  readonly fault: Fault
  readonly operation: Called
  readonly client: string
}

const run = (cases: ReadonlyArray<Case>, options: { readonly retry: boolean }) =>
  Effect.gen(function* () {
    const network = yield* serve((id) => cases[Number(id)]?.fault ?? healthyNetwork, bodyFor)
    return yield* Effect.forEach(
      cases,
      ({ client: name, fault, operation }, index) =>
        Effect.promise(async (): Promise<Outcome> => {
          const id = String(index)
          const client = clientOf(name)({
            baseUrl: network.baseUrl(id, fault),
            timeoutMs: fault.timeoutMs ?? 60_000,
            retry: options.retry
          })
          try {
            if (fault.afterAnother === true) await client.call(operation)
            const before = network.requests(id)
            const answer = await client.call(operation)
            return {
              fault: fault.name,
              operation,
              client: name,
              result: resultOf(answer),
              sent: network.requests(id) - before,
              shown: shownOf(answer)
            }
          } finally {
            await client.dispose()
          }
        }),
      { concurrency: 24 }
    )
  }).pipe(Effect.scoped)

const everywhere = (some: ReadonlyArray<Fault>): ReadonlyArray<Case> =>
  some.flatMap((fault) =>
    operations.flatMap((operation) => Object.keys(clients).map((client) => ({ fault, operation, client })))
  )

const check = (outcomes: ReadonlyArray<Outcome>) => {
  const label = ({ client, fault, operation, result, sent }: Outcome) =>
    `${fault}, ${operation}, ${client}: ${result}, sent ${sent} times`
  const those = (wrong: (outcome: Outcome) => boolean) => outcomes.filter(wrong).map(label)
  assert.deepStrictEqual(
    those(({ result }) => result.startsWith("not an error")),
    [],
    "every failure is a tagged error"
  )
  assert.deepStrictEqual(
    those(({ operation, sent }) => operation === "exchangeAuthCodeForAPIKey" && sent > 1),
    [],
    "a code is sent once"
  )
  assert.deepStrictEqual(
    those(({ result, sent }) => result === "ConnectionFailed" && sent > 0),
    [],
    "what was sent is not called unsent"
  )
  assert.deepStrictEqual(
    those(({ shown }) => secrets.some((secret) => shown.includes(secret))),
    [],
    "no secret shows"
  )
}

/** One row a fault and operation; ways to reach OpenRouter that agree share a line. */
const table = (outcomes: ReadonlyArray<Outcome>): string => {
  const steady = faults.filter(({ isUnsteady }) => isUnsteady !== true)
  const rows = steady.flatMap((fault) =>
    operations.map((operation) => {
      const of = outcomes.filter((outcome) => outcome.fault === fault.name && outcome.operation === operation)
      const results = new Map<string, Array<string>>()
      for (const { client, result, sent } of of) {
        const told = `${result}, sent ${sent === 1 ? "once" : `${sent} times`}`
        results.set(told, [...(results.get(told) ?? []), client])
      }
      const told = [...results].map(([result, names]) =>
        results.size === 1 ? result : `${result} (${names.join(", ")})`
      )
      return [fault.name, `\`${operation}\``, told.join("; ")]
    })
  )
  const cells = [["what happens", "operation", "what the caller gets"], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>, fill = " ") =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |`
  const [title = [], ...rest] = cells
  return [line(title), line(["-", "-", "-"], "-"), ...rest.map((row) => line(row))].join("\n")
}

describe("the laboratory", () => {
  it.live("every fault gives a tagged error without a secret, and a code is sent once", () =>
    Effect.gen(function* () {
      const outcomes = yield* run(everywhere(faults), { retry: true })
      check(outcomes)
      const page = `# What a client makes of a broken network

\`test/lab/faults.load.test.ts\` makes this table: a raw server breaks its answer in one way, and every operation is called through every
transport (${Object.keys(clients).join(", ")}), with the standard retry
policy. Where they differ, the row says which. "Sent" counts the requests that arrived. Three more faults have no row, because their
outcome depends on the moment: a kept connection that breaks with the second request, a body that is not the gzip it claims to be and
ends with a close (Node's fetch often waits for its end until the deadline), and a reset after each single byte of the answer. For them the test checks what holds for all: a tagged error without a secret, an exchange that is sent once, and no ConnectionFailed
for what was sent.

${table(outcomes)}
`
      yield* Effect.promise(() =>
        expect(page).toMatchFileSnapshot(fileURLToPath(new URL("../../docs/faults.md", import.meta.url)))
      )
    })
  )

  it.live.each(operations)("a reset after any byte of the answer: %s", (operation) =>
    Effect.gen(function* () {
      const bytes = healthy(bodies[operation])
      const resets = Array.from(
        bytes,
        (_, length): Fault => ({
          name: `a reset after ${length} bytes`,
          apply: ({ answer, socket }) => void socket.write(answer.subarray(0, length), () => socket.resetAndDestroy())
        })
      )
      const outcomes = yield* run(
        resets.flatMap((fault) => Object.keys(clients).map((client) => ({ fault, operation, client }))),
        { retry: false }
      )
      check(outcomes)
      assert.deepStrictEqual([...new Set(outcomes.map(({ result }) => result))], ["ConnectionLost"])
    })
  )
})
