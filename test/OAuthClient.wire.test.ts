import * as Net from "node:net"
import * as Zlib from "node:zlib"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as NodeOAuthClient from "effect-openrouter-oauth/node/NodeOAuthClient"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import { cast } from "./util/cast.js"
import { apiKey, call, code, ok, verifier } from "./util/client.js"
import { json, serve, type TestServer } from "./util/server.js"

const operation = "exchangeAuthCodeForAPIKey"
const good = JSON.stringify(ok[operation])

const over = (http: Layer.Layer<HttpClient.HttpClient>) => (options: OAuthClient.Options) =>
  Layer.provide(OAuthClient.layer(options), http)

const clients = {
  "the platform's fetch": over(FetchHttpClient.layer),
  "the platform's undici": over(NodeHttpClient.layerUndici),
  "node:http": over(NodeHttpClient.layer),
  layerFetch: OAuthClient.layerFetch,
  layerUndici: NodeOAuthClient.layerUndici
}

for (const [name, layer] of Object.entries(clients)) {
  describe(`on a real socket, through ${name}`, () => {
    const exchange = (server: Pick<TestServer, "baseUrl">, options: OAuthClient.Options = {}) =>
      // In the scope of the test: the end of the layer, which closes connections too, must not come before the checks.
      Effect.flatMap(
        Layer.build(
          layer({ apiKey: Redacted.make(apiKey), baseUrl: server.baseUrl, ...options }).pipe(
            Layer.provide(RetryPolicy.layer(RetryPolicy.none))
          )
        ),
        (context) => Effect.provide(call(operation), context)
      )
    const failed = (server: Pick<TestServer, "baseUrl">, options?: OAuthClient.Options) =>
      Effect.flip(exchange(server, options))

    it.scopedLive("a whole exchange, and what it sent", () =>
      Effect.gen(function* () {
        const server = yield* serve((_, response) => json(response, 200, good))
        yield* exchange(server, { appTitle: "App", httpReferer: "https://app.example" })
        const [request] = server.received
        assert(request)
        assert.strictEqual(`${request.method} ${request.url}`, "POST /api/v1/auth/keys")
        assert.deepStrictEqual(JSON.parse(request.body), {
          code,
          code_verifier: verifier,
          code_challenge_method: "S256"
        })
        assert.strictEqual(request.headers["content-type"], "application/json")
        assert.strictEqual(request.headers.accept, "application/json")
        assert.strictEqual(request.headers["x-openrouter-title"], "App")
        assert.strictEqual(request.headers["http-referer"], "https://app.example")
        assert.isUndefined(request.headers.traceparent)
        assert.isUndefined(request.headers.b3)
      })
    )

    for (const status of [301, 302, 307, 308]) {
      it.scopedLive(`a ${status} is not followed`, () =>
        Effect.gen(function* () {
          const elsewhere = yield* serve((_, response) => json(response, 200, good))
          const server = yield* serve((_, response) => {
            response.writeHead(status, { location: `${elsewhere.baseUrl}/auth/keys` })
            response.end()
          })
          const error = yield* failed(server)
          assert(error._tag === "MalformedResponse")
          assert.strictEqual(error.reason, "Redirect")
          assert.lengthOf(elsewhere.received, 0)
          assert.lengthOf(server.received, 1)
        })
      )
    }

    it.scopedLive("what a transform makes of a request is what is sent", () =>
      Effect.gen(function* () {
        const server = yield* serve((_, response) => json(response, 200, good))
        const transformClient = HttpClient.mapRequest((request) =>
          request.pipe(HttpClientRequest.setUrlParam("through", "a proxy"), HttpClientRequest.setHeader("x-own", "yes"))
        )
        yield* exchange(server, { transformClient })
        const [request] = server.received
        assert.strictEqual(request?.url, "/api/v1/auth/keys?through=a+proxy")
        assert.strictEqual(request?.headers["x-own"], "yes")
      })
    )

    for (const timeout of [Number.POSITIVE_INFINITY, "30 days"] as const) {
      it.scopedLive(`a timeout of ${timeout}, longer than any timer, ends nothing`, () =>
        Effect.gen(function* () {
          const server = yield* serve((_, response) => {
            // A timer that overflowed ends after a millisecond: one that begins later ends after it.
            setTimeout(() => json(response, 200, good), 1)
          })
          yield* exchange(server, { timeout })
          assert.lengthOf(server.received, 1)
        })
      )
    }

    it.scopedLive("a transform may read the answer too", () =>
      Effect.gen(function* () {
        const server = yield* serve((_, response) => json(response, 200, good))
        const read: Array<string> = []
        const transformClient = HttpClient.tap((response) =>
          Effect.map(Effect.orDie(response.text), (text) => void read.push(text))
        )
        assert.deepStrictEqual(yield* exchange(server, { transformClient }), yield* exchange(server))
        assert.deepStrictEqual(read, [good])
      })
    )

    it.scopedLive("64 MB are cut early, and the connection is closed", () =>
      Effect.gen(function* () {
        let written = 0
        const server = yield* serve((_, response) => {
          response.writeHead(200, { "content-type": "application/json" })
          const chunk = Buffer.alloc(64 * 1024, " ")
          const more = () => {
            while (written < 64 * 1024 * 1024 && !response.destroyed) {
              written += chunk.length
              if (!response.write(chunk)) return
            }
            response.end()
          }
          response.on("drain", more)
          more()
        })
        const error = yield* failed(server)
        assert(error._tag === "MalformedResponse")
        assert.strictEqual(error.reason, "TooLarge")
        yield* Effect.promise(() => server.closed)
        assert.isBelow(written, 32 * 1024 * 1024)
      })
    )

    it.scopedLive("64 MB of an error are cut too, and stay that error", () =>
      Effect.gen(function* () {
        const server = yield* serve((_, response) => {
          response.writeHead(403, { "content-type": "application/json" })
          response.end(Buffer.alloc(64 * 1024 * 1024, "x"))
        })
        const error = yield* failed(server)
        assert.strictEqual(error._tag, "Forbidden")
        assert.isBelow(error.message.length, 1000)
      })
    )

    it.scopedLive("a wrong content type is not even read", () =>
      Effect.gen(function* () {
        const server = yield* serve((_, response) => {
          response.writeHead(200, { "content-type": "text/html" })
          response.flushHeaders() // and nothing comes after them
        })
        const error = yield* failed(server)
        assert(error._tag === "MalformedResponse")
        assert.strictEqual(error.reason, "ContentType")
        yield* Effect.promise(() => server.closed)
      })
    )

    it.scopedLive.each(['{"key":"\xff"}', `${good}\xc3`])("invalid UTF-8: %o", (body) =>
      Effect.gen(function* () {
        const server = yield* serve((_, response) => {
          response.writeHead(200, { "content-type": "application/json" })
          response.end(Buffer.from(body, "latin1"))
        })
        const error = yield* failed(server)
        assert(error._tag === "MalformedResponse")
        assert.strictEqual(error.reason, "Encoding")
      })
    )

    it.scopedLive("a truncated body is a lost connection, not a malformed one", () =>
      Effect.gen(function* () {
        const server = yield* serve((_, response) => {
          response.writeHead(200, { "content-type": "application/json", "content-length": "1000" })
          response.write(good, () => response.destroy())
        })
        assert.strictEqual((yield* failed(server))._tag, "ConnectionLost")
      })
    )

    it.scopedLive("a truncated error stays that error", () =>
      Effect.gen(function* () {
        const server = yield* serve((_, response) => {
          response.writeHead(400, { "content-type": "application/json", "content-length": "1000" })
          response.write('{"error":{"code":400,"message":"Invalid', () => response.destroy())
        })
        assert.strictEqual((yield* failed(server))._tag, "BadRequest")
      })
    )

    for (const [when, headers] of [
      ["before the answer", false],
      ["in the body", true]
    ] as const) {
      it.scopedLive(`a reset ${when} is a lost connection`, () =>
        Effect.gen(function* () {
          const server = yield* serve((_, response, socket) => {
            if (headers) {
              response.writeHead(200, { "content-type": "application/json" })
              response.write("{", () => socket.resetAndDestroy())
            } else {
              socket.resetAndDestroy()
            }
          })
          const error = yield* failed(server)
          assert.strictEqual(error._tag, "ConnectionLost")
          assert.include(error.message, "outcome is unknown")
        })
      )
    }

    it.scopedLive("an answer that is not HTTP is a lost connection", () =>
      Effect.gen(function* () {
        const server = yield* Effect.acquireRelease(
          Effect.async<Net.Server>((resume) => {
            const made = Net.createServer((socket) => {
              socket.on("error", () => {})
              socket.once("data", () => socket.end("SSH-2.0-fake\r\n"))
            })
            made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
          }),
          (made) => Effect.async<void>((resume) => void made.close(() => resume(Effect.void)))
        )
        const address = server.address()
        assert(address !== null && typeof address === "object")
        const error = yield* failed({ baseUrl: `http://127.0.0.1:${address.port}` })
        assert.strictEqual(error._tag, "ConnectionLost")
      })
    )

    it.scopedLive("a closed port is provably never sent, and safe to send again", () =>
      Effect.gen(function* () {
        const { baseUrl } = yield* Effect.scoped(serve(() => {}))
        const error = yield* failed({ baseUrl })
        assert.strictEqual(error._tag, "ConnectionFailed")
        assert.include(error.message, "nothing was sent")
        assert.include(error.message, "ECONNREFUSED")
      })
    )

    it.scopedLive("an answer that never comes times out, and the request is aborted", () =>
      Effect.gen(function* () {
        const server = yield* serve(() => {})
        const error = yield* failed(server, { timeout: "100 millis" })
        assert.strictEqual(error._tag, "TimedOut")
        yield* Effect.promise(() => server.closed)
      })
    )

    it.scopedLive("a body that drips on past the deadline times out, and the request is aborted", () =>
      Effect.gen(function* () {
        const server = yield* serve((_, response) => {
          response.writeHead(200, { "content-type": "application/json" })
          const timer = setInterval(() => response.write(" "), 10)
          response.on("close", () => clearInterval(timer))
        })
        const error = yield* failed(server, { timeout: "200 millis" })
        assert.strictEqual(error._tag, "TimedOut")
        yield* Effect.promise(() => server.closed)
      })
    )

    it.scopedLive("interruption closes the connection", () =>
      Effect.gen(function* () {
        let arrived = () => {}
        const arrival = new Promise<void>((resolve) => {
          arrived = resolve
        })
        const server = yield* serve(() => arrived())
        const fiber = yield* Effect.fork(exchange(server))
        yield* Effect.promise(() => arrival)
        const exit = yield* Fiber.interrupt(fiber)
        assert.isTrue(Exit.isInterrupted(exit))
        yield* Effect.promise(() => server.closed)
      })
    )

    it.scopedLive("keep-alive connections stay usable after every kind of whole answer", () =>
      Effect.gen(function* () {
        const ports = new Set<number | undefined>()
        let n = 0
        const server = yield* serve((_, response, socket) => {
          ports.add(socket.remotePort)
          json(response, ++n % 2 === 0 ? 403 : 200, n % 2 === 0 ? { error: { code: 403, message: "No" } } : good)
        })
        const client = layer({ baseUrl: server.baseUrl })
        yield* Effect.provide(
          Effect.forEach(Array.from({ length: 20 }), () => Effect.exit(call(operation))),
          client
        )
        assert.lengthOf(server.received, 20)
        assert.isAtMost(ports.size, name === "node:http" ? 20 : 2)
      })
    )
  })
}

describe("fetch only", () => {
  const answered = (response: object) =>
    call(operation).pipe(
      Effect.provide(
        OAuthClient.layerFetch().pipe(
          Layer.provide([
            Layer.succeed(FetchHttpClient.Fetch, () => Promise.resolve(cast<Response>(response))),
            RetryPolicy.layer(RetryPolicy.none)
          ])
        )
      )
    )
  const headers = new Headers({ "content-type": "application/json" })

  it.effect("a character may come in two chunks", () =>
    Effect.gen(function* () {
      const bytes = new TextEncoder().encode(JSON.stringify({ key: "sk-or-v1-fake", user_id: "é漢😀" }))
      const body = new ReadableStream({
        start: (controller) => {
          for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
          controller.close()
        }
      })
      assert.containSubset(yield* answered(new Response(body, { headers })), { userId: "é漢😀" })
    })
  )

  it.effect("a response without a body to be read in chunks, such as React Native's, is read whole", () =>
    Effect.gen(function* () {
      const response = { status: 200, headers, text: () => Promise.resolve(good) }
      assert.containSubset(yield* answered(response), { userId: "user_fake" })
      const error = yield* Effect.flip(answered({ ...response, text: () => Promise.reject(new Error("fake")) }))
      assert.strictEqual(error._tag, "ConnectionLost")
    })
  )

  it.effect("a body that breaks was asked for, whatever it broke with", () =>
    Effect.gen(function* () {
      const cause = Object.assign(new Error("fake"), { code: "ECONNREFUSED", syscall: "connect" })
      const body = new ReadableStream({ start: (controller) => controller.error(cause) })
      const error = yield* Effect.flip(answered(new Response(body, { headers })))
      assert.strictEqual(error._tag, "ConnectionLost")
      assert.include(error.message, "ECONNREFUSED")
    })
  )

  it.live("leaves no timer behind", () =>
    Effect.gen(function* () {
      const set = vi.spyOn(globalThis, "setTimeout")
      const clear = vi.spyOn(globalThis, "clearTimeout")
      yield* answered(new Response(good, { headers }))
      const deadline = set.mock.calls.findIndex(([, delay]) => delay === 30_000)
      assert.isAtLeast(deadline, 0)
      assert.include(
        clear.mock.calls.map(([timer]) => timer),
        set.mock.results[deadline]?.value
      )
    }).pipe(Effect.ensuring(Effect.sync(() => vi.restoreAllMocks())))
  )

  it.effect("leaves nothing asleep on another clock", () =>
    Effect.gen(function* () {
      const clock = yield* Effect.clock
      const woken = yield* Deferred.make<void>()
      const sleep = () => Effect.onInterrupt(Effect.never, () => Deferred.succeed(woken, undefined))
      yield* Effect.withClock(answered(new Response(good, { headers })), Object.assign(Object.create(clock), { sleep }))
      yield* Deferred.await(woken)
    })
  )

  it.scopedLive("a compressed answer is unpacked, and one that cannot be is Encoding", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, response) => {
        const bytes = Zlib.gzipSync(good)
        const broken = request.headers["x-openrouter-title"] === "broken"
        if (broken) bytes.fill(0, 2)
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
        response.end(bytes)
      })
      const layer = OAuthClient.layerFetch({ baseUrl: server.baseUrl })
      yield* call(operation).pipe(Effect.provide(layer))
      const error = yield* Effect.flip(call(operation)).pipe(
        OAuthClient.withAttribution({ appTitle: "broken" }),
        Effect.provide(layer)
      )
      assert(error._tag === "MalformedResponse")
      assert.strictEqual(error.reason, "Encoding")
    })
  )

  it.scopedLive("an answer that is refused unread is cancelled at once, not when it is garbage", () =>
    Effect.gen(function* () {
      let isCancelled = false
      const body = new ReadableStream({
        cancel: () => {
          isCancelled = true
        }
      })
      const spy: typeof fetch = () => Promise.resolve(new Response(body, { headers: { "content-type": "text/html" } }))
      const layer = OAuthClient.layerFetch().pipe(Layer.provide(Layer.succeed(FetchHttpClient.Fetch, spy)))
      const error = yield* Effect.flip(call(operation)).pipe(Effect.provide(layer))
      assert(error._tag === "MalformedResponse")
      assert.isTrue(isCancelled)
    })
  )

  it.scopedLive("a transform may send another kind of body", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, response) => json(response, 200, good))
      const transformClient = HttpClient.mapRequest(
        HttpClientRequest.bodyStream(Stream.make(new TextEncoder().encode('{"code":"another"}')))
      )
      const layer = OAuthClient.layerFetch({ baseUrl: server.baseUrl, transformClient })
      yield* Effect.provide(call(operation), layer)
      assert.strictEqual(server.received[0]?.body, '{"code":"another"}')
    })
  )

  it.scopedLive("RequestInit around the call goes over the layer's, and neither may follow redirects", () =>
    Effect.gen(function* () {
      const inits: Array<RequestInit | undefined> = []
      const spy: typeof fetch = (_, init) => {
        inits.push(init)
        return Promise.resolve(new Response(good, { headers: { "content-type": "application/json" } }))
      }
      const layer = OAuthClient.layerFetch().pipe(
        Layer.provide([
          Layer.succeed(FetchHttpClient.Fetch, spy),
          Layer.succeed(FetchHttpClient.RequestInit, { credentials: "omit", redirect: "follow" })
        ])
      )
      const around = Effect.provideService(FetchHttpClient.RequestInit, { cache: "no-store", redirect: "follow" })
      yield* Effect.provide(call(operation), layer)
      yield* Effect.provide(around(call(operation)), layer)
      assert.deepStrictEqual(
        inits.map((init) => [init?.credentials, init?.cache, init?.redirect]),
        [
          ["omit", undefined, "manual"],
          [undefined, "no-store", "manual"]
        ]
      )
    })
  )

  it.scopedLive("trace headers go out only where the client is told to, and are those of the operation's span", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, response) => json(response, 200, good))
      const told = HttpClient.withTracerPropagation(true)
      const below = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, told)).pipe(
        Layer.provide(FetchHttpClient.layer)
      )
      yield* call(operation).pipe(
        Effect.withSpan("caller"),
        Effect.provide(OAuthClient.layerFetch({ baseUrl: server.baseUrl }))
      )
      const span = yield* Effect.gen(function* () {
        const current = yield* Effect.currentSpan
        yield* call(operation).pipe(
          Effect.provide(OAuthClient.layerFetch({ baseUrl: server.baseUrl, transformClient: told }))
        )
        yield* call(operation).pipe(
          Effect.provide(Layer.provide(OAuthClient.layer({ baseUrl: server.baseUrl }), below))
        )
        return current
      }).pipe(Effect.withSpan("caller"))
      const [silent, transformed, given] = server.received.map(({ headers }) => headers.traceparent)
      assert.isUndefined(silent)
      for (const header of [transformed, given]) {
        assert(typeof header === "string")
        assert.include(header, span.traceId)
        assert.notInclude(header, span.spanId, "it names the operation's span, a child of the caller's")
      }
    })
  )
})
