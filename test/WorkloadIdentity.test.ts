import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as ApiKey from "effect-openrouter-oauth/ApiKey"
import { OAuthClient, type Service } from "effect-openrouter-oauth/OAuthClient"
import { InternalServer, UnexpectedStatus } from "effect-openrouter-oauth/OAuthError"
import type { CreateOauthTokenInput } from "effect-openrouter-oauth/OAuthSchema"
import * as WorkloadIdentity from "effect-openrouter-oauth/WorkloadIdentity"

const refusal = new InternalServer({
  operation: "createOauthToken",
  status: 500,
  message: "It failed.",
  reason: "Other"
})

const unused = Effect.die("not used")

type Answer = ReturnType<Service["createOauthToken"]>

/** An OpenRouter that gives `token-1`, `token-2` and so on, for 15 minutes; `answer` can change that. */
const server = (answer: (count: number, otherwise: Answer) => Answer = (_, otherwise) => otherwise) => {
  const requests: Array<CreateOauthTokenInput> = []
  const layer = Layer.succeed(OAuthClient, {
    createAuthCode: () => unused,
    exchangeAuthCodeForAPIKey: () => unused,
    getCurrentKey: () => unused,
    createAuthorizationUrl: () => unused,
    listOauthJwks: unused,
    createOauthToken: (request) =>
      Effect.suspend(() => {
        requests.push(request)
        return answer(
          requests.length,
          Effect.succeed({
            accessToken: Redacted.make(`token-${requests.length}`),
            issuedTokenType: "urn:ietf:params:oauth:token-type:access_token",
            tokenType: "Bearer",
            expiresIn: 900,
            scope: "inference"
          })
        )
      })
  })
  return { layer, requests }
}

/** One that gives the first token, and then answers like this. */
const onlyFirst = (then: Answer) => server((count, otherwise) => (count === 1 ? otherwise : then))

const subjectToken = Effect.succeed(Redacted.make("a.b.c"))
const options = { federationPolicyId: "policy", subjectToken }

const get = Effect.flatMap(ApiKey.ApiKey, (apiKey) => apiKey.get)
const getToken = Effect.map(get, ({ key }) => Redacted.value(key))

const running = <A, E>(
  { layer }: Pick<ReturnType<typeof server>, "layer">,
  effect: Effect.Effect<A, E, ApiKey.ApiKey>,
  given: WorkloadIdentity.Options<{ readonly message: string }> = options
) => Effect.provide(effect, Layer.provide(ApiKey.layer(WorkloadIdentity.provider(given)), layer))

/** To the last minute of the first token, and that far into it. */
const intoTheLastMinute = (seconds: number) => TestClock.adjust(Duration.seconds(900 - 60 + seconds))

describe("provider", () => {
  it.effect("gives the access token with its source and its end", () => {
    const openRouter = server()
    return running(
      openRouter,
      Effect.gen(function* () {
        const { expiresAt, key, source } = yield* get
        assert.strictEqual(Redacted.value(key), "token-1")
        assert.strictEqual(source, "workload")
        assert.deepStrictEqual(expiresAt, DateTime.unsafeMake(900_000))
        assert.deepStrictEqual(openRouter.requests, [
          { federationPolicyId: "policy", subjectToken: Redacted.make("a.b.c"), scope: "inference" }
        ])
      }),
      { ...options, scope: "inference" }
    )
  })

  it.effect("makes one request for 1,000 fibers", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const openRouter = server((_, otherwise) => Effect.zipRight(Deferred.await(gate), otherwise))
      yield* running(
        openRouter,
        Effect.gen(function* () {
          const fibers = yield* Effect.forEach(Array.from({ length: 1_000 }), () => Effect.fork(getToken))
          yield* Effect.yieldNow()
          yield* Deferred.succeed(gate, undefined)
          assert.deepStrictEqual(new Set(yield* Fiber.join(Fiber.all(fibers))), new Set(["token-1"]))
          assert.lengthOf(openRouter.requests, 1)
        })
      )
    })
  )

  it.effect("makes one request for 1,000 fibers that refresh, in two chains with the same provider", () => {
    const openRouter = server()
    const provider = WorkloadIdentity.provider(options)
    const chain = Layer.fresh(ApiKey.layer(provider)).pipe(Layer.provide(openRouter.layer))
    const many = Effect.all(
      Array.from({ length: 500 }, () => getToken),
      { concurrency: "unbounded" }
    )
    return Effect.gen(function* () {
      const [one, other] = yield* Effect.all([Layer.build(chain), Layer.build(chain)])
      const both = Effect.all([Effect.provide(many, one), Effect.provide(many, other)], { concurrency: 2 })
      yield* both
      assert.lengthOf(openRouter.requests, 1)
      yield* intoTheLastMinute(1)
      assert.deepStrictEqual(new Set((yield* both).flat()), new Set(["token-2"]))
      assert.lengthOf(openRouter.requests, 2)
    }).pipe(Effect.scoped)
  })

  it.effect("refreshes a minute before the end, not earlier", () => {
    const openRouter = server()
    return running(
      openRouter,
      Effect.gen(function* () {
        yield* get
        yield* intoTheLastMinute(-1)
        assert.strictEqual(yield* getToken, "token-1")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* getToken, "token-2")
        assert.lengthOf(openRouter.requests, 2)
      })
    )
  })

  it.effect("keeps the token itself until then, for whoever asks it", () => {
    const openRouter = server()
    const { find } = WorkloadIdentity.provider(options)
    const token = Effect.map(Effect.flatten(find), ({ key }) => Redacted.value(key))
    return Effect.gen(function* () {
      yield* token
      yield* intoTheLastMinute(-1)
      assert.strictEqual(yield* token, "token-1")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* token, "token-2")
    }).pipe(Effect.provide(openRouter.layer))
  })

  it.effect("refreshes a token that lives for 40 seconds after 20", () => {
    const openRouter = server((_, otherwise) => Effect.map(otherwise, (token) => ({ ...token, expiresIn: 40 })))
    return running(
      openRouter,
      Effect.gen(function* () {
        yield* get
        yield* TestClock.adjust("19 seconds")
        assert.strictEqual(yield* getToken, "token-1")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* getToken, "token-2")
      })
    )
  })

  it.effect("counts the lifetime from before the request", () => {
    const openRouter = server((_, otherwise) => Effect.delay(otherwise, "20 seconds"))
    return running(
      openRouter,
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(get)
        yield* TestClock.adjust("20 seconds")
        assert.deepStrictEqual((yield* Fiber.join(fiber)).expiresAt, DateTime.unsafeMake(900_000))
      })
    )
  })

  it.effect("reads the subject token anew at each refresh", () => {
    const openRouter = server()
    const tokens = ["a.b.1", "a.b.2"]
    return running(
      openRouter,
      Effect.gen(function* () {
        yield* get
        yield* intoTheLastMinute(0)
        yield* get
        assert.deepStrictEqual(
          openRouter.requests.map((request) => Redacted.value(request.subjectToken)),
          ["a.b.1", "a.b.2"]
        )
      }),
      { ...options, subjectToken: Effect.sync(() => Redacted.make(tokens.shift() ?? "")) }
    )
  })
})

describe("a refresh that fails", () => {
  it.effect("leaves the old token in use, until it has expired: then a typed error", () =>
    running(
      onlyFirst(Effect.fail(refusal)),
      Effect.gen(function* () {
        yield* get
        yield* intoTheLastMinute(0)
        assert.strictEqual(yield* getToken, "token-1")
        yield* TestClock.adjust("59 seconds")
        assert.strictEqual(yield* getToken, "token-1")
        yield* TestClock.adjust("1 second")
        const error = yield* Effect.flip(get)
        assert(error._tag === "ApiKeyUnavailable")
        assert.strictEqual(error.source, "workload")
        assert.strictEqual(error.cause, refusal)
      })
    )
  )

  it.effect("is tried again after 1, 2, 4, 8 and 16 seconds", () => {
    const openRouter = onlyFirst(Effect.fail(refusal))
    return running(
      openRouter,
      Effect.gen(function* () {
        yield* get
        yield* intoTheLastMinute(0)
        const at: Array<number> = []
        for (let second = 0; second < 60; second++) {
          const before = openRouter.requests.length
          yield* get
          if (openRouter.requests.length > before) at.push(second)
          yield* TestClock.adjust("1 second")
        }
        assert.deepStrictEqual(at, [0, 1, 3, 7, 15, 31])
      })
    )
  })

  it.effect("waits as long as the server wishes", () => {
    const busy = new UnexpectedStatus({
      operation: "createOauthToken",
      status: 429,
      message: "Slow down.",
      reason: "RateLimited",
      retryAfter: Duration.seconds(20)
    })
    const openRouter = onlyFirst(Effect.fail(busy))
    return running(
      openRouter,
      Effect.gen(function* () {
        yield* get
        yield* intoTheLastMinute(0)
        yield* get
        yield* TestClock.adjust("19 seconds")
        yield* get
        assert.lengthOf(openRouter.requests, 2)
        yield* TestClock.adjust("1 second")
        yield* get
        assert.lengthOf(openRouter.requests, 3)
      })
    )
  })

  it.effect("recovers: the next that succeeds gives the new token", () => {
    const openRouter = server((count, otherwise) => (count === 2 ? Effect.fail(refusal) : otherwise))
    return running(
      openRouter,
      Effect.gen(function* () {
        yield* get
        yield* intoTheLastMinute(0)
        assert.strictEqual(yield* getToken, "token-1")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* getToken, "token-3")
      })
    )
  })

  it.effect("recovers after the old token has expired", () => {
    const openRouter = server((count, otherwise) => (count === 2 ? Effect.fail(refusal) : otherwise))
    return running(
      openRouter,
      Effect.gen(function* () {
        yield* get
        yield* TestClock.adjust("1 hour")
        yield* Effect.flip(get)
        assert.strictEqual(yield* getToken, "token-3")
      })
    )
  })

  it.effect("holds nobody up for longer than 10 seconds while the old token is valid", () => {
    const openRouter = onlyFirst(Effect.never)
    return running(
      openRouter,
      Effect.gen(function* () {
        yield* get
        yield* intoTheLastMinute(0)
        const fiber = yield* Effect.fork(getToken)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(yield* Fiber.join(fiber), "token-1")
      })
    )
  })
})

describe("a refresh that outlives the old token", () => {
  it.effect("fails, with what it waited for", () => {
    const openRouter = onlyFirst(Effect.never)
    return running(
      openRouter,
      Effect.gen(function* () {
        yield* get
        yield* intoTheLastMinute(55)
        const fiber = yield* Effect.fork(Effect.flip(get))
        yield* TestClock.adjust("10 seconds")
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error._tag, "ApiKeyUnavailable")
        assert.strictEqual(error.message, "No new token came within 10s.")
      })
    )
  })
})

describe("invalidate", () => {
  it.effect("gives up a token that was refused, and asks for another", () => {
    const openRouter = server()
    return running(
      openRouter,
      Effect.gen(function* () {
        yield* get
        yield* (yield* ApiKey.ApiKey).invalidate
        assert.strictEqual(yield* getToken, "token-2")
      })
    )
  })

  it.effect("does not bring the old token back where the next request fails", () => {
    const openRouter = onlyFirst(Effect.fail(refusal))
    return running(
      openRouter,
      Effect.gen(function* () {
        yield* get
        yield* (yield* ApiKey.ApiKey).invalidate
        assert.strictEqual((yield* Effect.flip(get))._tag, "ApiKeyUnavailable")
      })
    )
  })
})

describe("a subject token", () => {
  const unavailable = (reason: "Absent" | "Failed") =>
    new WorkloadIdentity.SubjectTokenUnavailable({ reason, message: "No token." })

  it.effect("that is absent lets the next provider have its turn", () => {
    const openRouter = server()
    const next: ApiKey.Provider = {
      source: "next",
      find: Effect.succeed(Option.some({ key: Redacted.make("sk-or-v1-fake"), source: "next" }))
    }
    const provider = WorkloadIdentity.provider({ ...options, subjectToken: Effect.fail(unavailable("Absent")) })
    return Effect.gen(function* () {
      assert.strictEqual((yield* get).source, "next")
      assert.lengthOf(openRouter.requests, 0)
    }).pipe(Effect.provide(Layer.provide(ApiKey.layer<OAuthClient>(provider, next), openRouter.layer)))
  })

  it.effect("that is absent, and no other provider: the error says what to give", () => {
    const provider = WorkloadIdentity.provider({ ...options, subjectToken: Effect.fail(unavailable("Absent")) })
    return Effect.gen(function* () {
      assert.strictEqual(
        (yield* Effect.flip(get)).message,
        "No OpenRouter API key was found (tried: workload). Give the workload a subject token."
      )
    }).pipe(Effect.provide(Layer.provide(ApiKey.layer<OAuthClient>(provider), server().layer)))
  })

  it.effect("that cannot be had is the error's cause", () => {
    const failure = unavailable("Failed")
    assert.strictEqual(failure.operation, "subjectToken")
    return running(
      server(),
      Effect.gen(function* () {
        const error = yield* Effect.flip(get)
        assert(error._tag === "ApiKeyUnavailable")
        assert.strictEqual(error.cause, failure)
        assert.strictEqual(error.source, "workload")
        assert.strictEqual(error.message, "No token.")
      }),
      { ...options, subjectToken: failure }
    )
  })

  it.effect("that is gone leaves the old access token in use while it is valid", () => {
    let asked = 0
    return running(
      server(),
      Effect.gen(function* () {
        yield* get
        yield* intoTheLastMinute(0)
        assert.strictEqual(yield* getToken, "token-1")
      }),
      {
        ...options,
        subjectToken: Effect.suspend(() => (asked++ === 0 ? subjectToken : Effect.fail(unavailable("Absent"))))
      }
    )
  })
})
