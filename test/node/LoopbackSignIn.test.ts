import * as Http from "node:http"
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
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
import { remoteBecause } from "../../src/node/internal/browser.js"
import { code, json, ok } from "../util/client.js"
import { type Answer, enter, request as plain } from "../util/loopback.js"
import { callback, fixture } from "../util/signIn.js"

interface Running {
  readonly waiting: LoopbackSignIn.Waiting
  readonly authorizationUrl: URL
  /** The cookies of the browser that began; empty in headless mode. */
  readonly cookie: string
  readonly fiber: Fiber.RuntimeFiber<SignedIn, LoopbackSignIn.LoopbackSignInError>
  /** The callback that would complete it. */
  readonly granted: URL
  readonly port: number
  readonly exchanged: ReadonlyArray<unknown>
  /** Why pasted lines were refused. */
  readonly refused: Queue.Dequeue<LoopbackSignIn.Refused>
  readonly opened: ReadonlyArray<URL>
  readonly paste: (line: string) => Effect.Effect<void>
  /** A request of the browser that began. */
  readonly request: (url: URL | string, options?: Http.RequestOptions) => Effect.Effect<Answer>
}

/** A sign-in that waits for its callback. */
const start = (
  options: LoopbackSignIn.Options = {},
  respond?: Parameters<typeof fixture>[0],
  enters = true
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
    const { authorizationUrl, cookie } =
      waiting.mode === "headless" || !enters ? { authorizationUrl: waiting.url, cookie: "" } : yield* enter(waiting.url)
    const granted =
      waiting.mode === "headless" || !enters
        ? new URL("http://127.0.0.1/")
        : callback({ authorizationUrl }, { code, state: authorizationUrl.searchParams.get("state") ?? undefined })
    return {
      waiting,
      authorizationUrl,
      cookie,
      fiber,
      granted,
      port: Number(granted.port),
      exchanged,
      refused,
      opened,
      paste: (line: string) => Effect.asVoid(Queue.offer(lines, line)),
      request: (url, options) => plain(url, { ...options, headers: { cookie, ...options?.headers } })
    }
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
const survives = ({ exchanged, fiber, granted, port, request }: Running) =>
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
      const { granted, opened, request, waiting } = running
      assert.deepStrictEqual(opened, [waiting.url])
      assert.strictEqual(waiting.url.href, `http://127.0.0.1:${running.port}/`)
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
      const answer = yield* running.request(callback(running, { error: "access_denied" }))
      assert.include(answer.body, "You did not allow it")
      assert.strictEqual((yield* Effect.flip(Fiber.join(running.fiber)))._tag, "AuthorizationDenied")
      assert.isTrue(yield* isFree(running.port))
    })
  )

  it.scopedLive("an exchange that fails is told as such, on the page and as the error", () =>
    Effect.gen(function* () {
      const running = yield* start({}, () => json(403, { error: { code: 403, message: "Authorization code expired" } }))
      const answer = yield* running.request(running.granted)
      assert.strictEqual(answer.status, 502)
      assert.include(answer.body, "The sign-in failed")
      const error = yield* Effect.flip(Fiber.join(running.fiber))
      assert(error._tag === "Forbidden")
      assert.strictEqual(error.reason, "CodeExpired")
    })
  )

  it.scopedLive("of two identical callbacks at once one exchanges, and both show what became of it", () =>
    Effect.gen(function* () {
      const running = yield* start()
      // The second one learns the outcome, or finds the server gone.
      const answers = yield* Effect.all(
        [running.request(running.granted), running.request(running.granted)].map((answer) => Effect.exit(answer)),
        { concurrency: 2 }
      )
      const statuses = answers.flatMap((answer) => (Exit.isSuccess(answer) ? [answer.value.status] : []))
      assert.isAbove(statuses.length, 0)
      assert.isTrue(statuses.every((status) => status === 200))
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
      yield* running.request(`http://127.0.0.1:${running.port}/`, { agent: new Http.Agent({ keepAlive: true }) })
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
      const invalid = yield* LoopbackSignIn.signIn({ timeout: Duration.zero }).pipe(
        Effect.provide([layer, BrowserOpener.layerNone]),
        Effect.flip
      )
      assert.strictEqual(invalid._tag, "InvalidRequest")
      yield* survives(running)
    })
  )
})

describe("the start address", () => {
  it.scopedLive("holds nothing secret, and leads the first browser to OpenRouter's page, with cookies", () =>
    Effect.gen(function* () {
      const running = yield* start({ path: "/auth/back" }, undefined, false)
      const answer = yield* plain(running.waiting.url)
      assert.strictEqual(answer.status, 302)
      assert.strictEqual(answer.headers["cache-control"], "no-store")
      assert.strictEqual(answer.headers["referrer-policy"], "no-referrer")
      const location = new URL(answer.headers.location ?? "")
      assert.strictEqual(location.origin, "https://openrouter.ai")
      const { port } = running.waiting.url
      const [first = "", second = ""] = answer.headers["set-cookie"] ?? []
      assert.match(first, new RegExp(`^openrouter-oauth-${port}=[\\w-]{43}; Path=/auth/back; HttpOnly; SameSite=Lax$`))
      assert.match(second, new RegExp(`^openrouter-oauth-start-${port}=[\\w-]{22}; Path=/; HttpOnly; SameSite=Lax$`))
    })
  )

  it.scopedLive("tells every other browser that another one has it, and leads the first one there again", () =>
    Effect.gen(function* () {
      const running = yield* start()
      const other = yield* plain(running.waiting.url)
      assert.strictEqual(other.status, 409)
      assert.include(other.body, "Another browser has this sign-in")
      assert.isUndefined(other.headers["set-cookie"])
      assert.isUndefined(other.headers.location)
      const again = yield* running.request(running.waiting.url)
      assert.strictEqual(again.headers.location, running.authorizationUrl.href)
      assert.isUndefined(again.headers["set-cookie"])
      yield* survives(running)
    })
  )

  it.scopedLive("error=server_error is no denial: AuthorizationFailed, and its page says so", () =>
    Effect.gen(function* () {
      const running = yield* start()
      const failed = callback(running, { error: "server_error" })
      failed.searchParams.set("state", running.authorizationUrl.searchParams.get("state") ?? "")
      const answer = yield* running.request(failed)
      assert.strictEqual(answer.status, 502)
      assert.include(answer.body, "OpenRouter could not do it")
      assert.strictEqual((yield* Effect.flip(Fiber.join(running.fiber)))._tag, "AuthorizationFailed")
    })
  )

  const noBrowsers: Record<string, { readonly status: number; readonly options: Http.RequestOptions }> = {
    HEAD: { status: 405, options: { method: "HEAD" } },
    POST: { status: 405, options: { method: "POST" } },
    "a prefetch": { status: 503, options: { headers: { "sec-purpose": "prefetch" } } },
    "an image": { status: 403, options: { headers: { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" } } },
    "an iframe": { status: 403, options: { headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" } } },
    "a wrong Host": { status: 421, options: { headers: { host: "evil.example" } } }
  }
  for (const [name, { options, status }] of Object.entries(noBrowsers)) {
    it.scopedLive(`is not taken by ${name}`, () =>
      Effect.gen(function* () {
        const running = yield* start({}, undefined, false)
        assert.strictEqual((yield* plain(running.waiting.url, options)).status, status)
        assert.strictEqual((yield* plain(running.waiting.url)).status, 302)
      })
    )
  }

  it.scopedLive("a callback before any browser has begun is refused", () =>
    Effect.gen(function* () {
      const running = yield* start({}, undefined, false)
      const url = `http://127.0.0.1:${running.waiting.url.port}/callback?attempt=x&code=y`
      assert.strictEqual((yield* plain(url)).status, 403)
    })
  )
})

describe("a reload", () => {
  it.scopedLive("while the exchange runs, and after it, shows what became of it", () =>
    Effect.gen(function* () {
      const exchanging = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const running = yield* start({
        onExchanging: () => Effect.zipRight(Deferred.succeed(exchanging, undefined), Deferred.await(goOn))
      })
      const gone = Http.get(running.granted, { headers: { cookie: running.cookie } })
      gone.on("error", () => {})
      yield* Deferred.await(exchanging)
      const closed = Effect.async<void>((resume) => void gone.once("close", () => resume(Effect.void)))
      gone.destroy()
      yield* closed
      const during = yield* Effect.fork(running.request(running.granted))
      yield* Deferred.succeed(goOn, undefined)
      assert.include((yield* Fiber.join(during)).body, "You are signed in")
      yield* Fiber.join(running.fiber)
      assert.lengthOf(running.exchanged, 1)
      assert.isTrue(yield* isFree(running.port))
    })
  )
})

describe("options", () => {
  it.scopedLive("ports are tried in order", () =>
    Effect.gen(function* () {
      const first = yield* start()
      const second = yield* start({ port: [first.port, 0] })
      assert.notStrictEqual(second.port, first.port)
      yield* survives(second)
    })
  )

  it.scopedLive("a list of ports that are all taken is PortUnavailable, which names them", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all([start(), start()])
      const { layer } = fixture()
      const error = yield* LoopbackSignIn.signIn({ port: [one.port, other.port], headless: false }).pipe(
        Effect.provide([layer, BrowserOpener.layerNone]),
        Effect.flip
      )
      assert(error._tag === "PortUnavailable")
      assert.deepStrictEqual(error.ports, [one.port, other.port])
      assert.strictEqual(error.operation, "signIn")
      assert.include(error.message, `Ports ${one.port}, ${other.port} on 127.0.0.1 are taken by other programs`)
    })
  )

  it.scopedLive("localhost and a path of its own", () =>
    Effect.gen(function* () {
      const running = yield* start({ host: "localhost", path: "/auth/openrouter" })
      assert.match(running.waiting.url.href, /^http:\/\/localhost:\d+\/$/)
      assert.match(running.granted.href, /^http:\/\/localhost:\d+\/auth\/openrouter\?attempt=/)
      const elsewhere = new URL(running.granted)
      elsewhere.hostname = "127.0.0.1"
      assert.strictEqual((yield* running.request(elsewhere)).status, 421)
      yield* survives(running)
    })
  )

  it.scopedLive("the app's name and pages of its own", () =>
    Effect.gen(function* () {
      const running = yield* start({
        appName: "My <tool>",
        pages: { signedIn: { title: "Done & dusted", text: "Bye." }, denied: { html: "<h1>Own</h1>" } }
      })
      const other = yield* plain(running.waiting.url)
      assert.include(other.body, "My &lt;tool&gt;")
      const answer = yield* running.request(running.granted)
      assert.include(answer.body, "<h1>Done &amp; dusted</h1><p>Bye.</p>")
      yield* Fiber.join(running.fiber)
      const second = yield* start({ pages: { denied: { html: "<h1>Own</h1>" } } })
      const denied = yield* second.request(callback(second, { error: "access_denied" }))
      assert.isTrue(denied.body.startsWith("<h1>Own</h1><script>"))
      assert.match(String(denied.headers["content-security-policy"]), /script-src 'sha256-[^']+';/)
      assert.strictEqual((yield* Effect.flip(Fiber.join(second.fiber)))._tag, "AuthorizationDenied")
    })
  )

  it.scopedLive("onExchanging runs once the user has consented, and for nobody else's callback", () =>
    Effect.gen(function* () {
      let exchanging = 0
      const running = yield* start({ onExchanging: () => Effect.sync(() => void exchanging++) })
      yield* running.request(`${running.granted.origin}/callback?code=forged&attempt=forged`)
      assert.strictEqual(exchanging, 0)
      yield* survives(running)
      assert.strictEqual(exchanging, 1)
    })
  )

  it.scopedLive("a callback that throws ends it with what was thrown", () =>
    Effect.gen(function* () {
      const running = yield* start({
        onExchanging: () => {
          throw new Error("the app broke")
        }
      })
      assert.strictEqual((yield* running.request(running.granted)).status, 500)
      const exit = yield* Fiber.await(running.fiber)
      assert(Exit.isFailure(exit))
      assert.include(Cause.pretty(exit.cause), "the app broke")
      assert.lengthOf(running.exchanged, 0)
    })
  )

  it.scopedLive("says why no browser was opened", () =>
    Effect.gen(function* () {
      const shown = yield* Deferred.make<LoopbackSignIn.Waiting>()
      const { layer } = fixture()
      const opener = Layer.succeed(BrowserOpener.BrowserOpener, {
        open: () => Effect.succeed(false),
        unavailable: Effect.succeed('the package "open" is not installed')
      })
      yield* LoopbackSignIn.signIn({
        headless: false,
        onWaiting: (waiting) => Effect.asVoid(Deferred.succeed(shown, waiting))
      }).pipe(Effect.provide([layer, opener]), Effect.forkScoped)
      const waiting = yield* Deferred.await(shown)
      assert.isFalse(waiting.browserOpened)
      assert.strictEqual(waiting.noBrowserBecause, 'the package "open" is not installed')
    })
  )

  const wrong: Record<string, object> = {
    port: { port: 70_000 },
    "port ": { port: [] },
    "port  ": { port: ["3000"] },
    host: { host: "0.0.0.0" },
    path: { path: "callback" },
    "path ": { path: "/" },
    "path  ": { path: "/a?b" },
    "path   ": { path: "//evil.example" },
    timeout: { timeout: "soon" },
    appName: { appName: " " },
    pages: { pages: "<h1>" },
    "pages.signedIn": { pages: { signedIn: { title: "only" } } }
  }
  for (const [path, options] of Object.entries(wrong)) {
    it.effect(`${JSON.stringify(options)} is InvalidRequest`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(LoopbackSignIn.signIn(options))
        assert(error._tag === "InvalidRequest")
        assert.strictEqual(error.operation, "signIn")
        assert.deepStrictEqual(
          error.issues.map((issue) => issue.path),
          [path.trim()]
        )
      }).pipe(Effect.provide([fixture().layer, BrowserOpener.layerNone]))
    )
  }
})

describe("attacks on the callback server end nothing", () => {
  const attacks: Record<string, (running: Running) => Effect.Effect<unknown>> = {
    "HEAD, OPTIONS, POST and other methods": ({ granted, request }) =>
      Effect.forEach(["HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE"], (method) =>
        Effect.map(request(granted, { method }), ({ headers, status }) => {
          assert.strictEqual(status, 405)
          assert.strictEqual(headers.allow, "GET")
        })
      ),
    "favicon and other paths": ({ granted, request }) =>
      Effect.forEach(
        ["/favicon.ico", "/", "/callback/", "/Callback", "//callback", "/callback%20", "/x/../callbac"],
        (path) =>
          Effect.map(request(`${granted.origin}${path}${granted.search}`), ({ status }) =>
            assert.strictEqual(status, 404)
          )
      ),
    "prefetch and prerender": ({ granted, request }) =>
      Effect.forEach(
        [{ "sec-purpose": "prefetch;prerender" }, { purpose: "prefetch" }, { "x-moz": "prefetch" }],
        (headers) => Effect.map(request(granted, { headers }), ({ status }) => assert.strictEqual(status, 503))
      ),
    "a wrong Host (DNS rebinding)": ({ granted, port, request }) =>
      Effect.forEach(
        ["evil.example", `localhost:${port}`, "127.0.0.1", `127.0.0.1:${port + 1}`, `[::1]:${port}`],
        (host) =>
          Effect.map(request(granted, { headers: { host } }), ({ status }) => assert.notStrictEqual(status, 200))
      ),
    "a forged state or attempt": ({ granted, request }) =>
      Effect.forEach(["state", "attempt"], (name) => {
        const url = new URL(granted)
        url.searchParams.set(name, "forged")
        return Effect.map(request(url), ({ status }) => assert.strictEqual(status, 400))
      }),
    "a forged denial": ({ granted, request }) =>
      Effect.map(request(`${granted.origin}/callback?error=access_denied&attempt=forged`), ({ status }) =>
        assert.strictEqual(status, 400)
      ),
    "a bare callback": ({ granted, request }) =>
      Effect.map(request(`${granted.origin}/callback`), ({ status }) => assert.strictEqual(status, 400)),
    "duplicate parameters": ({ granted, request }) =>
      Effect.map(request(`${granted}&code=other`), ({ status }) => assert.strictEqual(status, 400)),
    "markup in the query": ({ granted, request }) =>
      Effect.map(request(`${granted.origin}/callback?error=<script>alert(1)</script>`), ({ body }) =>
        assert.notInclude(body, "alert")
      ),
    "a query of 9 KiB": ({ granted, request }) =>
      Effect.map(request(`${granted}&pad=${"x".repeat(9 * 1024)}`), ({ status }) => assert.strictEqual(status, 400)),
    "header bombs": ({ port }) =>
      Effect.map(
        raw(port, `GET /callback HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${"X-Bomb: x\r\n".repeat(5000)}\r\n`),
        (heard) => assert.match(heard, /^HTTP\/1\.1 431 /)
      ),
    "what is not HTTP": ({ port }) =>
      Effect.map(raw(port, "\x16\x03\x01 hello\r\n\r\n"), (heard) => assert.match(heard, /^HTTP\/1\.1 400 /)),
    "two Hosts, whichever comes first": ({ cookie, granted, port }) =>
      Effect.forEach(
        [
          ["evil.example", `127.0.0.1:${port}`],
          [`127.0.0.1:${port}`, "evil.example"],
          [`127.0.0.1:${port}`, `127.0.0.1:${port}`]
        ],
        ([one, other]) =>
          Effect.map(
            raw(
              port,
              `GET ${granted.pathname}${granted.search} HTTP/1.1\r\nHost: ${one}\r\nHost: ${other}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`
            ),
            (heard) => assert.match(heard, /^HTTP\/1\.1 4\d\d /)
          )
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
    "another client, without the cookie": ({ granted }) =>
      Effect.map(plain(granted), ({ body, status }) => {
        assert.strictEqual(status, 403)
        assert.include(body, "This browser did not begin the sign-in")
      }),
    "another client, with a cookie of its own": ({ granted, port }) =>
      Effect.map(plain(granted, { headers: { cookie: `openrouter-oauth-${port}=${"A".repeat(43)}` } }), ({ status }) =>
        assert.strictEqual(status, 403)
      ),
    "a denial from another client": ({ granted }) => {
      const denied = new URL(granted)
      denied.searchParams.delete("code")
      denied.searchParams.set("error", "access_denied")
      return Effect.map(plain(denied), ({ status }) => assert.strictEqual(status, 403))
    },
    "what a page loads: images, frames, objects, scripts, fetch": ({ granted, request }) =>
      Effect.forEach(
        [
          ["no-cors", "image"],
          ["navigate", "iframe"],
          ["navigate", "frame"],
          ["navigate", "object"],
          ["navigate", "embed"],
          ["no-cors", "script"],
          ["cors", "empty"]
        ] as const,
        ([mode, dest]) =>
          Effect.map(request(granted, { headers: { "sec-fetch-mode": mode, "sec-fetch-dest": dest } }), ({ status }) =>
            assert.strictEqual(status, 403)
          )
      ),
    "silent sockets": ({ port }) =>
      Effect.forEach(
        Array.from({ length: 300 }),
        () =>
          Effect.async<void>((resume) => {
            const socket = Net.connect(port, "127.0.0.1", () => resume(Effect.void))
            socket.on("error", () => {})
          }),
        { concurrency: "unbounded" }
      ),
    "1,000 stray requests": ({ granted, request }) =>
      Effect.forEach(
        Array.from({ length: 1000 }, (_, i) => i),
        (i) => request(`${granted.origin}/callback?code=${i}&state=stray${i}`),
        { concurrency: 32, discard: true }
      )
  }
  it.scopedLive.each(Object.entries(attacks))("%s: the real callback completes afterwards", ([, attack]) =>
    Effect.gen(function* () {
      const running = yield* start()
      yield* attack(running)
      yield* survives(running)
    })
  )
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

  type Running = Effect.Effect.Success<ReturnType<typeof start>>

  it.scopedLive.each<readonly [what: string, tag: string, line: string | ((running: Running) => string)]>([
    ["another page's address", "UnknownAttempt", "https://openrouter.ai/"],
    ["two codes", "CallbackMalformed", "?code=a&code=b"],
    ["another port's callback", "CallbackMalformed", ({ granted }) => `http://127.0.0.1:1/callback${granted.search}`],
    ["another state", "UnknownAttempt", `?code=${code}&state=other`],
    ["the address of the consent page", "CallbackMalformed", ({ authorizationUrl }) => authorizationUrl.href],
    ["words", "InvalidRequest", "not a code"],
    ["an API key", "InvalidRequest", "sk-or-v1-0123456789abcdef"]
  ])("%s is refused as %s, with the reason, and the sign-in goes on", ([, tag, line]) =>
    Effect.gen(function* () {
      const running = yield* start()
      yield* running.paste(typeof line === "string" ? line : line(running))
      const { error, message } = yield* Queue.take(running.refused)
      assert.strictEqual(error._tag, tag)
      assert.match(message, /, and it changed nothing\. Paste the whole address .*, or the code in it\.$/)
      assert.notInclude(message, code)
      yield* survives(running)
    })
  )

  for (const word of ["y", "exit", "a-mistyped-code"]) {
    it.scopedLive(`${word}: the server's refusal ends nothing, and the real callback completes`, () =>
      Effect.gen(function* () {
        const running = yield* start({}, (n) =>
          n === 1
            ? json(403, { error: { code: 403, message: "Invalid code or code_verifier" } })
            : json(200, ok.exchangeAuthCodeForAPIKey)
        )
        yield* running.paste(word)
        const { error, message } = yield* Queue.take(running.refused)
        assert.strictEqual(error._tag, "Forbidden")
        assert.match(message, /^OpenRouter does not know this code, and it changed nothing\./)
        assert.include((yield* running.request(running.granted)).body, "You are signed in")
        assert.strictEqual(Redacted.value((yield* Fiber.join(running.fiber)).key), "sk-or-v1-fake-user-key")
        assert.lengthOf(running.exchanged, 2)
      })
    )
  }

  it.scopedLive("an API key is not sent", () =>
    Effect.gen(function* () {
      const running = yield* start()
      yield* running.paste("  sk-or-v1-0123456789abcdef ")
      const { message } = yield* Queue.take(running.refused)
      assert.match(message, /^This is an API key, not a code, and it changed nothing\./)
      assert.notInclude(message, "0123456789abcdef")
      yield* survives(running)
    })
  )

  it.scopedLive("a prompt that fails ends it: PastedEnded, with its error", () =>
    Effect.gen(function* () {
      const { layer } = fixture()
      const error = yield* LoopbackSignIn.signIn({ headless: false, pasted: Stream.fail("the prompt broke") }).pipe(
        Effect.provide([layer, BrowserOpener.layerNone]),
        Effect.flip
      )
      assert(error._tag === "PastedEnded")
      assert.strictEqual(error.reason, "Failed")
      assert.strictEqual(error.cause, "the prompt broke")
    })
  )

  it.scopedLive("input that ends ends a headless sign-in: PastedEnded", () =>
    Effect.gen(function* () {
      const { layer } = fixture()
      const error = yield* LoopbackSignIn.signIn({ headless: true, pasted: Stream.make("  ", "not a code") }).pipe(
        Effect.provide([layer, BrowserOpener.layerNone]),
        Effect.flip
      )
      assert(error._tag === "PastedEnded")
      assert.strictEqual(error.reason, "Ended")
    })
  )

  it.scopedLive("input that ends leaves a sign-in by browser waiting", () =>
    Effect.gen(function* () {
      const running = yield* start({ pasted: Stream.make("not a code") })
      yield* Queue.take(running.refused)
      yield* survives(running)
    })
  )

  it.scopedLive("headless: no server, no callback in the URL, and the code completes it", () =>
    Effect.gen(function* () {
      const running = yield* start({ headless: true })
      assert.strictEqual(running.waiting.mode, "headless")
      assert.isFalse(running.authorizationUrl.searchParams.has("callback_url"))
      assert.isTrue(running.authorizationUrl.searchParams.has("code_challenge"))
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
    assert.strictEqual(remoteBecause({ SSH_CONNECTION: "1" }, "darwin", none), "SSH")
    assert.strictEqual(remoteBecause({ CI: "true" }, "darwin", none), "CI")
    assert.strictEqual(
      remoteBecause({}, "darwin", (path) => path === "/.dockerenv"),
      "container"
    )
    assert.strictEqual(remoteBecause({}, "linux", none), "no display")
    assert.isUndefined(remoteBecause({ DISPLAY: ":0" }, "linux", none))
    assert.isUndefined(remoteBecause({ WSL_DISTRO_NAME: "Debian" }, "linux", none))
    assert.isUndefined(remoteBecause({ CI: "false" }, "win32", none))
  })

  it.effect.each(["file:///etc/passwd", "javascript:alert(1)", "vscode://x"])(
    "opens nothing but http and https: %s",
    (url) =>
      Effect.gen(function* () {
        const { open } = yield* BrowserOpener.BrowserOpener
        assert.isFalse(yield* open(new URL(url)))
      }).pipe(Effect.provide(BrowserOpener.layer))
  )
})
