/**
 * The soak: hours of a service in minutes. Terminal sign-ins, and web sign-ins on PostgreSQL and on Redis, for as long as
 * `--minutes` says (30), at `--rate` sign-ins a second (25). One answer of OpenRouter in twenty is broken; both stores are
 * restarted once. At the end: a table, and status 1 if a sign-in was lost or completed twice, or if memory grew.
 */

import { parseArgs } from "node:util"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import { postgres, redis, type Server } from "../../services/server.js"
import { cast } from "../../util/cast.js"
import { openBooks } from "./accounts.js"
import { chanceOf } from "./chance.js"
import { breakSome } from "./faults.js"
import { type Measure, measure, start } from "./messages.js"
import { type Kind, report, type Tally, tally } from "./report.js"
import { visit } from "./webUser.js"

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    rate: { type: "string", default: "25" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) }
  }
})
const minutes = Number(values.minutes)
const rate = Number(values.rate)
const seed = Number(values.seed)
if (!(minutes > 0 && rate > 0 && Number.isInteger(seed))) {
  console.error("Use: npm run soak -- [--minutes 30] [--rate 25] [--seed 1]")
  process.exit(2)
}

const workersOf: Readonly<Record<Kind, number>> = { PostgreSQL: 12, Redis: 12, terminal: 8 }
const workerCount = Object.values(workersOf).reduce((sum, count) => sum + count, 0)
/** Sign-ins that stand on OpenRouter's page while the store is restarted. */
const heldCount = 50
const duration = minutes * 60_000
const chance = chanceOf(seed)
const faults = breakSome(chanceOf(seed + 1))

const soak = Effect.gen(function* () {
  const { baseUrl } = yield* SandboxServer
  const sandbox = yield* Sandbox
  const books = openBooks(sandbox)
  const stores: Readonly<Record<Exclude<Kind, "terminal">, Server>> = {
    PostgreSQL: yield* postgres([]),
    // What was put before a restart is there after it.
    Redis: yield* redis(["--appendonly", "yes"])
  }
  const site = (kind: Exclude<Kind, "terminal">, name: string) =>
    start(`${kind} ${name}`, "./site.ts", {
      STORE_URL: stores[kind].url,
      KEY_LABEL: `web on ${kind}`,
      OPENROUTER_BASE_URL: baseUrl
    })
  const sites = {
    PostgreSQL: [yield* site("PostgreSQL", "A"), yield* site("PostgreSQL", "B")],
    Redis: [yield* site("Redis", "A"), yield* site("Redis", "B")]
  } as const
  const terminal = yield* start("terminal", "./terminal.ts", { OPENROUTER_BASE_URL: baseUrl })
  const processes = [...sites.PostgreSQL, ...sites.Redis, terminal]
  const tallies: Readonly<Record<Kind, Tally>> = { PostgreSQL: tally(), Redis: tally(), terminal: tally() }
  faults.begin(sandbox)

  const begin = yield* Clock.currentTimeMillis
  const end = begin + duration
  const elapsed = Effect.map(Clock.currentTimeMillis, (now) => now - begin)

  const web = (kind: Exclude<Kind, "terminal">, pause: Effect.Effect<void> = Effect.void, isHeld = false) =>
    Effect.gen(function* () {
      const counts = tallies[kind]
      const [a, b] = sites[kind]
      const twice = chance.happens(0.1)
      counts.begun++
      if (twice) counts.twice++
      const outcome = yield* visit({
        origins: chance.happens(0.5) ? [a.origin, b.origin] : [b.origin, a.origin],
        leaves: !isHeld && chance.happens(0.05),
        twice,
        intruder: chance.happens(0.05),
        pause,
        onOutage: () => counts.outages++
      })
      switch (outcome._tag) {
        case "Key":
          counts.keys++
          books.receive(outcome.key, `web on ${kind}`)
          if (outcome.confirmed !== `web on ${kind}`) counts.unconfirmed.push(outcome.confirmed)
          break
        case "Failed":
          counts.failed++
          break
        case "Left":
          counts.left++
          break
        case "Over":
          if (outcome.sawOutage) counts.endedByOutage++
          else counts.unexpected.push("a sign-in was over before its callback came")
          break
        case "Unexpected":
          counts.unexpected.push(outcome.what)
      }
      return outcome
    })

  let terminals = 0
  const atTerminal = Effect.gen(function* () {
    const counts = tallies.terminal
    const label = `terminal ${terminals++}`
    counts.begun++
    const dice = chance.next()
    const outcome = yield* terminal.signIn(label, dice < 0.7 ? "loopback" : dice < 0.95 ? "headless" : "leaves")
    switch (outcome._tag) {
      case "Key":
        counts.keys++
        books.receive(outcome.key, label)
        break
      case "Failed":
        counts.failed++
        break
      case "Left":
        counts.left++
    }
  })

  const worker = (kind: Kind, index: number) =>
    Effect.gen(function* () {
      const every = (workerCount / rate) * 1000
      yield* Effect.sleep(every * (index / workerCount))
      for (;;) {
        const started = yield* Clock.currentTimeMillis
        if (started >= end) return
        yield* kind === "terminal" ? atTerminal : web(kind)
        yield* Effect.sleep(Math.max(0, started + every - (yield* Clock.currentTimeMillis)))
      }
    })

  /** Restarts a store under load, with sign-ins that begin before and are completed after. */
  const restart = (kind: Exclude<Kind, "terminal">, at: number) =>
    Effect.gen(function* () {
      yield* Effect.sleep(at)
      const isBack = yield* Deferred.make<void>()
      const waiting = yield* Effect.makeSemaphore(heldCount)
      yield* waiting.take(heldCount)
      const held = yield* Effect.fork(
        Effect.forEach(
          Array.from({ length: heldCount }),
          () => web(kind, Effect.zipRight(waiting.release(1), Deferred.await(isBack)), true),
          { concurrency: heldCount }
        )
      )
      yield* waiting.take(heldCount)
      console.log(`${kind} is stopped`)
      yield* stores[kind].stop
      yield* Effect.sleep("3 seconds")
      yield* stores[kind].start
      console.log(`${kind} is back`)
      yield* Deferred.succeed(isBack, undefined)
      const outcomes = yield* held
      tallies[kind].held = outcomes.filter(({ _tag }) => _tag === "Key" || _tag === "Failed").length
    })

  const samples = new Map<string, Array<Measure>>([["sandbox and browsers", []]])
  for (const { name } of processes) samples.set(name, [])
  const sample = Effect.gen(function* () {
    for (const { measure: ask, name } of processes) samples.get(name)?.push(yield* ask)
    samples.get("sandbox and browsers")?.push(measure())
    const { exchange } = yield* faults.taken(sandbox)
    const keys = Object.values(tallies).reduce((sum, { keys: count }) => sum + count, 0)
    console.log(`${Math.round((yield* elapsed) / 1000)} s: ${keys} keys, ${exchange} exchanges broken`)
  })
  const sampling = sample.pipe(Effect.delay(Math.max(2_000, duration / 30)), Effect.forever)
  const bookkeeping = books.read.pipe(Effect.delay("1 second"), Effect.forever)

  const workers = Object.entries(workersOf).flatMap(([kind, count]) =>
    Array.from({ length: count }, () => cast<Kind>(kind))
  )
  yield* Effect.all(
    [
      Effect.forEach(workers, worker, { concurrency: "unbounded", discard: true }),
      restart("PostgreSQL", duration / 3),
      restart("Redis", (duration * 2) / 3)
    ],
    { concurrency: "unbounded" }
  ).pipe(Effect.raceFirst(Effect.all([sampling, bookkeeping], { concurrency: 2 })))
  // Kept connections end after five seconds without a request.
  yield* Effect.sleep("7 seconds")
  yield* books.read
  yield* sample
  return report({
    minutes,
    rate,
    seed,
    tallies,
    samples,
    books: books.result(),
    taken: yield* faults.taken(sandbox),
    exchanges: yield* sandbox.requests.count("exchangeAuthCodeForAPIKey"),
    keyReads: yield* sandbox.requests.count("getCurrentKey"),
    heldCount
  })
})

soak.pipe(
  Effect.scoped,
  Effect.provide(layerServer({ approve: true, onRequest: ({ operation }) => faults.afterRequest(operation) })),
  Effect.tap(({ isGood, text }) =>
    Effect.sync(() => {
      console.log(`\n${text}`)
      if (!isGood) process.exitCode = 1
    })
  ),
  NodeRuntime.runMain
)
