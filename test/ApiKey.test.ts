import { createServer, type IncomingMessage, type Server } from "node:http"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as ApiKey from "effect-openrouter-oauth/ApiKey"
import { cast } from "./util/cast.js"
import { portOf } from "./util/server.js"

const get = Effect.flatMap(ApiKey.ApiKey, (apiKey) => apiKey.get)
const invalidate = Effect.flatMap(ApiKey.ApiKey, (apiKey) => apiKey.invalidate)
const getKey = Effect.map(get, ({ key }) => Redacted.value(key))

/** Gives the keys one after the other, and counts how often it is asked. */
const counting = (source: string, keys: ReadonlyArray<Partial<ApiKey.ResolvedKey> | undefined>) => {
  interface Counting extends ApiKey.Provider {
    asked: number
    readonly forgotten: Array<string>
  }
  const provider: Counting = {
    source,
    asked: 0,
    forgotten: [],
    find: Effect.sync((): Option.Option<ApiKey.ResolvedKey> => {
      const next = keys[Math.min(provider.asked++, keys.length - 1)]
      return Option.map(Option.fromNullable(next), (key) => ({
        key: Redacted.make(`sk-or-v1-fake-${source}-${provider.asked}`),
        source,
        ...key
      }))
    }),
    forget: ({ key }) => Effect.sync(() => void provider.forgotten.push(Redacted.value(key)))
  }
  return provider
}

const nothing = (source: string, remedy?: string): ApiKey.Provider => ({
  source,
  remedy,
  find: Effect.succeedNone
})

describe("layer", () => {
  it.effect("takes the first provider that has a key, and asks no further", () => {
    const first = counting("first", [{}])
    const second = counting("second", [{}])
    return Effect.gen(function* () {
      assert.strictEqual((yield* get).source, "first")
      assert.strictEqual(second.asked, 0)
    }).pipe(Effect.provide(ApiKey.layer(nothing("none"), first, second)))
  })

  it.effect("remembers the key", () => {
    const provider = counting("a", [{}])
    return Effect.gen(function* () {
      assert.strictEqual(yield* getKey, yield* getKey)
      assert.strictEqual(provider.asked, 1)
    }).pipe(Effect.provide(ApiKey.layer(provider)))
  })

  it.effect("asks once however many fibers wait", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const provider = counting("a", [{}])
      const slow = { ...provider, find: Effect.zipRight(Deferred.await(gate), provider.find) }
      yield* Effect.gen(function* () {
        const fibers = yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.fork(getKey))
        yield* Effect.yieldNow()
        yield* Deferred.succeed(gate, undefined)
        const keys = yield* Fiber.join(Fiber.all(fibers))
        assert.strictEqual(new Set(keys).size, 1)
        assert.strictEqual(provider.asked, 1)
      }).pipe(Effect.provide(ApiKey.layer(slow)))
    })
  )

  it.effect("gives a failure to everybody who waits, and asks anew afterwards", () => {
    let asked = 0
    const failure = new ApiKey.ApiKeyUnavailable({ source: "a", message: "no" })
    const provider = {
      source: "a",
      find: Effect.suspend(() => {
        asked++
        return Effect.zipRight(Effect.yieldNow(), failure)
      })
    }
    return Effect.gen(function* () {
      const errors = yield* Effect.all(
        Array.from({ length: 10 }, () => Effect.flip(get)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(errors), new Set([failure]))
      assert.strictEqual(asked, 1)
      yield* Effect.flip(get)
      assert.strictEqual(asked, 2)
    }).pipe(Effect.provide(ApiKey.layer(provider)))
  })

  it.effect("goes on for the others when one that waits is interrupted", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const provider = counting("a", [{}])
      yield* Effect.gen(function* () {
        const first = yield* Effect.fork(getKey)
        const second = yield* Effect.fork(getKey)
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(first)
        yield* Deferred.succeed(gate, undefined)
        assert.strictEqual(yield* Fiber.join(second), "sk-or-v1-fake-a-1")
      }).pipe(Effect.provide(ApiKey.layer({ source: "a", find: Effect.zipRight(Deferred.await(gate), provider.find) })))
    })
  )

  it.effect("ends the look-up when the last that waits is interrupted", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<void>()
      const find = Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
      )
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(get)
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
        yield* Deferred.await(ended)
      }).pipe(Effect.provide(ApiKey.layer({ source: "a", find })))
    })
  )

  it.effect("asks anew after invalidate, and tells the provider which key was refused", () => {
    const provider = counting("a", [{}])
    return Effect.gen(function* () {
      yield* get
      yield* invalidate
      assert.strictEqual(yield* getKey, "sk-or-v1-fake-a-2")
      assert.deepStrictEqual(provider.forgotten, ["sk-or-v1-fake-a-1"])
    }).pipe(Effect.provide(ApiKey.layer(provider)))
  })

  it.effect("asks anew a minute before the key expires, not earlier", () => {
    const provider = counting("a", [
      { expiresAt: DateTime.unsafeMake(15 * 60_000) },
      { expiresAt: DateTime.unsafeMake(30 * 60_000) }
    ])
    return Effect.gen(function* () {
      yield* get
      yield* TestClock.adjust("13 minutes")
      yield* TestClock.adjust("59 seconds")
      yield* get
      assert.strictEqual(provider.asked, 1)
      yield* TestClock.adjust("1 seconds")
      yield* get
      assert.strictEqual(provider.asked, 2)
    }).pipe(Effect.provide(ApiKey.layer(provider)))
  })

  it.effect("passes over a key that has expired", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 hour")
      const error = yield* Effect.flip(get)
      assert.strictEqual(
        error.message,
        "No OpenRouter API key was found (tried: stored (its key has expired), environment). Set OPENROUTER_API_KEY."
      )
    }).pipe(
      Effect.provide(
        ApiKey.layer(
          counting("stored", [{ expiresAt: DateTime.unsafeMake(0) }]),
          nothing("environment", "Set OPENROUTER_API_KEY.")
        )
      )
    )
  )

  it.effect("says what was tried and what to do where there is no key", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(get)
      assert.strictEqual(error._tag, "ApiKeyMissing")
      assert.strictEqual(error.operation, "get")
      assert.strictEqual(
        error.message,
        "No OpenRouter API key was found (tried: environment, store). Set OPENROUTER_API_KEY. Sign in."
      )
    }).pipe(
      Effect.provide(ApiKey.layer(nothing("environment", "Set OPENROUTER_API_KEY."), nothing("store", "Sign in.")))
    )
  )
})

describe("without any provider", () => {
  it.effect("says that there is none", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(get)).message, "No OpenRouter API key was found (there is no provider).")
    }).pipe(Effect.provide(ApiKey.layer()))
  )
})

describe("fromConfig", () => {
  const reading = (variables: Record<string, string>) =>
    get.pipe(
      Effect.provide(ApiKey.layer(ApiKey.fromConfig())),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
    )

  it.effect("reads OPENROUTER_API_KEY, and says it was the environment", () =>
    Effect.gen(function* () {
      const { key, source } = yield* reading({ OPENROUTER_API_KEY: " sk-or-v1-fake\n" })
      assert.strictEqual(Redacted.value(key), "sk-or-v1-fake")
      assert.strictEqual(source, "environment")
    })
  )

  it.effect.each([{}, { OPENROUTER_API_KEY: "" }, { OPENROUTER_API_KEY: " " }])("has no key in %o", (variables) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(reading(variables))
      assert.strictEqual(error._tag, "ApiKeyMissing")
      assert.strictEqual(error.message, "No OpenRouter API key was found (tried: environment). Set OPENROUTER_API_KEY.")
    })
  )

  it.effect("a configuration of another type is unavailable, not missing", () =>
    Effect.gen(function* () {
      const config = Config.map(Config.integer("OPENROUTER_API_KEY"), (n) => Redacted.make(String(n)))
      const error = yield* Effect.flip(Effect.provide(get, ApiKey.layer(ApiKey.fromConfig(config)))).pipe(
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["OPENROUTER_API_KEY", "sk-or-v1-fake"]])))
      )
      assert(error._tag === "ApiKeyUnavailable")
      assert.strictEqual(error.operation, "get")
      assert.strictEqual(error.source, "environment")
      assert.strictEqual(error.message, "The API key's configuration cannot be read.")
    })
  )
})

describe("withApiKey", () => {
  const listening = (answer: (request: IncomingMessage) => number | { readonly redirect: string }) =>
    Effect.acquireRelease(
      Effect.promise(async () => {
        const seen: Array<string | undefined> = []
        const server: Server = createServer((request, response) => {
          seen.push(request.headers.authorization)
          request.resume().on("end", () => {
            const status = answer(request)
            if (typeof status === "number") response.writeHead(status).end()
            else response.writeHead(307, { location: status.redirect }).end()
          })
        })
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
        return { seen, server, port: portOf(server) }
      }),
      ({ server }) =>
        Effect.sync(() => {
          server.closeAllConnections()
          server.close()
        })
    )

  const client = (baseUrl: string) =>
    Effect.flatMap(HttpClient.HttpClient, (http) => ApiKey.withApiKey(http, { baseUrl }))

  const bearers = (...numbers: ReadonlyArray<number>) => numbers.map((n) => `Bearer sk-or-v1-fake-a-${n}`)

  const provided = (provider: ApiKey.Provider = counting("a", [{}])) =>
    Effect.provide(Layer.merge(ApiKey.layer(provider), FetchHttpClient.layer))

  it.scopedLive("adds the bearer on the base URL's origin, whatever the path", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* listening(() => 200)
      const http = yield* client(`http://127.0.0.1:${port}/api/v1`)
      yield* http.get(`http://127.0.0.1:${port}/api/v1/key`)
      yield* http.get(`http://127.0.0.1:${port}/other`)
      assert.deepStrictEqual(seen, bearers(1, 1))
    }).pipe(provided())
  )

  it.scopedLive.each([
    ["another port", (port: number, base: number) => [`http://127.0.0.1:${port}`, `http://127.0.0.1:${base}`]],
    ["another name of the host", (port: number) => [`http://127.0.0.1:${port}`, `http://localhost:${port}`]],
    [
      "the host as a user name",
      (port: number, base: number) => [`http://127.0.0.1:${base}@127.0.0.1:${port}`, `http://127.0.0.1:${base}`]
    ]
  ] as const)("does not add it for %s", ([, make]) =>
    Effect.gen(function* () {
      const { port, seen } = yield* listening(() => 200)
      const [target, baseUrl] = make(port, port === 1 ? 2 : 1)
      const http = yield* client(baseUrl ?? "")
      yield* Effect.ignore(http.get(target ?? ""))
      assert.deepStrictEqual(
        seen.filter((authorization) => authorization?.startsWith("Bearer")),
        []
      )
    }).pipe(provided())
  )

  it.effect.each([
    ["https://openrouter.ai/api/v1/key", "Bearer sk-or-v1-fake-a-1"],
    ["HTTPS://OpenRouter.ai:443/api/v1/key", "Bearer sk-or-v1-fake-a-1"],
    ["https://openrouter.ai.evil.example/api/v1/key", undefined],
    ["https://openrouter.ai@evil.example/api/v1/key", undefined],
    ["https://openrouter.ai:8443/api/v1/key", undefined],
    ["http://openrouter.ai/api/v1/key", undefined],
    ["https://www.openrouter.ai/api/v1/key", undefined],
    ["/api/v1/key", undefined]
  ] as const)("sends to %s the authorization %s", ([url, expected]) =>
    Effect.gen(function* () {
      const sent: Array<string | undefined> = []
      const http = yield* ApiKey.withApiKey(
        HttpClient.make((request) => {
          sent.push(request.headers.authorization)
          return Effect.succeed(HttpClientResponse.fromWeb(request, new Response()))
        })
      )
      // The client that is wrapped may yet add its own base URL to a path: that is not known here, and no key is added.
      yield* Effect.ignore(http.get(url))
      assert.deepStrictEqual(
        sent.filter((authorization) => authorization !== undefined),
        expected === undefined ? [] : [expected]
      )
    }).pipe(provided())
  )

  it.scopedLive("is not carried along by a redirect to another origin", () =>
    Effect.gen(function* () {
      const thief = yield* listening(() => 200)
      const { port, seen } = yield* listening(() => ({ redirect: `http://127.0.0.1:${thief.port}/` }))
      const http = yield* client(`http://127.0.0.1:${port}`)
      yield* http.get(`http://127.0.0.1:${port}/`)
      assert.deepStrictEqual(seen, bearers(1))
      assert.deepStrictEqual(thief.seen, [undefined])
    }).pipe(provided())
  )

  it.scopedLive("asks for another key after a 401, and sends once more", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* listening((request) => (request.headers.authorization?.endsWith("2") ? 200 : 401))
      const http = yield* client(`http://127.0.0.1:${port}`)
      const { status } = yield* http.post(`http://127.0.0.1:${port}/`, { body: HttpBody.text("again") })
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(seen, bearers(1, 2))
    }).pipe(provided())
  )

  it.scopedLive("gives the 401 back where the next key is the same", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* listening(() => 401)
      const http = yield* client(`http://127.0.0.1:${port}`)
      assert.strictEqual((yield* http.get(`http://127.0.0.1:${port}/`)).status, 401)
      assert.strictEqual(seen.length, 1)
    }).pipe(provided(counting("a", [{ key: Redacted.make("sk-or-v1-fake-same") }])))
  )

  it.scopedLive("does not send a stream again, but the next request has the new key", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* listening((request) => (request.headers.authorization?.endsWith("2") ? 200 : 401))
      const http = yield* client(`http://127.0.0.1:${port}`)
      const body = HttpBody.stream(Stream.succeed(new Uint8Array([1])))
      assert.strictEqual((yield* http.post(`http://127.0.0.1:${port}/`, { body })).status, 401)
      assert.strictEqual((yield* http.get(`http://127.0.0.1:${port}/`)).status, 200)
      assert.deepStrictEqual(seen, bearers(1, 2))
    }).pipe(provided())
  )

  it.scopedLive("asks for one key where 20 requests are refused at once", () => {
    const provider = counting("a", [{}])
    return Effect.gen(function* () {
      const { port } = yield* listening((request) => (request.headers.authorization?.endsWith("-1") ? 401 : 200))
      const http = yield* client(`http://127.0.0.1:${port}`)
      const all = yield* Effect.all(
        Array.from({ length: 20 }, () => http.get(`http://127.0.0.1:${port}/`)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(all.map(({ status }) => status)), new Set([200]))
      assert.strictEqual(provider.asked, 2)
    }).pipe(provided(provider))
  })

  it.scopedLive("fails with the reason where there is no key, and sends nothing", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* listening(() => 200)
      const http = yield* client(`http://127.0.0.1:${port}`)
      const error = yield* Effect.flip(http.get(`http://127.0.0.1:${port}/`))
      assert.strictEqual(cast<ApiKey.ApiKeyError>(error.cause)._tag, "ApiKeyMissing")
      assert.deepStrictEqual(seen, [])
    }).pipe(provided(nothing("environment")))
  )

  it.effect("refuses a base URL that would send the key in the clear", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(client("http://openrouter.ai/api/v1"))
      assert.strictEqual(error._tag, "InvalidRequest")
    }).pipe(provided())
  )
})
