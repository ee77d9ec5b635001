/** What a store promises while its server cannot be reached, and when it is back. */
import { inspect } from "node:util"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { PendingSignIns, type Service, type StoreError } from "effect-openrouter-oauth/PendingSignIns"
import { link } from "../services/link.js"
import type { Server } from "../services/server.js"
import { verifier } from "../util/client.js"
import { freshKey, pending, ttl } from "../util/pendingSignIns.js"

/** Every call, on keys of its own. */
const calls = ({ get, put, take }: Service): ReadonlyArray<Effect.Effect<unknown, StoreError>> => [
  put(freshKey("put"), pending(), ttl),
  get(freshKey("get")),
  take(freshKey("take"))
]

const checkError = (error: StoreError, operation: string) => {
  assert.strictEqual(error._tag, "StoreError")
  assert.strictEqual(error.operation, operation)
  assert.match(error.message, /Check that it can be reached, then start the sign-in again\.$/)
  assert.notInclude(inspect(error, { depth: 9 }), verifier)
}

/** Tries until it works: a client may need a moment to connect again. */
const works = ({ get, put, take }: Service) =>
  Effect.gen(function* () {
    const key = freshKey("back")
    yield* Effect.retry(
      Effect.suspend(() => put(freshKey("probe"), pending(), ttl)),
      { while: () => true }
    )
    yield* put(key, pending(), ttl)
    assert.isTrue(Option.isSome(yield* get(key)))
    assert.isTrue(Option.isSome(yield* take(key)))
    assert.isTrue(Option.isNone(yield* take(key)))
  })

interface Options {
  readonly timeout?: "150 millis"
}

export const outageSuite = <E>(
  server: Server,
  at: (port: number, options: Options) => Layer.Layer<PendingSignIns, E>
) => {
  /** A store behind a link that the test can break. */
  const behindLink = <A, E2>(
    options: Options,
    body: (store: Service, wire: Effect.Effect.Success<ReturnType<typeof link>>) => Effect.Effect<A, E2>
  ) =>
    Effect.gen(function* () {
      const wire = yield* link(server.port)
      yield* Effect.flatMap(PendingSignIns, (store) => body(store, wire)).pipe(Effect.provide(at(wire.port, options)))
    }).pipe(Effect.scoped)

  it.live("where nothing listens any more every call is a StoreError, and works again when it is back", () =>
    behindLink({ timeout: "150 millis" }, (store, { cut, mend }) =>
      Effect.gen(function* () {
        yield* works(store)
        yield* cut
        for (const [n, call] of calls(store).entries()) {
          checkError(yield* Effect.flip(call), ["put", "get", "take"][n] ?? "")
        }
        yield* mend
        yield* works(store)
      })
    )
  )

  it.live("where a server accepts and stays silent every call is a StoreError, and works again when it speaks", () =>
    behindLink({ timeout: "150 millis" }, (store, { mend, silence }) =>
      Effect.gen(function* () {
        yield* works(store)
        const key = freshKey("kept")
        yield* store.put(key, pending(), ttl)
        yield* silence
        // More than a pool has connections.
        const many = Array.from({ length: 10 }, () => calls(store)).flat()
        for (const [n, either] of (yield* Effect.all(many.map(Effect.either), {
          concurrency: "unbounded"
        })).entries()) {
          assert(Either.isLeft(either))
          checkError(either.left, ["put", "get", "take"][n % 3] ?? "")
        }
        yield* mend
        yield* works(store)
        assert.isTrue(Option.isSome(yield* store.take(key)))
      })
    )
  )

  it.effect("a call ends after five seconds unless said otherwise, on Effect's Clock, and no sooner", () =>
    behindLink({}, (store, { mend, silence }) =>
      Effect.gen(function* () {
        yield* works(store)
        yield* silence
        for (const call of calls(store)) {
          const waiting = yield* Effect.fork(Effect.flip(call))
          yield* TestClock.adjust("4999 millis")
          assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
          yield* TestClock.adjust("1 millis")
          assert.match((yield* Fiber.join(waiting)).message, /did not (?:put|get|take) one within 5s\. Check/)
        }
        yield* mend
      })
    )
  )

  it.live("a restarted server is used again, without a restart of ours", () =>
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      yield* works(store)
      yield* server.stop
      const exits = yield* Effect.all(calls(store).map(Effect.exit))
      for (const exit of exits) assert.isTrue(Exit.isFailure(exit))
      yield* server.start
      yield* works(store)
    }).pipe(Effect.provide(at(server.port, { timeout: "150 millis" })))
  )
}
