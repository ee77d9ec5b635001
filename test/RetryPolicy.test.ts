import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import type { OAuthError, Operation } from "effect-openrouter-oauth/OAuthError"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import { errorsOf, operations, unexpected } from "./util/errors.js"

/** Fails with the error at every attempt; the milliseconds between one attempt and the next. */
const waits = (policy: RetryPolicy.RetryPolicy, error: OAuthError) =>
  Effect.gen(function* () {
    const attempts: Array<number> = []
    const fiber = yield* Effect.gen(function* () {
      attempts.push(yield* Clock.currentTimeMillis)
      return yield* error
    }).pipe(Effect.retry({ while: policy.shouldRetry, schedule: policy.schedule }), Effect.flip, Effect.fork)
    yield* TestClock.adjust("3 days")
    assert.strictEqual<unknown>(yield* Fiber.join(fiber), error)
    return attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0))
  })

/** Within the ± 20 % that the jitter is, rounded to milliseconds. */
const near = (actual: number | undefined, expected: number) => {
  assert(actual !== undefined)
  assert.isAtLeast(actual, Math.floor(expected * 0.8) - 1)
  assert.isAtMost(actual, Math.ceil(expected * 1.2) + 1)
}

describe("standard", () => {
  const { shouldRetry } = RetryPolicy.standard

  const always = ["ConnectionFailed"]
  const table: Record<Operation, ReadonlyArray<string>> = {
    createAuthCode: [...always, "429", "5XX", "ConnectionLost", "TimedOut"],
    getCurrentKey: [...always, "429", "5XX", "ConnectionLost", "TimedOut"],
    exchangeAuthCodeForAPIKey: always,
    createOauthToken: [...always, "429", "5XX", "ConnectionLost", "TimedOut"],
    listOauthJwks: [...always, "429", "5XX", "ConnectionLost", "TimedOut"]
  }

  for (const operation of operations) {
    const errors = errorsOf(operation)
    for (const [tag, error] of Object.entries(errors)) {
      const column = tag === "InternalServer" ? "5XX" : tag
      const expected = table[operation].includes(column) && tag !== "CallbackMalformed"
      it(`${operation} ${expected ? "retries" : "does not retry"} ${tag}`, () => {
        assert.strictEqual(shouldRetry(error), expected)
      })
    }

    it(`${operation} ${table[operation].includes("429") ? "retries" : "does not retry"} a 429`, () => {
      assert.strictEqual(shouldRetry(unexpected(operation, 429)), table[operation].includes("429"))
    })

    it.each([500, 501, 502, 503, 504, 520, 524, 529, 599])(
      `${operation} ${table[operation].includes("5XX") ? "retries" : "does not retry"} any 5XX: %s`,
      (status) => {
        assert.strictEqual(shouldRetry(unexpected(operation, status)), table[operation].includes("5XX"), String(status))
      }
    )

    it.each([201, 204, 400, 401, 403, 404, 405, 408, 409, 410, 418, 422, 425, 428, 430, 499])(
      `${operation} does not retry any other status: %s`,
      (status) => {
        assert.isFalse(shouldRetry(unexpected(operation, status)), String(status))
      }
    )
  }

  it.effect("makes at most 4 attempts, 500 ms, 750 ms and 1.125 s apart, each ± 20 %", () =>
    Effect.gen(function* () {
      for (let run = 0; run < 20; run++) {
        const [first, second, third, ...more] = yield* waits(RetryPolicy.standard, errorsOf("createAuthCode").TimedOut)
        near(first, 500)
        near(second, 750)
        near(third, 1125)
        assert.deepStrictEqual(more, [])
      }
    })
  )

  it.effect("is jittered: the waits are not the same each time", () =>
    Effect.gen(function* () {
      const all = new Set<number | undefined>()
      for (let run = 0; run < 20; run++) {
        all.add((yield* waits(RetryPolicy.standard, errorsOf("createAuthCode").TimedOut))[0])
      }
      assert.isAbove(all.size, 1)
    })
  )

  it("waits at most a minute where the server asks for it", () => {
    assert.strictEqual(Duration.toMillis(RetryPolicy.standard.maxRetryAfter), 60_000)
  })
})

describe("none", () => {
  for (const operation of operations) {
    it.effect.each(Object.values(errorsOf(operation)))(
      `makes one attempt, whatever went wrong: ${operation}, $_tag`,
      (error) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* waits(RetryPolicy.none, error), [])
        })
    )
  }
})

describe("make", () => {
  it("takes what is missing, or undefined, from standard", () => {
    const { maxRetryAfter, schedule, shouldRetry } = RetryPolicy.standard
    assert.deepStrictEqual(RetryPolicy.make({}), RetryPolicy.standard)
    const mine = RetryPolicy.make({ schedule: undefined, shouldRetry: undefined, maxRetryAfter: Duration.seconds(5) })
    assert.strictEqual(mine.schedule, schedule)
    assert.strictEqual(mine.shouldRetry, shouldRetry)
    assert.strictEqual(Duration.toMillis(mine.maxRetryAfter), 5000)
    const patient = Schedule.spaced("1 second")
    assert.strictEqual(RetryPolicy.make({ schedule: patient }).schedule, patient)
    assert.strictEqual(RetryPolicy.make({ schedule: patient }).maxRetryAfter, maxRetryAfter)
    const all = () => true
    assert.strictEqual(RetryPolicy.make({ shouldRetry: all }).shouldRetry, all)
  })

  it.effect("a policy of one's own is what retries", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.make({
        schedule: Schedule.spaced("2 seconds").pipe(Schedule.intersect(Schedule.recurs(5))),
        shouldRetry: (error) => error._tag === "Conflict"
      })
      assert.deepStrictEqual(yield* waits(policy, errorsOf("createAuthCode").Conflict), [2000, 2000, 2000, 2000, 2000])
      assert.deepStrictEqual(yield* waits(policy, errorsOf("createAuthCode").TimedOut), [])
    })
  )
})

describe("the reference", () => {
  it.effect("is standard where nobody says otherwise", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* RetryPolicy.RetryPolicy, RetryPolicy.standard)
    })
  )

  it.effect("is what a layer or the caller says", () =>
    Effect.gen(function* () {
      const asked = Effect.map(RetryPolicy.RetryPolicy, (policy) => policy)
      assert.strictEqual(yield* Effect.provide(asked, RetryPolicy.layer(RetryPolicy.none)), RetryPolicy.none)
      assert.strictEqual(
        yield* Effect.provideService(asked, RetryPolicy.RetryPolicy, RetryPolicy.none),
        RetryPolicy.none
      )
      const mine = RetryPolicy.make({})
      assert.strictEqual(
        yield* asked.pipe(
          Effect.provideService(RetryPolicy.RetryPolicy, mine),
          Effect.provide(Layer.merge(RetryPolicy.layer(RetryPolicy.none), Layer.empty))
        ),
        mine
      )
    })
  )
})

describe("fromRetryConfig", () => {
  const backoff = { initialInterval: 100, maxInterval: 1000, exponent: 2, maxElapsedTime: 5000 }
  const from = (
    config: Partial<Extract<RetryPolicy.RetryConfig, { strategy: "backoff" }>> = {},
    codes?: ReadonlyArray<string>
  ) => RetryPolicy.fromRetryConfig({ strategy: "backoff", backoff, ...config }, codes)

  describe.each(operations)("unless told otherwise, on %s, as the SDK does", (operation) => {
    const { shouldRetry } = from()

    it("retries InternalServer", () => assert.isTrue(shouldRetry(errorsOf(operation).InternalServer)))

    it.each([500, 502, 599])("retries 5XX: %s", (status) => assert.isTrue(shouldRetry(unexpected(operation, status))))

    it.each([204, 400, 401, 403, 404, 409, 429, 499])("does not retry any other status: %s", (status) =>
      assert.isFalse(shouldRetry(unexpected(operation, status)))
    )

    it.each(["BadRequest", "Unauthorized", "Forbidden", "Conflict"] as const)("does not retry %s", (tag) =>
      assert.isFalse(shouldRetry(errorsOf(operation)[tag]))
    )
  })

  it("retries the statuses and families it is given, in either case, and no others", () => {
    const { shouldRetry } = from({}, ["409", "4xx"])
    assert.isTrue(shouldRetry(errorsOf("createAuthCode").Conflict))
    assert.isTrue(shouldRetry(errorsOf("createAuthCode").BadRequest))
    assert.isFalse(shouldRetry(errorsOf("createAuthCode").InternalServer))
    assert.isFalse(from({}, []).shouldRetry(errorsOf("createAuthCode").InternalServer))
    assert.isFalse(from({}, ["50"]).shouldRetry(unexpected("createAuthCode", 500)))
  })

  for (const codes of [
    ["429", "5XX"],
    ["429", "5xx"],
    ["5Xx", "429"]
  ]) {
    const { shouldRetry } = from({}, codes)

    it.each([429, 500, 503])(`given ${codes.join(" and ")}, retries %s`, (status) =>
      assert.isTrue(shouldRetry(unexpected("createAuthCode", status)))
    )

    it.each([428, 430, 400, 404])(`given ${codes.join(" and ")}, does not retry %s`, (status) =>
      assert.isFalse(shouldRetry(unexpected("createAuthCode", status)))
    )
  }

  for (const operation of operations) {
    it.each(["ConnectionFailed", "ConnectionLost", "TimedOut"] as const)(
      `retries connection errors only where it is asked to: ${operation}, %s`,
      (tag) => {
        const error = errorsOf(operation)[tag]
        assert.isFalse(from().shouldRetry(error))
        assert.isFalse(from({ retryConnectionErrors: false }).shouldRetry(error))
        assert.isFalse(from({ retryConnectionErrors: undefined }).shouldRetry(error))
        assert.isTrue(from({ retryConnectionErrors: true }).shouldRetry(error))
      }
    )

    it.each(["InvalidRequest", "CallbackMalformed", "MalformedResponse"] as const)(
      `never retries what was refused or makes no sense: ${operation}, %s`,
      (tag) => {
        const { shouldRetry } = from({ retryConnectionErrors: true }, ["1XX", "2XX", "3XX", "4XX", "5XX"])
        assert.isFalse(shouldRetry(errorsOf(operation)[tag]))
      }
    )
  }

  it.effect.each(Object.values(errorsOf("createAuthCode")))('"none" makes one attempt: $_tag', (error) =>
    Effect.gen(function* () {
      const policy = RetryPolicy.fromRetryConfig({ strategy: "none" }, ["5XX"])
      assert.deepStrictEqual(yield* waits(policy, error), [])
    })
  )

  it.effect("waits initialInterval × exponent each time, at most maxInterval, for at most maxElapsedTime", () =>
    Effect.gen(function* () {
      for (let run = 0; run < 10; run++) {
        const found = yield* waits(from(), errorsOf("exchangeAuthCodeForAPIKey").InternalServer)
        const expected = [100, 200, 400, 800]
        for (const [i, wait] of expected.entries()) near(found[i], wait)
        for (const wait of found.slice(4)) {
          assert.isAtLeast(wait, 1000 - 1)
          assert.isAtMost(wait, 1000.001)
        }
        const elapsed = found.reduce((sum, wait) => sum + wait, 0)
        // The last attempt may begin within the time, and its wait ends after it.
        assert.isAtLeast(elapsed, 4000)
        assert.isAtMost(elapsed, 5000 + 1000)
      }
    })
  )

  it.effect("is jittered: the waits are not the same each time", () =>
    Effect.gen(function* () {
      const all = new Set<number | undefined>()
      for (let run = 0; run < 20; run++) {
        all.add((yield* waits(from(), errorsOf("createAuthCode").InternalServer))[0])
      }
      assert.isAbove(all.size, 1)
    })
  )

  describe("the SDK's numbers: half a second × 1.5, at most a minute, for an hour", () => {
    const defaults = RetryPolicy.fromRetryConfig({ strategy: "backoff" })
    const same = from({
      backoff: { initialInterval: 500, maxInterval: 60_000, exponent: 1.5, maxElapsedTime: 3_600_000 }
    })

    it.effect.each([defaults, same])("as default and as setting: row %#", (policy) =>
      Effect.gen(function* () {
        const found = yield* waits(policy, errorsOf("createAuthCode").InternalServer)
        for (let i = 0; i < 10; i++) near(found[i], 500 * 1.5 ** i)
        assert.closeTo(Math.max(...found), 60_000, 0.001)
        const elapsed = found.reduce((sum, wait) => sum + wait, 0)
        assert.isAtLeast(elapsed, 3_540_000)
        assert.isAtMost(elapsed, 3_660_000)
        assert.strictEqual(Duration.toMillis(policy.maxRetryAfter), 3_600_000)
      })
    )
  })

  it.effect("makes no second attempt where no time may pass", () =>
    Effect.gen(function* () {
      const policy = from({ backoff: { ...backoff, maxElapsedTime: 0 } })
      assert.isAtMost((yield* waits(policy, errorsOf("createAuthCode").InternalServer)).length, 1)
    })
  )

  it.effect("numbers that make no sense become the SDK's", () =>
    Effect.gen(function* () {
      const policy = from({
        backoff: { initialInterval: -1, maxInterval: Number.NaN, exponent: 0.5, maxElapsedTime: Number.NaN }
      })
      const found = yield* waits(policy, errorsOf("createAuthCode").InternalServer)
      near(found[0], 500)
      near(found[1], 750)
      assert.closeTo(Math.max(...found), 60_000, 0.001)
      assert.strictEqual(Duration.toMillis(policy.maxRetryAfter), 3_600_000)
    })
  )

  it("a Retry-After may be as long as the retries", () => {
    assert.strictEqual(Duration.toMillis(from().maxRetryAfter), 5000)
  })
})
