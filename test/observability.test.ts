import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type * as Tracer from "effect/Tracer"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import { cast } from "./util/cast.js"
import { apiKey, call, json, mocked, ok } from "./util/client.js"
import { spansOf } from "./util/tracing.js"

const operation = "getCurrentKey"

/** How many operations the histogram holds, and their sum in milliseconds. */
const latency = (outcome: string) =>
  Effect.map(Metric.snapshot, (pairs) => {
    for (const { metricKey, metricState } of pairs) {
      const tags = Object.fromEntries(metricKey.tags.map(({ key, value }) => [key, value]))
      if (metricKey.name !== "openrouter_oauth_latency" || tags.outcome !== outcome || tags.operation !== operation)
        continue
      assert(MetricState.isHistogramState(metricState))
      return { count: metricState.count, sum: metricState.sum }
    }
    return { count: 0, sum: 0 }
  })

/** What an effect adds to the histogram. */
const added = <A, E, R>(outcome: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = yield* latency(outcome)
    yield* Effect.exit(effect)
    const after = yield* latency(outcome)
    return { count: after.count - before.count, sum: Math.round(after.sum - before.sum) }
  })

const attributesOf = (span: Tracer.Span | undefined) => Object.fromEntries(span?.attributes ?? [])

describe("an operation", () => {
  it.effect("is one span, with the last status and the number of attempts", () =>
    Effect.gen(function* () {
      const { layer } = mocked((_, __, attempt) => (attempt < 3 ? json(503, {}) : json(200, ok[operation])))
      const spans = yield* spansOf(
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(call(operation).pipe(Effect.provide(layer)))
          yield* TestClock.adjust("1 minute")
          yield* Fiber.join(fiber)
        })
      )
      assert.deepStrictEqual(
        spans.map(({ kind, name }) => [name, kind]),
        [["OAuthClient.getCurrentKey", "client"]],
        "the platform's own client span, which holds the URL and the request, is not there"
      )
      assert.deepStrictEqual(attributesOf(spans[0]), {
        "openrouter.attempts": 3,
        "http.response.status_code": 200
      })
    })
  )

  it.effect("that is refused before it is sent is a span of no attempt", () =>
    Effect.gen(function* () {
      const { layer } = mocked(() => json(200, {}))
      const spans = yield* spansOf(
        Effect.exit(
          Effect.flatMap(OAuthClient.OAuthClient, (client) => client.getCurrentKey(Redacted.make(""))).pipe(
            Effect.provide(layer)
          )
        )
      )
      assert.deepStrictEqual(attributesOf(spans[0]), { "openrouter.attempts": 0 })
    })
  )

  it.effect("that got no answer has no status", () =>
    Effect.gen(function* () {
      const { layer } = mocked(() => Effect.never, { timeout: "1 second" })
      const spans = yield* spansOf(
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(Effect.exit(call("exchangeAuthCodeForAPIKey").pipe(Effect.provide(layer))))
          yield* TestClock.adjust("1 second")
          yield* Fiber.join(fiber)
        })
      )
      assert.deepStrictEqual(attributesOf(spans[0]), { "openrouter.attempts": 1 })
    })
  )

  it.effect("stands in a histogram, tagged with its outcome, with all its attempts' time in milliseconds", () =>
    Effect.gen(function* () {
      const fine = mocked(() => json(200, ok[operation]))
      assert.deepStrictEqual(yield* added("Success", call(operation).pipe(Effect.provide(fine.layer))), {
        count: 1,
        sum: 0
      })

      const refused = mocked(() => json(401, {}))
      assert.strictEqual((yield* added("Unauthorized", call(operation).pipe(Effect.provide(refused.layer)))).count, 1)

      const slow = mocked(() => Effect.as(Effect.sleep("3 seconds"), json(200, ok[operation])))
      const timed = Effect.gen(function* () {
        const fiber = yield* Effect.fork(call(operation).pipe(Effect.provide(slow.layer)))
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.join(fiber)
      })
      assert.deepStrictEqual(yield* added("Success", timed), { count: 1, sum: 3000 })

      const interrupted = mocked(() => Effect.interrupt)
      assert.strictEqual(
        (yield* added("Interrupted", call(operation).pipe(Effect.provide(interrupted.layer)))).count,
        1
      )

      const broken = mocked(() => Effect.die("a defect of the mock"))
      assert.strictEqual((yield* added("Defect", call(operation).pipe(Effect.provide(broken.layer)))).count, 1)
    })
  )

  it.effect("a thrown error with a tag is a Defect in the histogram, as any other", () =>
    Effect.gen(function* () {
      const broken = mocked(() => Effect.die({ _tag: "Unauthorized" }))
      assert.strictEqual((yield* added("Defect", call(operation).pipe(Effect.provide(broken.layer)))).count, 1)
    })
  )

  it.effect("keeps the spans of a user's own transform, as children of the operation's", () =>
    Effect.gen(function* () {
      const { layer } = mocked(() => json(200, ok[operation]), {
        transformClient: HttpClient.transformResponse(Effect.withSpan("mine"))
      })
      const spans = yield* spansOf(call(operation).pipe(Effect.provide(layer)))
      const [outer, inner] = spans
      assert.strictEqual(inner?.name, "mine")
      assert(inner?.parent._tag === "Some")
      assert.strictEqual(inner.parent.value.spanId, outer?.spanId)
    })
  )

  it.effect("is the parent of what asks for the API key", () =>
    Effect.gen(function* () {
      const { layer } = mocked(() => json(200, ok.createAuthCode), {
        apiKey: Effect.withSpan(Effect.succeed(Redacted.make(apiKey)), "rotating")
      })
      const [outer, asking] = yield* spansOf(call("createAuthCode").pipe(Effect.provide(layer)))
      assert.strictEqual(asking?.name, "rotating")
      assert(asking?.parent._tag === "Some")
      assert.strictEqual(asking.parent.value.spanId, outer?.spanId)
    })
  )

  const answering = (
    body: (
      failed: Effect.Effect<never, HttpClientError.ResponseError>
    ) => Partial<HttpClientResponse.HttpClientResponse>
  ) =>
    HttpClient.make((request) => {
      const response = HttpClientResponse.fromWeb(request, new Response())
      const failed = new HttpClientError.ResponseError({ request, response, reason: "Decode" })
      return Effect.succeed(cast({ status: 200, headers: { "content-type": "application/json" }, ...body(failed) }))
    })
  const failing: Record<string, HttpClient.HttpClient> = {
    "its request": HttpClient.make((request) =>
      Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", description: "fake" }))
    ),
    "a body that breaks": answering((failed) => ({ stream: Stream.concat(Stream.make(new Uint8Array(9)), failed) })),
    "the text of an answer that a transform has read": answering((text) =>
      cast<object>({ source: { bodyUsed: true }, text })
    )
  }
  for (const [what, http] of Object.entries(failing)) {
    it.effect(`logs nothing of its own, not even for fibers that fail: ${what}`, () => {
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => void logged.push(message))
      const layer = Layer.provide(OAuthClient.layer(), Layer.succeed(HttpClient.HttpClient, http))
      return call("exchangeAuthCodeForAPIKey").pipe(
        Effect.provide(layer),
        Effect.flip,
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Logger.withMinimumLogLevel(LogLevel.All),
        Effect.tap((error) => {
          assert.strictEqual(error._tag, "ConnectionLost")
          assert.deepStrictEqual(logged, [])
        })
      )
    })
  }
})
