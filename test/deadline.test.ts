/** What an attempt leaves behind when it ends: no sleep of its deadline, no request. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Record from "effect/Record"
import * as TestClock from "effect/TestClock"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import { call, json, ok } from "./util/client.js"

const operation = "exchangeAuthCodeForAPIKey"

/** What comes back for the one request of a call. */
const answers = {
  "an answer": () => json(200, ok[operation]),
  "a refusal": () => json(403, {}),
  "an answer that is malformed": () => json(200, {}),
  "no answer": () => undefined
}

/** Both kinds of transport. `stopped` is called once a request that has no answer is given up. */
const transports = {
  "by fetch": (answer: Response | undefined, stopped: () => void) => {
    const fetch: typeof globalThis.fetch = (_, init) => {
      if (answer) return Promise.resolve(answer)
      init?.signal?.addEventListener("abort", stopped)
      return new Promise(() => {})
    }
    return Layer.provide(OAuthClient.layerFetch(), Layer.succeed(FetchHttpClient.Fetch, fetch))
  },
  "by an HttpClient": (answer: Response | undefined, stopped: () => void) => {
    const http = HttpClient.make((request) =>
      answer
        ? Effect.succeed(HttpClientResponse.fromWeb(request, answer))
        : Effect.onInterrupt(Effect.never, () => Effect.sync(stopped))
    )
    return Layer.provide(OAuthClient.layer(), Layer.succeed(HttpClient.HttpClient, http))
  }
}

/** A clock that says when it was asked to sleep, and when that sleep ended, however it ended. */
const watchedClock = Effect.gen(function* () {
  const clock = yield* Effect.clock
  const begun = yield* Deferred.make<void>()
  const ended = yield* Deferred.make<void>()
  const sleep: Clock.Clock["sleep"] = (duration) =>
    Deferred.succeed(begun, undefined).pipe(
      Effect.zipRight(clock.sleep(duration)),
      Effect.ensuring(Deferred.succeed(ended, undefined))
    )
  const watched: Clock.Clock = Object.assign(Object.create(clock), { sleep })
  return { begun: Deferred.await(begun), ended: Deferred.await(ended), watched }
})

describe("the deadline of an attempt", () => {
  const rows = Record.toEntries(transports).flatMap(([transport, layer]) =>
    Record.toEntries(answers).map(([what, answer]) => ({ transport, layer, what, answer }))
  )

  it.effect.each(rows.filter(({ what }) => what !== "no answer"))(
    "$transport: nothing sleeps on after $what",
    ({ answer, layer }) =>
      Effect.gen(function* () {
        const { ended, watched } = yield* watchedClock
        yield* Effect.withClock(Effect.exit(call(operation)), watched).pipe(Effect.provide(layer(answer(), () => {})))
        yield* ended
      })
  )

  const endless = rows.filter(({ what }) => what === "no answer")

  it.effect.each(endless)("$transport: an interrupted call leaves neither a sleep nor a request", ({ layer }) =>
    Effect.gen(function* () {
      const { begun, ended, watched } = yield* watchedClock
      const stopped = yield* Deferred.make<void>()
      const fiber = yield* Effect.withClock(call(operation), watched).pipe(
        Effect.provide(layer(undefined, () => Deferred.unsafeDone(stopped, Effect.void))),
        Effect.fork
      )
      yield* begun
      yield* Fiber.interrupt(fiber)
      yield* ended
      yield* Deferred.await(stopped)
    })
  )

  it.effect("an interruption that comes while a request begins aborts it", () =>
    Effect.gen(function* () {
      const signals: Array<AbortSignal | null | undefined> = []
      // As a program's own fetch may do, in one step of the fiber that calls it.
      const interrupting: typeof fetch = (_, init) => {
        signals.push(init?.signal)
        fiber.unsafeInterruptAsFork(FiberId.none)
        return new Promise(() => {})
      }
      const fiber: Fiber.RuntimeFiber<unknown, unknown> = yield* call(operation).pipe(
        Effect.provide(Layer.provide(OAuthClient.layerFetch(), Layer.succeed(FetchHttpClient.Fetch, interrupting))),
        Effect.fork
      )
      yield* Fiber.await(fiber)
      assert.deepStrictEqual(
        signals.map((signal) => signal?.aborted),
        [true]
      )
    })
  )

  it.effect.each(endless)("$transport: once it has passed, the request is given up", ({ layer }) =>
    Effect.gen(function* () {
      const stopped = yield* Deferred.make<void>()
      const fiber = yield* Effect.flip(call(operation)).pipe(
        Effect.provide(layer(undefined, () => Deferred.unsafeDone(stopped, Effect.void))),
        Effect.fork
      )
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "TimedOut")
      yield* Deferred.await(stopped)
    })
  )

  it.effect("a promise that settles after it changes nothing", () =>
    Effect.gen(function* () {
      let answer: ((response: Response) => void) | undefined
      const late: typeof fetch = () =>
        new Promise((resolve) => {
          answer = resolve
        })
      const fiber = yield* Effect.flip(call(operation)).pipe(
        Effect.provide(Layer.provide(OAuthClient.layerFetch(), Layer.succeed(FetchHttpClient.Fetch, late))),
        Effect.fork
      )
      yield* TestClock.adjust("30 seconds")
      answer?.(json(200, ok[operation]))
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "TimedOut")
    })
  )

  it.effect("a defect of an HttpClient stays a defect", () =>
    Effect.gen(function* () {
      const http = HttpClient.make(() => Effect.dieMessage("broken"))
      const exit = yield* Effect.exit(call(operation)).pipe(
        Effect.provide(Layer.provide(OAuthClient.layer(), Layer.succeed(HttpClient.HttpClient, http)))
      )
      assert(Exit.isFailure(exit))
      assert.isTrue(Cause.isDie(exit.cause))
    })
  )
})
