/** Two server processes over one store, and browsers whose callbacks always come to the other one. */
import { assert } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import { program } from "../services/processes.js"
import type { Server } from "../services/server.js"

const names = ["A", "B"] as const

/** What a browser ends with: a key, or the name of what went wrong. */
type Outcome = "key" | "unavailable" | "over"

const get = (url: string | URL, cookie?: string) =>
  Effect.promise(async () => {
    const response = await fetch(url, { redirect: "manual", headers: cookie === undefined ? {} : { cookie } })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      location: response.headers.get("location") ?? ""
    }
  })

const outcomeOf = ({ location, status, text }: Effect.Effect.Success<ReturnType<typeof get>>): Outcome => {
  if (status === 303 && location.startsWith("/signed-in?")) return "key"
  const [, name] = /[?&]outcome=(\w+)/.exec(location) ?? []
  if (name === "over" || status === 410) return "over"
  if (name === "unavailable" || status === 503) return "unavailable"
  assert.fail(`neither a key nor an error that the store causes: ${status} ${location} ${text}`)
}

/** Starts both servers on the store at this address, and a sandbox that consents by itself. */
const start = (storeUrl: string) =>
  Effect.gen(function* () {
    const { baseUrl } = yield* SandboxServer
    const sandbox = yield* Sandbox
    const env = { STORE_URL: storeUrl, PUBLIC_URL: "http://127.0.0.1:9", OPENROUTER_BASE_URL: baseUrl }
    const servers = yield* Effect.forEach(names, (name) =>
      program("examples/two-servers/server.ts", [], { ...env, SERVER_NAME: name }).pipe(
        Effect.flatMap(({ line }) => line),
        Effect.map((line) => ({ name, origin: line.replace("Listening on ", "") }))
      )
    )
    const server = (n: number) => servers[n % 2] ?? assert.fail("no server")

    /** Begins at one server, consents, and gives the callback with its cookie: or what went wrong. */
    const begin = (n: number) =>
      Effect.gen(function* () {
        const begun = yield* get(`${server(n).origin}/auth/openrouter`)
        if (begun.status === 503) return { _tag: "Failed", outcome: outcomeOf(begun) } as const
        assert.strictEqual(begun.status, 303)
        const [cookie = ""] = (begun.headers.get("set-cookie") ?? "").split(";")
        const consented = yield* get(begun.location)
        const { pathname, search } = new URL(consented.location)
        return { _tag: "Callback", cookie, path: pathname + search } as const
      })

    const complete = (n: number, { cookie, path }: { readonly cookie: string; readonly path: string }) =>
      Effect.map(get(server(n).origin + path, cookie), (answer) => {
        if (answer.status === 303 && answer.location.startsWith("/signed-in?")) {
          assert.strictEqual(answer.location, `/signed-in?completed-by=${server(n).name}`)
        }
        return outcomeOf(answer)
      })

    const signIn = (n: number) =>
      Effect.flatMap(begin(n), (begun) =>
        begun._tag === "Failed" ? Effect.succeed(begun.outcome) : complete(n + 1, begun)
      )

    /** How many keys were made, beside the sandbox's own. */
    const keysMade = Effect.map(sandbox.keys.all, (keys) => Array.from(keys).length - 1)
    return { begin, complete, keysMade, signIn }
  })

const atOnce = { concurrency: 32 }
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)
const countOf = (outcomes: ReadonlyArray<Outcome>, outcome: Outcome) => outcomes.filter((one) => one === outcome).length

const onSandbox = <A, E>(effect: Effect.Effect<A, E, Sandbox | SandboxServer>) =>
  Effect.provide(effect, layerServer({ approve: true }))

/** Callbacks always on the other server: none is lost, and none makes two keys. */
export const callbacksOnTheOther = (storeUrl: string, count: number) =>
  Effect.gen(function* () {
    const { begin, complete, keysMade, signIn } = yield* start(storeUrl)
    const outcomes = yield* Effect.forEach(numbers(count), signIn, atOnce)
    assert.strictEqual(countOf(outcomes, "key"), count)
    assert.strictEqual(yield* keysMade, count)

    // And where the same callback comes to both at once.
    const races = yield* Effect.forEach(
      numbers(count / 10),
      (n) =>
        Effect.gen(function* () {
          const begun = yield* begin(n)
          assert(begun._tag === "Callback")
          return yield* Effect.all([complete(0, begun), complete(1, begun)], { concurrency: 2 })
        }),
      atOnce
    )
    for (const race of races) assert.deepStrictEqual([...race].sort(), ["key", "over"])
    assert.strictEqual(yield* keysMade, count + count / 10)
  }).pipe(Effect.scoped, onSandbox)

/** The store is restarted in the middle: all ends in a key or an error that the routes know, and the next ones work. */
export const restartInTheMiddle = (store: Server, count: number) =>
  Effect.gen(function* () {
    const { keysMade, signIn } = yield* start(store.url)
    const halfway = yield* Deferred.make<void>()
    const noticed = yield* Deferred.make<void>()
    const outcomes: Array<Outcome> = []
    const restart = yield* Effect.fork(
      Effect.gen(function* () {
        yield* Deferred.await(halfway)
        yield* store.stop
        yield* Deferred.await(noticed)
        yield* store.start
      })
    )
    yield* Effect.forEach(
      numbers(count),
      (n) =>
        Effect.gen(function* () {
          // Whoever finds the store down comes back when it is there.
          const outcome = yield* signIn(n)
          outcomes.push(outcome)
          if (outcomes.length === count / 2) yield* Deferred.succeed(halfway, undefined)
          if (countOf(outcomes, "unavailable") === 10) yield* Deferred.succeed(noticed, undefined)
          if (outcome === "unavailable") yield* Fiber.join(restart)
        }),
      { ...atOnce, discard: true }
    )
    assert.lengthOf(outcomes, count)
    const made = countOf(outcomes, "key")
    assert.strictEqual(yield* keysMade, made)
    assert.isAtLeast(made, count / 2, "those before the restart")
    assert.isAtLeast(countOf(outcomes, "unavailable"), 10)

    // A client may still be connecting again.
    yield* Effect.repeat(signIn(0), { until: (outcome) => outcome === "key" })
    yield* Effect.repeat(signIn(1), { until: (outcome) => outcome === "key" })
    const next = yield* Effect.forEach(numbers(20), signIn, atOnce)
    assert.strictEqual(countOf(next, "key"), 20)
  }).pipe(Effect.scoped, onSandbox)
