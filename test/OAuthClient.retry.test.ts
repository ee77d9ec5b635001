import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import type { OAuthError } from "effect-openrouter-oauth/OAuthError"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import { apiKey, call, json, mocked, ok, operations } from "./util/client.js"

type Failure = "ConnectionFailed" | "ConnectionLost" | "TimedOut" | "MalformedResponse" | number

/** A client whose every attempt fails in one way. */
const failing = (kind: Failure, options: OAuthClient.Options = {}) => {
  let attempts = 0
  const http = HttpClient.make((request) => {
    attempts++
    if (kind === "TimedOut") return Effect.never
    if (kind === "ConnectionFailed" || kind === "ConnectionLost") {
      const cause =
        kind === "ConnectionFailed"
          ? Object.assign(new Error("refused"), { code: "ECONNREFUSED", syscall: "connect" })
          : Object.assign(new Error("reset"), { code: "ECONNRESET", syscall: "read" })
      return Effect.fail(
        new HttpClientError.RequestError({
          request,
          reason: "Transport",
          cause: new TypeError("fetch failed", { cause })
        })
      )
    }
    const response = typeof kind === "number" ? json(kind, { error: { code: kind, message: "No" } }) : json(200, {})
    return Effect.succeed(HttpClientResponse.fromWeb(request, response))
  })
  const layer = OAuthClient.layer({ apiKey: Redacted.make(apiKey), ...options }).pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, http))
  )
  return { layer, attempts: () => attempts }
}

/** Runs to the end under TestClock, however long it takes. */
const settled = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("3 hours")
    return yield* Fiber.join(fiber)
  })

describe("the standard policy", () => {
  const rows: ReadonlyArray<readonly [Failure, OAuthError["_tag"], boolean, boolean]> = [
    ["ConnectionFailed", "ConnectionFailed", true, true],
    [429, "UnexpectedStatus", true, false],
    [500, "InternalServer", true, false],
    [502, "UnexpectedStatus", true, false],
    [503, "UnexpectedStatus", true, false],
    [599, "UnexpectedStatus", true, false],
    ["ConnectionLost", "ConnectionLost", true, false],
    ["TimedOut", "TimedOut", true, false],
    ["MalformedResponse", "MalformedResponse", false, false],
    [400, "BadRequest", false, false],
    [401, "Unauthorized", false, false],
    [403, "Forbidden", false, false],
    [404, "UnexpectedStatus", false, false],
    [408, "UnexpectedStatus", false, false],
    [409, "Conflict", false, false],
    [301, "MalformedResponse", false, false]
  ]
  for (const [kind, tag, others, exchange] of rows) {
    for (const operation of operations) {
      const retried = operation === "exchangeAuthCodeForAPIKey" ? exchange : others
      // Two attempts that take their whole timeout leave no time for a third.
      const times = !retried ? 1 : kind === "TimedOut" ? 2 : 4
      const often = times === 1 ? "once" : `${times} times`
      it.effect(`${operation} that ends in ${kind} is sent ${often}`, () => {
        const { attempts, layer } = failing(kind)
        return Effect.gen(function* () {
          const error = yield* settled(Effect.flip(call(operation)))
          const documented = {
            createAuthCode: true,
            exchangeAuthCodeForAPIKey: tag !== "Unauthorized" && tag !== "Conflict",
            getCurrentKey: tag === "Unauthorized" || typeof kind !== "number" || kind < 400,
            createOauthToken: tag !== "Unauthorized" && tag !== "Forbidden" && tag !== "Conflict",
            listOauthJwks: tag === "InternalServer" || typeof kind !== "number" || kind < 400
          }
          assert.strictEqual(error._tag, documented[operation] ? tag : "UnexpectedStatus")
          assert.strictEqual(attempts(), times)
        }).pipe(Effect.provide(layer))
      })
    }
  }

  it.effect("waits about 500 ms, 750 ms and 1,125 ms, each within 20 %", () => {
    const { attempts, layer } = failing("ConnectionFailed")
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork(Effect.flip(call("exchangeAuthCodeForAPIKey")))
      yield* TestClock.adjust("399 millis")
      assert.strictEqual(attempts(), 1)
      yield* TestClock.adjust("201 millis")
      assert.strictEqual(attempts(), 2)
      yield* TestClock.adjust("900 millis")
      assert.strictEqual(attempts(), 3)
      yield* TestClock.adjust("1350 millis")
      assert.strictEqual(attempts(), 4)
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a later attempt that succeeds is the answer", () => {
    const { layer, requests } = mocked((_, __, attempt) => (attempt < 3 ? json(503, {}) : json(200, ok.getCurrentKey)))
    return Effect.gen(function* () {
      yield* settled(call("getCurrentKey"))
      assert.lengthOf(requests, 3)
    }).pipe(Effect.provide(layer))
  })
})

describe("no attempt begins later than twice the timeout after the first", () => {
  /** A client whose attempts take so long and are then answered by 503, with the seconds at which they began. */
  const slow = (seconds: number, headers: Record<string, string> = {}, options: OAuthClient.Options = {}) => {
    const begun: Array<number> = []
    const { layer } = mocked(
      () =>
        Effect.clockWith((clock) => {
          begun.push(clock.unsafeCurrentTimeMillis() / 1000)
          return Effect.delay(Effect.succeed(json(503, {}, headers)), Duration.seconds(seconds))
        }),
      options
    )
    return { begun, layer }
  }

  it.effect("a timeout of 30 seconds: three attempts of 20 seconds, as the fourth would begin after 62", () => {
    const { begun, layer } = slow(20)
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork(Effect.flip(call("getCurrentKey")))
      yield* TestClock.adjust("62 seconds")
      // Given up as soon as it is known: nothing waits for an attempt that will not be made.
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "UnexpectedStatus")
      assert.deepStrictEqual(begun.map(Math.floor), [0, 20, 41])
    }).pipe(Effect.provide(layer))
  })

  it.effect.each([
    { timeout: "30 seconds", seconds: 14, attempts: 4 },
    { timeout: "21 seconds", seconds: 20, attempts: 3 },
    { timeout: "1 minute", seconds: 20, attempts: 4 },
    { timeout: Number.POSITIVE_INFINITY, seconds: 2000, attempts: 4 }
  ] as const)("a timeout of $timeout, attempts of $seconds seconds: $attempts", ({ attempts, seconds, timeout }) => {
    const { begun, layer } = slow(seconds, {}, { timeout })
    return Effect.gen(function* () {
      yield* settled(Effect.flip(call("getCurrentKey")))
      assert.lengthOf(begun, attempts)
    }).pipe(Effect.provide(layer))
  })

  it.effect("except where a Retry-After asks for it", () => {
    const { begun, layer } = slow(20, { "retry-after": "55" })
    return Effect.gen(function* () {
      yield* settled(Effect.flip(call("getCurrentKey")))
      assert.deepStrictEqual(begun, [0, 75, 150, 225])
    }).pipe(Effect.provide(layer))
  })

  it.effect("except with a schedule of one's own, which alone says when to stop", () => {
    const { begun, layer } = slow(20)
    const schedule = Schedule.spaced("1 minute").pipe(Schedule.intersect(Schedule.recurs(2)))
    return Effect.gen(function* () {
      yield* settled(Effect.flip(call("getCurrentKey")))
      assert.deepStrictEqual(begun, [0, 80, 160])
    }).pipe(Effect.provide(layer), Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.make({ schedule })))
  })
})

describe("Retry-After", () => {
  const answering = (headers: Record<string, string>) =>
    mocked((_, __, attempt) => (attempt === 1 ? json(429, {}, headers) : json(200, ok.getCurrentKey)))

  for (const [name, headers, millis] of [
    ["seconds", { "retry-after": "20" }, 20_000],
    ["milliseconds", { "retry-after-ms": "1500" }, 1500],
    ["milliseconds, which win", { "retry-after-ms": "5000", "retry-after": "30" }, 5000],
    ["an HTTP date", { "retry-after": "Thu, 01 Jan 1970 00:00:42 GMT" }, 42_000]
  ] as const) {
    it.effect(`goes over the schedule: ${name}`, () => {
      const { layer, requests } = answering(headers)
      return Effect.gen(function* () {
        const fiber = yield* Effect.fork(call("getCurrentKey"))
        yield* TestClock.adjust(Duration.millis(millis - 1))
        assert.lengthOf(requests, 1)
        yield* TestClock.adjust("1 millis")
        assert.lengthOf(requests, 2)
        yield* Fiber.join(fiber)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("one that asks for less than the schedule leaves it its delay", () => {
    const { layer, requests } = answering({ "retry-after-ms": "50" })
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork(call("getCurrentKey"))
      yield* TestClock.adjust("399 millis")
      assert.lengthOf(requests, 1)
      yield* TestClock.adjust("201 millis")
      assert.lengthOf(requests, 2)
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(layer))
  })

  it.effect("one that asks for longer than maxRetryAfter ends the retries, and the error carries it", () => {
    const { layer, requests } = answering({ "retry-after": "61" })
    return Effect.gen(function* () {
      const error = yield* settled(Effect.flip(call("getCurrentKey")))
      assert(error._tag === "UnexpectedStatus")
      assert.strictEqual(error.reason, "RateLimited")
      assert.strictEqual(error.retryAfterMillis, 61_000)
      assert.lengthOf(requests, 1)
    }).pipe(Effect.provide(layer))
  })

  for (const nonsense of ["", "soon", "-5", "NaN", "Infinity", "1e9", "Thu, 01 Jan 1970 00:00:42 GMT"]) {
    it.effect(`nonsense leaves the schedule its delay: "${nonsense}"`, () => {
      const { layer, requests } = answering({ "retry-after": nonsense, "retry-after-ms": nonsense })
      return Effect.gen(function* () {
        // Not 1970: in the legacy grammar of Date.parse, "-5" is a day in 2001.
        yield* TestClock.setTime(Date.UTC(2026, 10, 21))
        const fiber = yield* Effect.fork(call("getCurrentKey"))
        yield* TestClock.adjust("399 millis")
        assert.lengthOf(requests, 1)
        yield* TestClock.adjust("201 millis")
        yield* Fiber.join(fiber)
        assert.lengthOf(requests, 2)
      }).pipe(Effect.provide(layer))
    })
  }
})

describe("a policy of one's own", () => {
  const twice = RetryPolicy.make({
    schedule: Schedule.recurs(1),
    shouldRetry: () => true
  })

  it.effect("takes effect by Layer.provide under the client", () => {
    const { attempts, layer } = failing(403)
    return Effect.gen(function* () {
      yield* Effect.flip(call("exchangeAuthCodeForAPIKey"))
      assert.strictEqual(attempts(), 2)
    }).pipe(Effect.provide(Layer.provide(layer, RetryPolicy.layer(twice))))
  })

  it.effect("takes effect around a call", () => {
    const { attempts, layer } = failing(403)
    return Effect.gen(function* () {
      yield* Effect.flip(call("exchangeAuthCodeForAPIKey")).pipe(Effect.provideService(RetryPolicy.RetryPolicy, twice))
      assert.strictEqual(attempts(), 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("around a call wins over the one under the client", () => {
    const { attempts, layer } = failing("ConnectionFailed")
    return Effect.gen(function* () {
      yield* Effect.flip(call("exchangeAuthCodeForAPIKey")).pipe(
        Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.none)
      )
      assert.strictEqual(attempts(), 1)
    }).pipe(Effect.provide(Layer.provide(layer, RetryPolicy.layer(twice))))
  })

  it.effect("the official SDK's settings send the exchange again, for those who ask for them", () => {
    const { attempts, layer } = failing(500)
    const policy = RetryPolicy.fromRetryConfig({
      strategy: "backoff",
      backoff: { initialInterval: 1000, maxInterval: 1000, exponent: 1, maxElapsedTime: 10_000 }
    })
    return Effect.gen(function* () {
      yield* settled(Effect.flip(call("exchangeAuthCodeForAPIKey"))).pipe(
        Effect.provideService(RetryPolicy.RetryPolicy, policy)
      )
      assert.isAbove(attempts(), 8)
      assert.isBelow(attempts(), 15)
    }).pipe(Effect.provide(layer))
  })
})

describe("the deadline", () => {
  it.effect("is 30 seconds for one attempt, on Effect's Clock", () => {
    const { attempts, layer } = failing("TimedOut")
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork(Effect.flip(call("exchangeAuthCodeForAPIKey")))
      yield* TestClock.adjust("29999 millis")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(fiber)
      assert(error._tag === "TimedOut")
      assert.deepStrictEqual(error.timeout, Duration.seconds(30))
      assert.include(error.message, "30s")
      assert.strictEqual(attempts(), 1)
    }).pipe(Effect.provide(layer))
  })

  for (const operation of operations) {
    it.effect(`${operation}: each attempt has its own`, () => {
      const { attempts, layer } = failing("TimedOut", { timeout: "1 second" })
      return Effect.gen(function* () {
        yield* settled(Effect.flip(call(operation)))
        assert.strictEqual(attempts(), operation === "exchangeAuthCodeForAPIKey" ? 1 : 2)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("a body that cannot be cancelled holds up neither the deadline nor an interruption", () => {
    const stuck = () =>
      new Response(new ReadableStream({ pull: () => new Promise(() => {}), cancel: () => new Promise(() => {}) }), {
        headers: { "content-type": "application/json" }
      })
    const { layer } = mocked(stuck, { timeout: "1 second" })
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork(Effect.flip(call("exchangeAuthCodeForAPIKey")))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "TimedOut")

      const interrupted = yield* Effect.fork(call("exchangeAuthCodeForAPIKey"))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(interrupted)
    }).pipe(Effect.provide(layer))
  })

  it.live("interruption aborts the request", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<AbortSignal>()
      const hanging: typeof fetch = (_, init) =>
        new Promise((_, reject) => {
          const signal = init?.signal
          assert(signal)
          signal.addEventListener("abort", () => reject(signal.reason))
          Effect.runSync(Deferred.succeed(started, signal))
        })
      const layer = OAuthClient.layerFetch().pipe(Layer.provide(Layer.succeed(FetchHttpClient.Fetch, hanging)))
      const fiber = yield* Effect.fork(call("exchangeAuthCodeForAPIKey").pipe(Effect.provide(layer)))
      const signal = yield* Deferred.await(started)
      assert.isFalse(signal.aborted)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(signal.aborted)
    })
  )
})
