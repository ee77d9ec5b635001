/** The sign-in of a page, against the sandbox; what a real browser makes of it is in examples.browser.test.ts. */

import * as HttpClient from "@effect/platform/HttpClient"
import { afterEach, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as BrowserSignIn from "effect-openrouter-oauth/browser/BrowserSignIn"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import { vi } from "vitest"
import { cast } from "../util/cast.js"
import { addressOf, type FakePage, openPage } from "./page.js"

afterEach(() => {
  vi.unstubAllGlobals()
})

const app = "https://app.example/tool"

const sandbox = (options?: Sandbox.Options) =>
  Layer.merge(OAuthClient.layer(), Pkce.layer).pipe(
    Layer.provideMerge(Sandbox.layerHttpClient({ approve: true, ...options }))
  )

/** What a document does: it has a sign-in of its own, and shares nothing with the one before but address and storage. */
const inDocument = <A, E>(use: (signIn: BrowserSignIn.Service) => Effect.Effect<A, E>) =>
  Effect.provide(Effect.flatMap(BrowserSignIn.BrowserSignIn, use), Layer.fresh(BrowserSignIn.layer))

const begin = (options?: BrowserSignIn.BeginOptions) => inDocument((signIn) => signIn.begin(options))
const complete = inDocument((signIn) => signIn.complete)

/** Begins, consents, and opens the callback in the same tab. */
const calledBack = (page: FakePage, options?: BrowserSignIn.BeginOptions) =>
  Effect.gen(function* () {
    yield* begin(options)
    const { headers } = yield* HttpClient.get(addressOf(page))
    page.history.push(headers.location ?? "")
    return addressOf(page)
  })

const exchanges = Effect.flatMap(Sandbox.Sandbox, ({ requests }) => requests.count("exchangeAuthCodeForAPIKey"))

const keyOf = (signedIn: Option.Option<{ readonly key: Redacted.Redacted }>) =>
  Option.getOrUndefined(Option.map(signedIn, ({ key }) => Redacted.value(key)))

describe("begin", () => {
  it.effect("comes back to this page without its query and hash, and keeps the secrets in sessionStorage only", () =>
    Effect.gen(function* () {
      const page = openPage(`${app}?tab=2#part`)
      yield* begin({ keyLabel: "My app", limit: 5 })
      const url = addressOf(page)
      assert.strictEqual(url.origin + url.pathname, "https://openrouter.ai/auth")
      const callback = new URL(url.searchParams.get("callback_url") ?? "")
      assert.deepStrictEqual([...callback.searchParams.keys()], ["attempt"])
      assert.strictEqual(callback.href.replace(callback.search, ""), app)
      assert.strictEqual(url.searchParams.get("code_challenge_method"), "S256")
      assert.strictEqual(url.searchParams.get("limit"), "5")
      assert.strictEqual(url.searchParams.get("key_label"), "My app")
      const [, pending] = [...page.stored].find(([key]) => key.startsWith("openrouter-sign-in/")) ?? []
      const { codeVerifier } = JSON.parse(pending ?? "").pending
      assert.lengthOf(codeVerifier, 43)
      assert.notInclude(page.history.join(), codeVerifier)
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect("takes a callback URL relative to the page", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      yield* begin({ callbackUrl: "/callback?from=tool" })
      const callback = new URL(addressOf(page).searchParams.get("callback_url") ?? "")
      assert.match(callback.href, /^https:\/\/app\.example\/callback\?from=tool&attempt=/)
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect.each(["https://other.example/", "http://app.example/", "javascript:alert(1)", "https://["])(
    "refuses a callback URL of another origin before anything is kept: %s",
    (callbackUrl) =>
      Effect.gen(function* () {
        const page = openPage(app)
        const error = yield* Effect.flip(begin({ callbackUrl }))
        assert.strictEqual(error._tag, "InvalidRequest")
        assert.include(error.message, "https://app.example")
        assert.deepStrictEqual([...page.stored], [])
        assert.lengthOf(page.history, 1)
      }).pipe(Effect.provide(sandbox()))
  )

  it.effect.each(["blocked", "full"] as const)(
    "stays, and says what to do, where sessionStorage is blocked or full: %s",
    (storage) =>
      Effect.gen(function* () {
        const page = openPage(app)
        page.storage = storage
        const error = yield* Effect.flip(begin())
        assert.strictEqual(error._tag, "StoreError")
        assert.match(error.message, /sessionStorage.*Allow the site to store data/)
        assert.lengthOf(page.history, 1)
      }).pipe(Effect.provide(sandbox()))
  )

  it.effect("removes what has expired, and nothing else", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      page.stored.set("theirs", "stays")
      yield* begin()
      yield* TestClock.adjust("9 minutes")
      yield* begin()
      assert.strictEqual(page.stored.size, 1 + 2 + 2, "theirs, two sign-ins, the lists of bindings and of keys")
      yield* TestClock.adjust("1 minutes")
      yield* begin()
      assert.strictEqual(page.stored.size, 1 + 2 + 2)
      yield* TestClock.adjust("10 minutes")
      yield* begin()
      assert.strictEqual(page.stored.size, 1 + 1 + 2)
      assert.strictEqual(page.stored.get("theirs"), "stays")
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect("where there is no page, as on a server: refused; and complete finds nothing", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(begin()))._tag, "InvalidRequest")
      assert.isTrue(Option.isNone(yield* complete))
    }).pipe(Effect.provide(sandbox()))
  )
})

describe("complete", () => {
  it.effect("gives the key and what begin was given, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      yield* calledBack(page, { returnTo: "/settings?tab=2" })
      const signedIn = yield* Effect.flatten(complete)
      assert.match(Redacted.value(signedIn.key), /^sk-or-v1-/)
      assert.strictEqual(signedIn.userId, "user_sandbox")
      assert.strictEqual(signedIn.returnTo, "/settings?tab=2")
      assert.strictEqual(addressOf(page).href, app)
      assert.deepStrictEqual([...page.stored], [])
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect("works without state coming back", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      assert.isFalse((yield* calledBack(page)).searchParams.has("state"))
      assert.isDefined(keyOf(yield* complete))
    }).pipe(Effect.provide(sandbox({ echoState: "never" })))
  )

  it.effect("works by state alone, where this tab began it", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      const url = yield* calledBack(page)
      url.searchParams.delete("attempt")
      page.history.push(url.href)
      assert.isDefined(keyOf(yield* complete))
      assert.strictEqual(addressOf(page).href, app)
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect("cleans the URL before the exchange, and keeps other parameters and the hash as they are written", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      const url = yield* calledBack(page)
      page.history.push(`${app}?flag&q=a%20b+c&${url.search.slice(1)}&error%5Fdescription=x&c%6Fder=y#part?code=1`)
      const before: Array<number> = []
      const sandbox = yield* Sandbox.Sandbox
      page.onReplace = () => before.push(Effect.runSync(sandbox.requests.count("exchangeAuthCodeForAPIKey")))
      assert.isDefined(keyOf(yield* complete))
      assert.deepStrictEqual(before, [0])
      assert.strictEqual(addressOf(page).href, `${app}?flag&q=a%20b+c&c%6Fder=y#part?code=1`)
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect("however often it is run, there is one exchange, and all get its outcome", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      yield* calledBack(page)
      const keys = yield* inDocument((signIn) =>
        Effect.gen(function* () {
          const atOnce = yield* Effect.all([signIn.complete, signIn.complete], { concurrency: 2 })
          return [...atOnce, yield* signIn.complete].map(keyOf)
        })
      )
      assert.isDefined(keys[0])
      assert.deepStrictEqual(keys, [keys[0], keys[0], keys[0]])
      assert.strictEqual(yield* exchanges, 1)
      // And in the next document of this tab there is nothing to complete.
      assert.isTrue(Option.isNone(yield* complete))
      assert.strictEqual(yield* exchanges, 1)
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect("one who is interrupted does not end it for the others", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      yield* calledBack(page)
      const key = yield* inDocument((signIn) =>
        Effect.gen(function* () {
          const first = yield* Effect.fork(signIn.complete)
          yield* Effect.yieldNow()
          // It has begun, and waits for its first digest.
          assert.strictEqual(addressOf(page).href, app)
          yield* Fiber.interrupt(first)
          return keyOf(yield* signIn.complete)
        })
      )
      assert.isDefined(key)
      assert.strictEqual(yield* exchanges, 1)
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect.each(["error=access_denied&error_description=No+thanks&", ""])(
    "a denial, with an error or bare, is one; the URL is clean and nothing is left: %s",
    (answer) =>
      Effect.gen(function* () {
        const page = openPage(app)
        const url = yield* calledBack(page)
        page.history.push(`${app}?${answer}attempt=${url.searchParams.get("attempt")}&tab=2`)
        const error = yield* Effect.flip(complete)
        assert.strictEqual(error._tag, "AuthorizationDenied")
        assert.strictEqual(addressOf(page).href, `${app}?tab=2`)
        assert.deepStrictEqual([...page.stored], [])
        assert.strictEqual(yield* exchanges, 0)
      }).pipe(Effect.provide(sandbox()))
  )

  it.effect("login CSRF: a callback that this tab did not begin reaches no exchange, and is cleaned away", () =>
    Effect.gen(function* () {
      const theirs = openPage(app)
      const url = yield* calledBack(theirs)
      const mine = openPage(url.href)
      assert.strictEqual((yield* Effect.flip(complete))._tag, "UnknownAttempt")
      assert.strictEqual(addressOf(mine).href, app)
      assert.strictEqual(yield* exchanges, 0)
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect.each([
    [`${app}?code=theirs&attempt=ATTEMPT&state=other`, "StateMismatch"],
    [`${app}?error=access_denied&attempt=ATTEMPT&state=other`, "StateMismatch"],
    [`${app}?code=one&code=two&attempt=ATTEMPT`, "CallbackMalformed"],
    [`${app}?attempt=ATTEMPT&attempt=other&code=theirs`, "CallbackMalformed"],
    ["https://app.example/other?code=theirs&attempt=ATTEMPT", "CallbackMalformed"]
  ])("%s is refused as %s and leaves the sign-in pending: its own callback completes it", ([forged = "", tag]) =>
    Effect.gen(function* () {
      const page = openPage(app)
      const url = yield* calledBack(page)
      const kept = new Map(page.stored)
      page.history.push(forged.replace("ATTEMPT", url.searchParams.get("attempt") ?? ""))
      assert.strictEqual((yield* Effect.flip(complete))._tag, tag)
      assert.strictEqual(addressOf(page).search, "")
      assert.deepStrictEqual(page.stored, kept)
      page.history.push(url.href)
      assert.isDefined(keyOf(yield* complete))
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect("a tab that lost its binding cannot complete, and one that has it can", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      const url = yield* calledBack(page)
      const attempt = url.searchParams.get("attempt")
      const kept = new Map(page.stored)
      // The pending sign-in is there, the binding is not: the page that began had another sessionStorage.
      const bindings = "openrouter-sign-in-bindings"
      page.stored.set(bindings, `[["${attempt}","other"]]`)
      page.history.push(url.href)
      assert.strictEqual((yield* Effect.flip(complete))._tag, "StateMismatch")
      page.stored.set(bindings, kept.get(bindings) ?? "")
      assert.strictEqual(yield* exchanges, 0)
      page.history.push(url.href)
      assert.isDefined(keyOf(yield* complete))
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect.each(["", "?tab=2", "?code=theirs&state=theirs", "?attempt=2", "?error=404", "?attempt=&state=&code="])(
    'a URL that is no callback is left alone: "%s"',
    (query) =>
      Effect.gen(function* () {
        const page = openPage(`${app}${query}#part`)
        page.onReplace = () => assert.fail("touched the URL")
        assert.isTrue(Option.isNone(yield* complete))
      }).pipe(Effect.provide(sandbox()))
  )

  it.effect("a URL that is no callback of its own is left alone while a sign-in is pending", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      yield* begin()
      page.history.push(`${app}?code=theirs&state=theirs`)
      page.onReplace = () => assert.fail("touched the URL")
      assert.isTrue(Option.isNone(yield* complete))
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect("an expired sign-in: its own error, and nothing of it is left", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      yield* calledBack(page)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* Effect.flip(complete))._tag, "UnknownAttempt")
      assert.strictEqual(addressOf(page).href, app)
      assert.deepStrictEqual([...page.stored], [])
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect("a refused exchange: its own error, a clean URL, and nothing left", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      yield* calledBack(page)
      const { faults } = yield* Sandbox.Sandbox
      yield* faults.add({ operation: "exchangeAuthCodeForAPIKey", status: 403 })
      const error = yield* Effect.flip(complete)
      assert.strictEqual(error._tag, "Forbidden")
      assert.strictEqual(addressOf(page).href, app)
      assert.deepStrictEqual([...page.stored], [])
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect("where sessionStorage is blocked: its own error, and a clean URL", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      yield* calledBack(page)
      page.storage = "blocked"
      const error = yield* Effect.flip(complete)
      assert.strictEqual(error._tag, "StoreError")
      assert.match(error.message, /Allow the site to store data/)
      assert.strictEqual(addressOf(page).href, app)
      assert.strictEqual(yield* exchanges, 0)
    }).pipe(Effect.provide(sandbox()))
  )

  it.effect.each(["", "{", '{"a":1}', "[[1,2]]"])(
    'a list of bindings that somebody else left in sessionStorage does not stand in its way: "%s"',
    (text) =>
      Effect.gen(function* () {
        const page = openPage(app, new Map([["openrouter-sign-in-bindings", text]]))
        yield* calledBack(page)
        assert.isDefined(keyOf(yield* complete))
      }).pipe(Effect.provide(sandbox()))
  )

  it.effect("a pending sign-in that somebody else overwrote does not stand in its way", () =>
    Effect.gen(function* () {
      const page = openPage(app)
      yield* begin()
      for (const key of page.stored.keys()) if (key.startsWith("openrouter-sign-in/")) page.stored.set(key, "{")
      yield* calledBack(page)
      assert.isDefined(keyOf(yield* complete))
    }).pipe(Effect.provide(sandbox()))
  )
})

describe("createBrowserSignIn", () => {
  /** The sandbox behind the global fetch, where layerFetch looks for it. */
  const withSandbox = () => {
    const web = Sandbox.toWebHandler({ approve: true })
    vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) => web.handler(new Request(input, init)))
    return web
  }

  const authorize = async (web: Sandbox.WebHandler, page: FakePage) => {
    const { headers } = await web.handler(new Request(addressOf(page)))
    page.history.push(headers.get("location") ?? "")
  }

  it("gives plain values, once, to all who ask", async () => {
    const web = withSandbox()
    const page = openPage(app)
    await BrowserSignIn.createBrowserSignIn({ appTitle: "My app" }).begin({ returnTo: "/settings" })
    await authorize(web, page)
    const signIn = BrowserSignIn.createBrowserSignIn({ appTitle: "My app" })
    const first = signIn.complete()
    // At once, before anything else of the page can look at its URL.
    assert.strictEqual(addressOf(page).href, app)
    const [one, two] = await Promise.all([first, signIn.complete()])
    assert.match(one?.key ?? "", /^sk-or-v1-/)
    assert.deepStrictEqual(one, { key: one?.key ?? "", userId: "user_sandbox", returnTo: "/settings" })
    assert.deepStrictEqual(two, one)
    assert.strictEqual(Effect.runSync(web.sandbox.requests.count("exchangeAuthCodeForAPIKey")), 1)
    assert.isNull(await BrowserSignIn.createBrowserSignIn().complete())
    await web.dispose()
  })

  it("rejects with the tagged error itself", async () => {
    const rejection = (promise: Promise<unknown>) =>
      promise.then(
        () => assert.fail("resolved"),
        (error: { readonly _tag: string }) => error._tag
      )
    openPage(`${app}?code=theirs&attempt=theirs`)
    const signIn = BrowserSignIn.createBrowserSignIn()
    assert.strictEqual(await rejection(signIn.complete()), "UnknownAttempt")
    assert.strictEqual(await rejection(signIn.complete()), "UnknownAttempt")
    assert.strictEqual(await rejection(signIn.begin({ limit: Number.NaN })), "InvalidRequest")
    const wrong = BrowserSignIn.createBrowserSignIn({ baseUrl: "http://openrouter.example" })
    assert.strictEqual(await rejection(wrong.begin()), "InvalidRequest")
  })

  it("dispose aborts an exchange that is under way, and refuses later calls", async () => {
    const web = withSandbox()
    const page = openPage(app)
    const signIn = BrowserSignIn.createBrowserSignIn()
    await signIn.begin()
    await authorize(web, page)
    let ask: (signal: AbortSignal) => void = () => {}
    const asked = new Promise<AbortSignal>((resolve) => {
      ask = resolve
    })
    vi.stubGlobal("fetch", (_: unknown, init: RequestInit) => {
      if (init.signal) ask(init.signal)
      return new Promise(() => {})
    })
    const completing = signIn.complete().catch((error: unknown) => error)
    const signal = await asked
    await signIn.dispose()
    assert.isTrue(signal.aborted)
    for (const error of [await completing, await signIn.begin().catch((error: unknown) => error)]) {
      assert.instanceOf(error, DOMException)
      assert.strictEqual(cast<DOMException>(error).name, "AbortError")
    }
    await web.dispose()
  })
})
