import * as Http from "node:http"
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as BrowserOpener from "effect-openrouter-oauth/node/BrowserOpener"
import * as LoopbackSignIn from "effect-openrouter-oauth/node/LoopbackSignIn"
import type { SignedIn } from "effect-openrouter-oauth/SignIn"
import { code, json } from "../util/client.js"
import { callback, fixture } from "../util/signIn.js"

interface Running {
  readonly waiting: LoopbackSignIn.Waiting
  readonly fiber: Fiber.RuntimeFiber<SignedIn, LoopbackSignIn.LoopbackSignInError>
  /** The callback that would complete it. */
  readonly granted: URL
  readonly port: number
  readonly exchanged: ReadonlyArray<unknown>
  /** Why pasted lines were refused. */
  readonly refused: Queue.Dequeue<LoopbackSignIn.Refused>
  readonly opened: ReadonlyArray<URL>
  readonly paste: (line: string) => Effect.Effect<void>
}

/** A sign-in that waits for its callback. */
const start = (
  options: LoopbackSignIn.Options = {},
  respond?: Parameters<typeof fixture>[0]
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { exchanged, layer } = fixture(respond)
    const shown = yield* Deferred.make<LoopbackSignIn.Waiting>()
    const refused = yield* Queue.unbounded<LoopbackSignIn.Refused>()
    const lines = yield* Queue.unbounded<string>()
    const opened: Array<URL> = []
    const opener = Layer.succeed(BrowserOpener.BrowserOpener, {
      open: (url) => Effect.sync(() => opened.push(url) > 0)
    })
    const fiber = yield* LoopbackSignIn.signIn({
      headless: false,
      pasted: Stream.fromQueue(lines),
      onRefused: (line) => Effect.asVoid(Queue.offer(refused, line)),
      onWaiting: (waiting) => Effect.asVoid(Deferred.succeed(shown, waiting)),
      ...options
    }).pipe(Effect.provide([layer, opener]), Effect.forkScoped)
    const waiting = yield* Effect.raceFirst(
      Deferred.await(shown),
      Effect.orDie(Effect.zipRight(Fiber.join(fiber), Effect.never))
    )
    const headless = waiting.mode === "headless"
    const granted = headless
      ? new URL("http://127.0.0.1/")
      : callback(waiting, { code, state: waiting.authorizationUrl.searchParams.get("state") ?? undefined })
    return {
      waiting,
      fiber,
      granted,
      port: Number(granted.port),
      exchanged,
      refused,
      opened,
      paste: (line: string) => Effect.asVoid(Queue.offer(lines, line))
    }
  })

interface Answer {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

const request = (url: string | URL, options: Http.RequestOptions = {}): Effect.Effect<Answer> =>
  Effect.async((resume) => {
    const sent = Http.request(url, options, (response) => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (chunk) => {
        body += chunk
      })
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, body }))
      )
    })
    sent.on("error", (error) => resume(Effect.die(error)))
    sent.end()
  })

/** What a socket hears back for raw bytes, until it is closed. */
const raw = (port: number, bytes: string): Effect.Effect<string> =>
  Effect.async((resume) => {
    let heard = ""
    const socket = Net.connect(port, "127.0.0.1", () => socket.write(bytes))
    socket.on("data", (chunk) => {
      heard += chunk
    })
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.succeed(heard)))
  })

/** Whether a port can be listened on. */
const isFree = (port: number): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const server = Net.createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen(port, "127.0.0.1", () => server.close(() => resume(Effect.succeed(true))))
  })

/** The sign-in still waits, and completes with the real callback. */
const survives = ({ exchanged, fiber, granted, port }: Running) =>
  Effect.gen(function* () {
    assert.isNull(fiber.unsafePoll())
    assert.lengthOf(exchanged, 0)
    assert.strictEqual((yield* request(granted)).status, 200)
    const { key } = yield* Fiber.join(fiber)
    assert.strictEqual(Redacted.value(key), "sk-or-v1-fake-user-key")
    assert.lengthOf(exchanged, 1)
    assert.isTrue(yield* isFree(port))
  })

describe("a sign-in by browser", () => {
  it.scopedLive("opens and shows the URL, takes the callback, and answers with the outcome of the exchange", () =>
    Effect.gen(function* () {
      const running = yield* start()
      const { granted, opened, waiting } = running
      assert.deepStrictEqual(opened, [waiting.authorizationUrl])
      assert.isTrue(waiting.browserOpened)
      assert.strictEqual(waiting.mode, "loopback")
      assert.match(granted.href, /^http:\/\/127\.0\.0\.1:\d+\/callback\?attempt=/)
      const answer = yield* request(granted)
      assert.strictEqual(answer.status, 200)
      assert.include(answer.body, "You are signed in")
      assert.strictEqual(answer.headers["cache-control"], "no-store")
      assert.strictEqual(answer.headers["referrer-policy"], "no-referrer")
      assert.strictEqual(answer.headers["x-content-type-options"], "nosniff")
      assert.match(String(answer.headers["content-security-policy"]), /^default-src 'none'; style-src 'sha256-/)
      assert.isUndefined(answer.headers["access-control-allow-origin"])
      assert.notInclude(answer.body, code)
      const { key } = yield* Fiber.join(running.fiber)
      assert.strictEqual(Redacted.value(key), "sk-or-v1-fake-user-key")
      assert.isTrue(yield* isFree(running.port))
    })
  )

  it.scopedLive("a denial ends it, and the page says so", () =>
    Effect.gen(function* () {
      const running = yield* start()
      const answer = yield* request(callback(running.waiting, { error: "access_denied" }))
      assert.include(answer.body, "You did not allow it")
      assert.strictEqual((yield* Effect.flip(Fiber.join(running.fiber)))._tag, "AuthorizationDenied")
      assert.isTrue(yield* isFree(running.port))
    })
  )

  it.scopedLive("an exchange that fails is told as such, on the page and as the error", () =>
    Effect.gen(function* () {
      const running = yield* start({}, () => json(403, { error: { code: 403, message: "Authorization code expired" } }))
      const answer = yield* request(running.granted)
      assert.strictEqual(answer.status, 502)
      assert.include(answer.body, "The sign-in failed")
      const error = yield* Effect.flip(Fiber.join(running.fiber))
      assert(error._tag === "Forbidden")
      assert.strictEqual(error.reason, "CodeExpired")
    })
  )

  it.scopedLive("of two identical callbacks at once one exchanges", () =>
    Effect.gen(function* () {
      const running = yield* start()
      // The loser is refused, or finds the server gone.
      const answers = yield* Effect.all(
        [request(running.granted), request(running.granted)].map((answer) => Effect.exit(answer)),
        { concurrency: 2 }
      )
      assert.lengthOf(
        answers.filter((answer) => Exit.isSuccess(answer) && answer.value.status === 200),
        1
      )
      yield* Fiber.join(running.fiber)
      assert.lengthOf(running.exchanged, 1)
    })
  )

  it.scopedLive("interruption frees the port at once, with silent and idle sockets open", () =>
    Effect.gen(function* () {
      const running = yield* start()
      const silent = Net.connect(running.port, "127.0.0.1")
      const closed = new Promise<void>((resolve) => silent.on("close", () => resolve()))
      silent.on("error", () => {})
      yield* Effect.promise(() => new Promise<void>((resolve) => silent.on("connect", () => resolve())))
      yield* request(`http://127.0.0.1:${running.port}/`, { agent: new Http.Agent({ keepAlive: true }) })
      const exit = yield* Fiber.interrupt(running.fiber)
      assert.isTrue(Exit.isInterrupted(exit))
      assert.isTrue(yield* isFree(running.port))
      yield* Effect.promise(() => closed)
    })
  )

  it.scopedLive("gives up after its timeout, and frees the port", () =>
    Effect.gen(function* () {
      const running = yield* start({ timeout: "50 millis" })
      const error = yield* Effect.flip(Fiber.join(running.fiber))
      assert(error._tag === "SignInTimedOut")
      assert.include(error.message, "50ms")
      assert.isTrue(yield* isFree(running.port))
    })
  )

  it.scopedLive("a taken port is PortUnavailable, and a timeout that is none InvalidRequest", () =>
    Effect.gen(function* () {
      const running = yield* start()
      const { layer } = fixture()
      const taken = yield* LoopbackSignIn.signIn({ port: running.port, headless: false }).pipe(
        Effect.provide([layer, BrowserOpener.layerNone]),
        Effect.flip
      )
      assert(taken._tag === "PortUnavailable")
      assert.strictEqual(taken.port, running.port)
      assert.include(taken.message, "taken by another program")
      const invalid = yield* LoopbackSignIn.signIn({ timeout: "soon" as never }).pipe(
        Effect.provide([layer, BrowserOpener.layerNone]),
        Effect.flip
      )
      assert.strictEqual(invalid._tag, "InvalidRequest")
      yield* survives(running)
    })
  )
})

describe("attacks on the callback server end nothing", () => {
  const attacks: Record<string, (running: Running) => Effect.Effect<unknown>> = {
    "HEAD, OPTIONS, POST and other methods": ({ granted }) =>
      Effect.forEach(["HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE"], (method) =>
        Effect.map(request(granted, { method }), ({ headers, status }) => {
          assert.strictEqual(status, 405)
          assert.strictEqual(headers.allow, "GET")
        })
      ),
    "favicon and other paths": ({ granted }) =>
      Effect.forEach(
        ["/favicon.ico", "/", "/callback/", "/Callback", "//callback", "/callback%20", "/x/../callbac"],
        (path) =>
          Effect.map(request(`${granted.origin}${path}${granted.search}`), ({ status }) =>
            assert.strictEqual(status, 404)
          )
      ),
    "prefetch and prerender": ({ granted }) =>
      Effect.forEach(
        [{ "sec-purpose": "prefetch;prerender" }, { purpose: "prefetch" }, { "x-moz": "prefetch" }],
        (headers) => Effect.map(request(granted, { headers }), ({ status }) => assert.strictEqual(status, 503))
      ),
    "a wrong Host (DNS rebinding)": ({ granted, port }) =>
      Effect.forEach(
        ["evil.example", `localhost:${port}`, "127.0.0.1", `127.0.0.1:${port + 1}`, `[::1]:${port}`],
        (host) =>
          Effect.map(request(granted, { headers: { host } }), ({ status }) => assert.notStrictEqual(status, 200))
      ),
    "a forged state or attempt": ({ granted }) =>
      Effect.forEach(["state", "attempt"], (name) => {
        const url = new URL(granted)
        url.searchParams.set(name, "forged")
        return Effect.map(request(url), ({ status }) => assert.strictEqual(status, 400))
      }),
    "a forged denial": ({ granted }) =>
      Effect.map(request(`${granted.origin}/callback?error=access_denied&attempt=forged`), ({ status }) =>
        assert.strictEqual(status, 400)
      ),
    "a bare callback": ({ granted }) =>
      Effect.map(request(`${granted.origin}/callback`), ({ status }) => assert.strictEqual(status, 400)),
    "duplicate parameters": ({ granted }) =>
      Effect.map(request(`${granted}&code=other`), ({ status }) => assert.strictEqual(status, 400)),
    "markup in the query": ({ granted }) =>
      Effect.map(request(`${granted.origin}/callback?error=<script>alert(1)</script>`), ({ body }) =>
        assert.notInclude(body, "alert")
      ),
    "a query of 9 KiB": ({ granted }) =>
      Effect.map(request(`${granted}&pad=${"x".repeat(9 * 1024)}`), ({ status }) => assert.strictEqual(status, 400)),
    "header bombs": ({ port }) =>
      Effect.map(
        raw(port, `GET /callback HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${"X-Bomb: x\r\n".repeat(5000)}\r\n`),
        (heard) => assert.match(heard, /^HTTP\/1\.1 431 /)
      ),
    "what is not HTTP": ({ port }) =>
      Effect.map(raw(port, "\x16\x03\x01 hello\r\n\r\n"), (heard) => assert.match(heard, /^HTTP\/1\.1 400 /)),
    "two Hosts": ({ granted, port }) =>
      Effect.map(
        raw(
          port,
          `GET ${granted.pathname}${granted.search} HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`
        ),
        (heard) => assert.notMatch(heard, /^HTTP\/1\.1 200 /)
      ),
    "an absolute-form target of another host": ({ granted, port }) =>
      Effect.map(
        raw(
          port,
          `GET http://evil.example${granted.pathname}${granted.search} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`
        ),
        (heard) => assert.notMatch(heard, /^HTTP\/1\.1 200 /)
      ),
    "an upgrade": ({ granted, port }) =>
      Effect.map(
        raw(
          port,
          `GET ${granted.pathname} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
        ),
        (heard) => assert.notMatch(heard, /^HTTP\/1\.1 (?:101|200) /)
      ),
    "silent sockets": ({ port }) =>
      Effect.forEach(
        Array.from({ length: 20 }),
        () =>
          Effect.async<void>((resume) => {
            const socket = Net.connect(port, "127.0.0.1", () => resume(Effect.void))
            socket.on("error", () => {})
          }),
        { concurrency: "unbounded" }
      ),
    "1,000 stray requests": ({ granted }) =>
      Effect.forEach(
        Array.from({ length: 1000 }, (_, i) => i),
        (i) => request(`${granted.origin}/callback?code=${i}&state=stray${i}`),
        { concurrency: 32, discard: true }
      )
  }
  for (const [name, attack] of Object.entries(attacks)) {
    it.scopedLive(name, () =>
      Effect.gen(function* () {
        const running = yield* start()
        yield* attack(running)
        yield* survives(running)
      })
    )
  }
})

describe("what the user pastes", () => {
  const pastes: Record<string, (granted: URL) => string> = {
    "the callback URL": (granted) => granted.href,
    "the callback URL, with white space around it": (granted) => `  ${granted.href} \t`,
    "its path and query": (granted) => `${granted.pathname}${granted.search}`,
    "its query": (granted) => granted.search,
    "its query without a question mark": (granted) => granted.search.slice(1),
    "the code alone": () => code
  }
  for (const [name, paste] of Object.entries(pastes)) {
    it.scopedLive(`${name} completes it, if it comes first`, () =>
      Effect.gen(function* () {
        const running = yield* start()
        yield* running.paste("")
        yield* running.paste(paste(running.granted))
        const { key } = yield* Fiber.join(running.fiber)
        assert.strictEqual(Redacted.value(key), "sk-or-v1-fake-user-key")
        assert.lengthOf(running.exchanged, 1)
        assert.isTrue(yield* isFree(running.port))
      })
    )
  }

  it.scopedLive("what is not it is refused with a reason, and the sign-in goes on", () =>
    Effect.gen(function* () {
      const running = yield* start()
      for (const [line, tag] of [
        ["https://openrouter.ai/", "UnknownAttempt"],
        ["?code=a&code=b", "CallbackMalformed"],
        [`http://127.0.0.1:1/callback${running.granted.search}`, "CallbackMalformed"],
        [`?code=${code}&state=other`, "UnknownAttempt"],
        [running.waiting.authorizationUrl.href, "CallbackMalformed"],
        ["not a code", "InvalidRequest"]
      ] as const) {
        yield* running.paste(line)
        const { error, message } = yield* Queue.take(running.refused)
        assert.strictEqual(error._tag, tag, line)
        assert.match(message, /, and it changed nothing\. Paste the whole address .*, or the code in it\.$/)
        assert.notInclude(message, code)
      }
      yield* survives(running)
    })
  )

  it.scopedLive("headless: no server, no callback in the URL, and the code completes it", () =>
    Effect.gen(function* () {
      const running = yield* start({ headless: true })
      assert.strictEqual(running.waiting.mode, "headless")
      assert.isFalse(running.waiting.authorizationUrl.searchParams.has("callback_url"))
      assert.isTrue(running.waiting.authorizationUrl.searchParams.has("code_challenge"))
      yield* running.paste("what is this")
      const { message } = yield* Queue.take(running.refused)
      assert.strictEqual(message, "This is not a code, and it changed nothing. Paste the code that the page shows.")
      yield* running.paste(code)
      yield* Fiber.join(running.fiber)
      assert.lengthOf(running.exchanged, 1)
    })
  )
})

describe("BrowserOpener", () => {
  it("does not try where no browser can be the user's", () => {
    const none = () => false
    assert.strictEqual(BrowserOpener.remoteBecause({ SSH_CONNECTION: "1" }, "darwin", none), "SSH")
    assert.strictEqual(BrowserOpener.remoteBecause({ CI: "true" }, "darwin", none), "CI")
    assert.strictEqual(
      BrowserOpener.remoteBecause({}, "darwin", (path) => path === "/.dockerenv"),
      "container"
    )
    assert.strictEqual(BrowserOpener.remoteBecause({}, "linux", none), "no display")
    assert.isUndefined(BrowserOpener.remoteBecause({ DISPLAY: ":0" }, "linux", none))
    assert.isUndefined(BrowserOpener.remoteBecause({ WSL_DISTRO_NAME: "Debian" }, "linux", none))
    assert.isUndefined(BrowserOpener.remoteBecause({ CI: "false" }, "win32", none))
  })

  it.effect("opens nothing but http and https", () =>
    Effect.gen(function* () {
      const { open } = yield* BrowserOpener.BrowserOpener
      for (const url of ["file:///etc/passwd", "javascript:alert(1)", "vscode://x"]) {
        assert.isFalse(yield* open(new URL(url)))
      }
    }).pipe(Effect.provide(BrowserOpener.layer))
  )
})
