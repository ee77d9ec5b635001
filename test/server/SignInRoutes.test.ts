import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { toMiddleware } from "effect-openrouter-oauth/node/NodeSignInRoutes"
import { InvalidRequest } from "effect-openrouter-oauth/OAuthError"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import type * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
import { cast } from "../util/cast.js"
import {
  assertPrivate,
  Browser,
  begun,
  bindingCookies,
  denied,
  issued,
  listen,
  type Site,
  type SiteOptions,
  send,
  showKey,
  signInLayer,
  site
} from "./support.js"

/** A test of plain promises against one site. */
const itOnSite = (name: string, options: SiteOptions, body: (site: Site) => Promise<void>) =>
  it.scopedLive(name, () => Effect.flatMap(site(options), (running) => Effect.promise(() => body(running))))

const callbackPath = "/auth/openrouter/callback"

describe("a sign-in", () => {
  itOnSite(
    "gives the app a key that works, with the limit and the name it asked for",
    {
      limit: 5,
      keyLabel: "Mine",
      onSignedIn: showKey
    },
    async (site) => {
      const browser = new Browser()
      const answer = await browser.open(await begun(site, browser))
      const response = await fetch(`${site.baseUrl}/key`, {
        headers: { authorization: `Bearer ${answer.headers["x-key"]}` }
      })
      const { data } = cast<{ readonly data: { readonly label: string; readonly limit: number } }>(
        await response.json()
      )
      assert.strictEqual(data.label, "Mine")
      assert.strictEqual(data.limit, 5)
    }
  )

  for (const [query, expected] of [
    ["", "/"],
    ["?returnTo=", "/"],
    ["?returnTo=/settings", "/settings"],
    [`?returnTo=${encodeURIComponent("/a/../b?tab=ä&q=1#part")}`, "/b?tab=%C3%A4&q=1#part"]
  ] as const) {
    itOnSite(`begun with "${query}" goes back to ${expected}`, {}, async (site) => {
      const browser = new Browser()
      const answer = await browser.open(await begun(site, browser, `/auth/openrouter${query}`))
      assert.strictEqual(answer.status, 303)
      assert.strictEqual(answer.headers.location, expected)
      assertPrivate(answer, query)
    })
  }

  itOnSite("can be begun by a form", {}, async (site) => {
    const browser = new Browser()
    const { location, status } = await browser.open(site.at("/auth/openrouter?returnTo=/x"), { method: "POST" })
    assert.strictEqual(status, 303)
    assert.strictEqual(location?.pathname, "/auth")
  })

  itOnSite("of 20 identical callbacks at once one is completed", {}, async (site) => {
    const browser = new Browser()
    const callback = await begun(site, browser)
    const cookie = [...browser.cookies].map((pair) => pair.join("=")).join("; ")
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(callback, { headers: { cookie } })))
    assert.lengthOf(
      answers.filter(({ location }) => location?.pathname === "/"),
      1
    )
    assert.lengthOf(
      answers.filter(({ location }) => location?.search === "?outcome=over"),
      19
    )
    assert.strictEqual(site.exchanges(), 1)
  })

  itOnSite(
    "that is completed is over: its callback again completes nothing, and says so without the code",
    {},
    async (site) => {
      const browser = new Browser()
      const callback = await begun(site, browser)
      await browser.open(callback)
      for (let i = 0; i < 2; i++) {
        const page = await browser.visit(callback)
        assert.strictEqual(page.status, 410)
        assert.strictEqual(page.title, "This sign-in is over")
        assert.notInclude(page.url.href, "code=")
        assert.include(page.text, 'href="/">Go to the app</a>')
        assert.include(page.text, 'href="/auth/openrouter">Sign in with OpenRouter</a>')
      }
      assert.strictEqual(site.exchanges(), 1)
    }
  )
})

describe("the binding cookie", () => {
  const attributes = (line: string | undefined) => (line ?? "").split("; ").slice(1).sort()

  itOnSite("on http", {}, async (site) => {
    const { setCookie } = await send(site.at("/auth/openrouter"))
    assert.lengthOf(setCookie, 1)
    assert.match(setCookie[0] ?? "", /^openrouter-sign-in-[\w-]{43}=\d+\.[\w-]{43};/)
    assert.deepStrictEqual(attributes(setCookie[0]), ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax"])
  })

  itOnSite(
    "on https is Secure, and no other host can plant it",
    { publicOrigin: "https://app.example" },
    async (site) => {
      const browser = new Browser()
      const callback = await begun(site, browser)
      const [name = ""] = bindingCookies(browser)
      assert.match(name, /^__Host-openrouter-sign-in-[\w-]{43}$/)
      const { location, setCookie } = await browser.open(callback)
      assert.strictEqual(location?.pathname, "/")
      assert.lengthOf(setCookie, 1)
      assert.include(setCookie[0], `${name}=;`)
      assert.deepStrictEqual(attributes(setCookie[0]), [
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "HttpOnly",
        "Max-Age=0",
        "Path=/",
        "SameSite=Lax",
        "Secure"
      ])
    }
  )

  itOnSite("is removed when its sign-in ends, and no other one is", {}, async (site) => {
    const browser = new Browser()
    const first = await begun(site, browser)
    const second = await begun(site, browser)
    assert.lengthOf(bindingCookies(browser), 2)
    await browser.open(second)
    assert.lengthOf(bindingCookies(browser), 1)
    const answer = await browser.open(first)
    assert.strictEqual(answer.location?.pathname, "/")
    assert.isEmpty(bindingCookies(browser))
  })

  itOnSite("five are kept: a sixth lets the oldest go, in whatever order they come", {}, async (site) => {
    const browser = new Browser()
    const callbacks: Array<URL> = []
    for (let i = 0; i < 8; i++) {
      // The order in which a browser sends its cookies is not to be relied upon.
      const pairs = [...browser.cookies].sort(([one], [other]) => (one < other ? -1 : 1))
      browser.cookies.clear()
      for (const [name, value] of pairs) browser.cookies.set(name, value)
      const before = Date.now()
      callbacks.push(await begun(site, browser))
      assert.lengthOf(bindingCookies(browser), Math.min(i + 1, 5))
      while (Date.now() === before) await new Promise(setImmediate)
    }
    const ends = []
    for (const callback of callbacks) ends.push((await browser.open(callback)).location?.href.replace(site.origin, ""))
    const gone = `${callbackPath}?outcome=other-browser`
    assert.deepStrictEqual(ends, [gone, gone, gone, "/", "/", "/", "/", "/"])
    assert.strictEqual(site.exchanges(), 5)
  })

  itOnSite("is not mixed up with cookies that look like it", {}, async (site) => {
    const browser = new Browser()
    const planted = ["", "x", "é", "x".repeat(43)].map(
      (name) => [`openrouter-sign-in-${name}`, "9".repeat(400)] as const
    )
    for (const [name, value] of planted) browser.cookies.set(name, value)
    for (let i = 0; i < 6; i++) await begun(site, browser)
    assert.lengthOf(bindingCookies(browser), 3 + 5)
    const answer = await browser.open(await begun(site, browser))
    assert.strictEqual(answer.headers.location, "/")
  })

  itOnSite("two tabs at once both complete", { onSignedIn: showKey }, async (site) => {
    const browser = new Browser()
    const callbacks = await Promise.all([begun(site, browser), begun(site, browser)])
    const answers = await Promise.all(callbacks.map((callback) => browser.open(callback)))
    assert.strictEqual(new Set(answers.map(({ headers }) => headers["x-key"])).size, 2)
  })
})

describe("a begin", () => {
  const counting = () => {
    let puts = 0
    const store = Layer.effect(
      PendingSignIns.PendingSignIns,
      Effect.map(PendingSignIns.PendingSignIns, (inner) => ({
        ...inner,
        put: (...args: Parameters<typeof inner.put>) => {
          puts++
          return inner.put(...args)
        }
      }))
    ).pipe(Layer.provide(PendingSignIns.layerMemory))
    return { store, puts: () => puts }
  }

  const crossSite = counting()
  itOnSite("that another site causes is refused, and its page leads on", { store: crossSite.store }, async (site) => {
    for (const method of ["GET", "POST"]) {
      const answer = await send(site.at("/auth/openrouter?returnTo=/settings"), {
        method,
        headers: { "sec-fetch-site": "cross-site" }
      })
      assert.strictEqual(answer.status, 403)
      assert.deepStrictEqual(answer.setCookie, [])
      assert.include(answer.text, `href="/auth/openrouter?returnTo=%2Fsettings"`)
      assertPrivate(answer, method)
    }
    assert.strictEqual(crossSite.puts(), 0)
    for (const where of ["same-origin", "same-site", "none"]) {
      const answer = await send(site.at("/auth/openrouter"), { headers: { "sec-fetch-site": where } })
      assert.strictEqual(answer.status, 303, where)
    }
    assert.strictEqual(crossSite.puts(), 3)
  })

  for (const returnTo of [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/.//evil.example",
    "/a/..//evil.example",
    "\\/evil.example",
    "javascript:alert(1)",
    "settings",
    "@evil.example",
    " /settings",
    `"><script>`
  ]) {
    const { puts, store } = counting()
    itOnSite(`with a returnTo of another site is refused: ${JSON.stringify(returnTo)}`, { store }, async (site) => {
      const answer = await send(site.at(`/auth/openrouter?${new URLSearchParams({ returnTo })}`))
      assert.strictEqual(answer.status, 400)
      assert.strictEqual(answer.title, "This link is not right")
      assert.notInclude(answer.text, "evil")
      assert.notInclude(answer.text, "<script>")
      assertPrivate(answer, returnTo)
      assert.strictEqual(puts(), 0)
    })
  }

  for (const method of ["HEAD", "OPTIONS", "PUT", "DELETE"]) {
    const { puts, store } = counting()
    itOnSite(`is not made by ${method}`, { store }, async (site) => {
      const answer = await send(site.at("/auth/openrouter"), { method })
      assert.strictEqual(answer.status, 405)
      assert.strictEqual(answer.headers.allow, "GET, POST")
      if (method === "HEAD") assert.strictEqual(answer.text, "")
      assertPrivate(answer, method)
      assert.strictEqual(puts(), 0)
    })
  }

  for (const headers of [
    { "sec-purpose": "prefetch" },
    { "sec-purpose": "prefetch;prerender" },
    { purpose: "prefetch" },
    { "x-moz": "prefetch" }
  ]) {
    const { puts, store } = counting()
    itOnSite(`is not made by a prefetch: ${JSON.stringify(headers)}`, { store }, async (site) => {
      const answer = await send(site.at("/auth/openrouter"), { headers })
      assert.strictEqual(answer.status, 503)
      assert.deepStrictEqual(answer.setCookie, [])
      assertPrivate(answer, JSON.stringify(headers))
      assert.strictEqual(puts(), 0)
    })
  }

  itOnSite(
    "believes its configuration, not the request's host",
    { publicOrigin: "https://app.example" },
    async (site) => {
      const { location } = await send(site.at("/auth/openrouter"), {
        headers: { host: "evil.example", "x-forwarded-host": "evil.example", forwarded: "host=evil.example" }
      })
      const callbackUrl = new URL(location?.searchParams.get("callback_url") ?? "")
      assert.strictEqual(callbackUrl.origin + callbackUrl.pathname, `https://app.example${callbackPath}`)
      const browser = new Browser()
      const callback = await begun(site, browser)
      const answer = await browser.open(callback, { headers: { host: "evil.example" } })
      assert.strictEqual(answer.headers.location, "/")
    }
  )
})

describe("a stray callback", () => {
  itOnSite("does not complete a sign-in, and does not end it", {}, async (site) => {
    const browser = new Browser()
    const callback = await begun(site, browser)
    const other = new Browser()
    const theirs = await begun(site, other)
    const changed = (parameters: Record<string, string | undefined>) => {
      const url = new URL(callback)
      for (const [name, value] of Object.entries(parameters)) {
        if (value === undefined) url.searchParams.delete(name)
        else url.searchParams.set(name, value)
      }
      return url
    }
    const twice = (name: string) => {
      const url = new URL(callback)
      url.searchParams.append(name, "again")
      return url
    }
    const strays: ReadonlyArray<readonly [URL, string]> = [
      [site.at(callbackPath), "idle"],
      [site.at(`${callbackPath}?code=x`), "over"],
      [site.at(`${callbackPath}?code=x&attempt=y`), "over"],
      [site.at(`${callbackPath}?error=access_denied`), "over"],
      [site.at(`${callbackPath}?outcome=nothing`), "idle"],
      [changed({ state: theirs.searchParams.get("state") ?? "" }), "other-browser"],
      [changed({ attempt: theirs.searchParams.get("attempt") ?? "" }), "other-browser"],
      [theirs, "other-browser"],
      [site.at(`${callbackPath}?retry=x`), "over"],
      [changed({ error: "access_denied" }), "malformed"],
      [twice("code"), "malformed"],
      [twice("state"), "malformed"],
      [twice("attempt"), "malformed"],
      [changed({ padding: "x".repeat(8 * 1024) }), "malformed"]
    ]
    for (const [url, outcome] of strays) {
      const { location, setCookie, status } = await browser.open(url)
      assert.strictEqual(status, 303)
      assert.strictEqual(location?.href, `${site.origin}${callbackPath}?outcome=${outcome}`, url.search.slice(0, 200))
      assert.deepStrictEqual(setCookie, [])
    }
    for (const method of ["HEAD", "POST", "OPTIONS"]) {
      const answer = await browser.open(callback, { method })
      assert.strictEqual(answer.status, 405)
      assert.strictEqual(answer.headers.allow, "GET")
      assertPrivate(answer, method)
    }
    assert.strictEqual((await browser.open(callback, { headers: { "sec-purpose": "prefetch" } })).status, 503)
    assert.strictEqual(site.exchanges(), 0)
    assert.strictEqual((await browser.open(callback)).headers.location, "/")
    assert.strictEqual((await other.open(theirs)).headers.location, "/")
  })

  itOnSite(
    "login CSRF: somebody else's sign-in, opened in a browser that did not begin it, exchanges nothing",
    {},
    async (site) => {
      const attacker = new Browser()
      const trap = await begun(site, attacker)
      const victim = new Browser()
      const page = await victim.visit(trap)
      assert.strictEqual(page.status, 403)
      assert.strictEqual(page.title, "This sign-in is not from this browser")
      // Not with a cookie of the victim's own sign-in either, nor with one that was made up.
      await begun(site, victim)
      const [own = "", value = ""] = [...victim.cookies][0] ?? []
      victim.cookies.set([...attacker.cookies.keys()][0] ?? "", value)
      assert.strictEqual((await victim.visit(trap)).status, 403)
      assert.isTrue(victim.cookies.has(own))
      assert.strictEqual(site.exchanges(), 0)
      assert.deepStrictEqual(issued(site), [])
    }
  )
})

describe("a sign-in that fails", () => {
  /** The page that the user ends up at. */
  const fails = (
    name: string,
    options: SiteOptions & { readonly prepare?: (site: Site) => Effect.Effect<void> },
    expected: { readonly status: number; readonly outcome: string; readonly title: string; readonly exchanges: number }
  ) =>
    itOnSite(name, options, async (site) => {
      const browser = new Browser()
      await Effect.runPromise(options.prepare?.(site) ?? Effect.void)
      const callback = await begun(site, browser)
      const first = await browser.open(callback)
      assertPrivate(first, "the redirect")
      assert.strictEqual(first.status, 303)
      assert.strictEqual(first.location?.href, `${site.origin}${callbackPath}?outcome=${expected.outcome}`)
      const page = await browser.visit(first.location ?? callback)
      assertPrivate(page, "the page")
      assert.strictEqual(page.status, expected.status)
      assert.strictEqual(page.title, expected.title)
      assert.isEmpty(bindingCookies(browser), "the sign-in is over, its cookie gone")
      assert.strictEqual(site.exchanges(), expected.exchanges)
      const isOurs = expected.outcome === "broken"
      assert.lengthOf(issued(site), isOurs ? 1 : 0)
      assert.strictEqual(site.logged.join("\n").includes("Error: no database"), isOurs, "the developer is told")
    })

  const exchange = "exchangeAuthCodeForAPIKey"
  const fault =
    (given: Sandbox.Fault) =>
    ({ sandbox }: Site) =>
      sandbox.faults.add({ operation: exchange, processed: false, ...given })
  const failed = { status: 502, outcome: "failed", title: "OpenRouter did not answer as it should", exchanges: 1 }
  const refused = { status: 400, outcome: "refused", title: "OpenRouter did not accept this sign-in", exchanges: 1 }

  for (const status of [400, 403]) fails(`with status ${status}`, { prepare: fault({ status }) }, refused)
  for (const status of [401, 404, 500, 503]) fails(`with status ${status}`, { prepare: fault({ status }) }, failed)
  fails(
    "with status 429",
    { prepare: fault({ status: 429 }) },
    {
      status: 503,
      outcome: "busy",
      title: "OpenRouter is busy",
      exchanges: 1
    }
  )
  for (const breakage of ["reset", "truncated", "contentType", "redirect"] as const) {
    fails(`with a ${breakage}`, { prepare: fault({ breakage }) }, failed)
  }
  fails("in time", { client: { timeout: "100 millis" }, prepare: fault({ delay: "1 hour" }) }, failed)
  fails(
    "in the app's own part",
    { onSignedIn: () => Promise.reject(new Error("no database")) },
    { status: 500, outcome: "broken", title: "Something went wrong here", exchanges: 1 }
  )
  fails(
    "in the app's own part, before it gave a promise",
    {
      onSignedIn: () => {
        throw new Error("no database")
      }
    },
    { status: 500, outcome: "broken", title: "Something went wrong here", exchanges: 1 }
  )

  itOnSite("by a denial", {}, async (site) => {
    const browser = new Browser()
    const { location } = await browser.open(site.at("/auth/openrouter"))
    assert(location !== undefined)
    const page = await browser.visit(denied(location))
    assert.strictEqual(page.status, 200)
    assert.strictEqual(page.title, "You did not allow it")
    assert.strictEqual(page.url.href, `${site.origin}${callbackPath}?outcome=denied`)
    assert.isEmpty(bindingCookies(browser))
    assert.strictEqual(site.exchanges(), 0)
  })

  itOnSite("by a denial without a word", {}, async (site) => {
    const browser = new Browser()
    const { location } = await browser.open(site.at("/auth/openrouter"))
    assert(location !== undefined)
    assert.strictEqual((await browser.visit(denied(location, "bare"))).title, "You did not allow it")
    assert.isEmpty(bindingCookies(browser))
  })

  itOnSite("because it took too long", { store: forgetful() }, async (site) => {
    const browser = new Browser()
    const page = await browser.visit(await begun(site, browser))
    assert.strictEqual(page.status, 410)
    assert.strictEqual(site.exchanges(), 0)
  })
})

/** A store that has always forgotten. */
function forgetful() {
  return Layer.succeed(PendingSignIns.PendingSignIns, {
    put: () => Effect.void,
    get: () => Effect.succeed(Option.none()),
    take: () => Effect.succeed(Option.none())
  })
}

describe("where the code was not used, the same sign-in can be tried again:", () => {
  const triesAgain = (
    name: string,
    options: SiteOptions,
    failing: (isFailing: boolean) => void,
    expected: { readonly status: number; readonly outcome: string; readonly title: string }
  ) => {
    for (const again of ["link", "reload"] as const)
      itOnSite(`${name} (by the ${again === "link" ? "page's link" : "callback itself"})`, options, async (site) => {
        const browser = new Browser()
        failing(false)
        const callback = await begun(site, browser)
        failing(true)
        const attempt = callback.searchParams.get("attempt") ?? ""
        let next = callback
        for (let i = 0; i < 3; i++) {
          const first = await browser.open(next)
          assertPrivate(first, name)
          assert.lengthOf(first.setCookie, 1)
          const kept = /^openrouter-sign-in-.*; Max-Age=(\d+); Path=\/; HttpOnly; SameSite=Lax$/
          const maxAge = Number(kept.exec(first.setCookie[0] ?? "")?.[1])
          assert.isAtMost(maxAge, 600)
          assert.isAtLeast(maxAge, 500)
          const page = await browser.visit(first.location ?? callback)
          assertPrivate(page, name)
          assert.strictEqual(
            page.url.href,
            `${site.origin}${callbackPath}?outcome=${expected.outcome}&retry=${attempt}`
          )
          assert.strictEqual(page.status, expected.status)
          assert.strictEqual(page.title, expected.title)
          assert.lengthOf(bindingCookies(browser), 1)
          const [, href = ""] = /<a href="([^"]*)">Try again</.exec(page.text) ?? []
          next = site.at(href)
          assert.strictEqual(next.href, `${site.origin}${callbackPath}?retry=${attempt}`)
        }
        assert.strictEqual(site.exchanges(), 0)
        failing(false)
        // In another browser it is worth nothing.
        assert.strictEqual((await new Browser().visit(next)).status, 410)
        if (again === "reload") next = callback
        assert.strictEqual((await browser.open(next)).headers.location, "/")
        assert.isEmpty(bindingCookies(browser))
        assert.lengthOf(issued(site), 1)
        assert.strictEqual((await browser.visit(next)).status, 410)
        assert.lengthOf(issued(site), 1)
      })
  }

  let offline = false
  let closedPort = 0
  triesAgain(
    "OpenRouter cannot be reached",
    {
      fetch: Layer.unwrapScoped(
        Effect.gen(function* () {
          closedPort = Number(new URL((yield* Effect.scoped(listen)).origin).port)
          return cast<Layer.Layer<never>>(
            Layer.succeed(FetchHttpClient.Fetch, (input, init) =>
              fetch(offline ? `http://127.0.0.1:${closedPort}/` : input, init)
            )
          )
        })
      )
    },
    (isFailing) => {
      offline = isFailing
    },
    { status: 502, outcome: "unreachable", title: "OpenRouter cannot be reached" }
  )

  for (const operation of ["get", "take"] as const) {
    let down = false
    const store = Layer.effect(
      PendingSignIns.PendingSignIns,
      Effect.map(PendingSignIns.PendingSignIns, (inner) => ({
        ...inner,
        [operation]: (key: string) =>
          down
            ? Effect.fail(new PendingSignIns.StoreError({ operation, message: "The store is down." }))
            : inner[operation](key)
      }))
    ).pipe(Layer.provide(PendingSignIns.layerMemory))
    triesAgain(
      `the store is down (${operation})`,
      { store },
      (isFailing) => {
        down = isFailing
      },
      { status: 503, outcome: "unavailable", title: "Signing in is not possible right now" }
    )
  }

  let keyless = false
  triesAgain(
    "the client's own settings are broken",
    {
      client: {
        apiKey: Effect.suspend(() =>
          keyless
            ? Effect.fail(new InvalidRequest({ operation: "x", issues: [{ path: "apiKey", message: "is missing" }] }))
            : Effect.succeed(Redacted.make("sk-or-v1-fake"))
        )
      }
    },
    (isFailing) => {
      keyless = isFailing
    },
    { status: 500, outcome: "misconfigured", title: "Signing in is not set up right" }
  )

  let down = true
  itOnSite(
    "the store is down when it begins",
    {
      store: Layer.effect(
        PendingSignIns.PendingSignIns,
        Effect.map(PendingSignIns.PendingSignIns, (inner) => ({
          ...inner,
          put: (...args: Parameters<typeof inner.put>) =>
            down
              ? Effect.fail(new PendingSignIns.StoreError({ operation: "put", message: "The store is down." }))
              : inner.put(...args)
        }))
      ).pipe(Layer.provide(PendingSignIns.layerMemory))
    },
    async (site) => {
      const page = await send(site.at("/auth/openrouter?returnTo=/settings"))
      assert.strictEqual(page.status, 503)
      assert.include(page.text, '<a href="/auth/openrouter?returnTo=%2Fsettings">Try again</a>')
      assert.deepStrictEqual(page.setCookie, [])
      assertPrivate(page, "begin")
      down = false
      assert.strictEqual((await send(site.at("/auth/openrouter"))).status, 303)
    }
  )
})

describe("the app's own part", () => {
  itOnSite(
    "sets its session cookie beside ours, also on a response that cannot be changed",
    {
      onSignedIn: async (_, request) => {
        const answer = new Response("hello", {
          headers: { "cache-control": "public", "x-seen": new URL(request.url).pathname }
        })
        answer.headers.append("set-cookie", "session=1; HttpOnly")
        answer.headers.append("set-cookie", "theme=dark")
        return answer
      }
    },
    async (site) => {
      const browser = new Browser()
      const answer = await browser.open(await begun(site, browser))
      assert.strictEqual(answer.text, "hello")
      assert.strictEqual(answer.headers["x-seen"], callbackPath)
      assert.deepStrictEqual(
        [...browser.cookies],
        [
          ["session", "1"],
          ["theme", "dark"]
        ]
      )
      assert.strictEqual(answer.headers["cache-control"], "no-store")
      assert.strictEqual(answer.headers["referrer-policy"], "no-referrer")
    }
  )

  itOnSite(
    "may be an Effect, and may answer with Response.redirect",
    {
      onSignedIn: () => Effect.sync(() => Response.redirect("https://app.example/in", 303))
    },
    async (site) => {
      const browser = new Browser()
      const answer = await browser.open(await begun(site, browser))
      assert.strictEqual(answer.headers.location, "https://app.example/in")
      assert.isEmpty(bindingCookies(browser))
    }
  )

  const failures: Array<string> = []
  itOnSite(
    "is told every failure, and answers those that it wants to",
    {
      onFailed: async (failure) => {
        failures.push(failure._tag)
        return failure._tag === "AuthorizationDenied" ? Response.redirect("http://127.0.0.1/denied", 303) : undefined
      }
    },
    async (site) => {
      const browser = new Browser()
      await browser.open(site.at("/auth/openrouter"), { headers: { "sec-fetch-site": "cross-site" } })
      await browser.open(site.at("/auth/openrouter?returnTo=//evil.example"))
      assert.strictEqual((await browser.visit(site.at(callbackPath))).status, 404)
      const { location } = await browser.open(site.at("/auth/openrouter"))
      assert(location !== undefined)
      const answer = await browser.open(denied(location))
      assert.strictEqual(answer.headers.location, "http://127.0.0.1/denied")
      assert.isEmpty(bindingCookies(browser))
      assert.deepStrictEqual(failures, ["CrossSiteBegin", "InvalidRequest", "UnknownAttempt", "AuthorizationDenied"])
    }
  )

  itOnSite(
    "where it cannot answer a failure, ours is shown",
    {
      onFailed: () => Promise.reject(new Error("no template"))
    },
    async (site) => {
      assert.strictEqual((await new Browser().visit(site.at(callbackPath))).title, "No sign-in is under way")
      assert.include(site.logged.join("\n"), "Error: no template")
    }
  )
})

describe("the settings", () => {
  const callbackUrl = "https://app.example/auth/openrouter/callback"

  const issuesOf = (settings: SignInRoutes.Settings): ReadonlyArray<string> => {
    try {
      SignInRoutes.toWebHandler(settings)
      return []
    } catch (error) {
      assert(error instanceof InvalidRequest)
      return error.issues.map(({ path }) => path)
    }
  }

  it("that are right are taken", () => {
    assert.deepStrictEqual(issuesOf({ callbackUrl }), [])
    assert.deepStrictEqual(issuesOf({ callbackUrl: `${callbackUrl}?app=1`, beginPath: "/login" }), [])
    assert.deepStrictEqual(issuesOf({ callbackUrl: "http://localhost:3000/cb", limit: 1, keyLabel: "x" }), [])
    assert.deepStrictEqual(
      issuesOf({ callbackUrl: "https://app.example/app/cb", prefix: "/app", beginPath: "/app/login" }),
      []
    )
  })

  it("that cannot be right are all named, when the program starts", () => {
    assert.deepStrictEqual(issuesOf({ callbackUrl, prefix: "/app", beginPath: "/app/in" }), ["callbackUrl"])
    assert.deepStrictEqual(issuesOf({ callbackUrl: "nowhere", beginPath: "*", limit: -1, keyLabel: "x".repeat(101) }), [
      "beginPath",
      "callbackUrl",
      "limit",
      "keyLabel"
    ])
  })

  it.each([
    "/auth/callback",
    "http://app.example/callback",
    "vscode://app/callback",
    "https://user@app.example/callback",
    "https://app.example",
    "https://app.example/:id",
    "https://app.example/a%20b",
    "https://app.example/cb/",
    `${callbackUrl}#part`,
    `${callbackUrl}?code=1`,
    `${callbackUrl}?outcome=1`,
    `${callbackUrl}?retry=1`
  ])("that cannot be right are all named, when the program starts: %o", (wrong) => {
    assert.deepStrictEqual(issuesOf({ callbackUrl: wrong }), ["callbackUrl"], wrong)
  })

  it.each(["", "/", "login", "/:id", "/*", "/a//b", "/auth/openrouter/callback", "https://app.example/x"])(
    "that cannot be right are all named, when the program starts: %s",
    (wrong) => {
      assert.deepStrictEqual(issuesOf({ callbackUrl, beginPath: wrong }), ["beginPath"], wrong)
    }
  )

  it.effect("fail the router as an error", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(SignInRoutes.router({ callbackUrl: "nowhere" }))
      assert.strictEqual(error._tag, "InvalidRequest")
      assert.strictEqual(error.operation, "router")
    })
  )

  it.each([
    ["toWebHandler", () => SignInRoutes.toWebHandler({ callbackUrl: "nowhere" })],
    [
      "toWebHandlerLayer",
      () => SignInRoutes.toWebHandlerLayer({ callbackUrl: "nowhere" }, signInLayer("https://openrouter.ai/api/v1"))
    ],
    ["toMiddleware", () => toMiddleware({ callbackUrl: "nowhere" })]
  ] as const)("are refused in the name of %s", (operation, make) => {
    assert.throws(make, `${operation} refused its input`)
  })
})

describe("the web handler", () => {
  const settings = { callbackUrl: "https://app.example/auth/openrouter/callback" }
  const begin = () => new Request("https://app.example/auth/openrouter")

  it("needs nothing but its callback URL", async () => {
    const { dispose, handler } = SignInRoutes.toWebHandler(settings)
    const { headers, status } = await handler(begin())
    assert.strictEqual(status, 303)
    assert.strictEqual(new URL(headers.get("location") ?? "").origin, "https://openrouter.ai")
    await dispose()
  })

  it.each(["/", "/auth", "/auth/openrouter/", "/AUTH/openrouter", "/auth/openrouter/callback/x"])(
    "answers 404 to %s",
    async (path) => {
      const { dispose, handler } = SignInRoutes.toWebHandler(settings)
      assert.strictEqual((await handler(new Request(`https://app.example${path}`))).status, 404)
      await dispose()
    }
  )

  it("rejects where its services cannot be had, and tries them anew", async () => {
    let builds = 0
    const { dispose, handler } = SignInRoutes.toWebHandler({
      ...settings,
      pendingSignIns: Layer.suspend(() =>
        ++builds === 1 ? Layer.fail(new Error("the database is down")) : PendingSignIns.layerMemory
      )
    })
    const outcomes = await Promise.allSettled([handler(begin()), handler(begin())])
    assert.deepStrictEqual(
      outcomes.map((outcome) => (outcome.status === "rejected" ? String(outcome.reason) : "")),
      ["Error: the database is down", "Error: the database is down"]
    )
    assert.strictEqual((await handler(begin())).status, 303)
    assert.strictEqual((await handler(begin())).status, 303)
    assert.strictEqual(builds, 2)
    await dispose()
  })

  it("lets go of its services", async () => {
    let released = 0
    const { dispose, handler } = SignInRoutes.toWebHandler({
      ...settings,
      pendingSignIns: Layer.merge(
        PendingSignIns.layerMemory,
        Layer.scopedDiscard(Effect.addFinalizer(() => Effect.sync(() => released++)))
      )
    })
    await handler(begin())
    assert.strictEqual(released, 0)
    await dispose()
    assert.strictEqual(released, 1)
  })
})
