/** What attacks on the routes found: each of these failed once. */
import { inspect } from "node:util"
import * as Cookies from "@effect/platform/Cookies"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import * as BindingCookies from "../../src/server/internal/bindingCookies.js"
import {
  assertPrivate,
  Browser,
  begun,
  bindingCookies,
  issued,
  itOnSite,
  type SiteOptions,
  send,
  showKey
} from "./support.js"

const beginPath = "/auth/openrouter"
const callbackPath = "/auth/openrouter/callback"

describe("a full store", () => {
  itOnSite(
    "answers 503, says when to try again, and the sign-in that is pending completes",
    {
      store: PendingSignIns.layerMemoryWith({ capacity: 1 }),
      onSignedIn: showKey
    },
    async (site) => {
      const browser = new Browser()
      const callback = await begun(site, browser)
      const refused = await send(site.at(`${beginPath}?returnTo=/settings`))
      assert.strictEqual(refused.status, 503)
      assert.strictEqual(refused.headers["retry-after"], "60")
      assert.strictEqual(refused.title, "Too many people are signing in")
      assert.include(refused.text, `href="${beginPath}?returnTo=%2Fsettings">Try again`)
      assert.deepStrictEqual(refused.setCookie, [])
      assertPrivate(refused, "full")
      assert.isString((await browser.open(callback)).headers["x-key"])
      await begun(site, browser)
    }
  )
})

describe.each(["GET", "POST"])("a begin by %s, where the browser sends no Sec-Fetch-Site", (method) => {
  for (const [name, headers, status] of [
    ["another origin", { origin: "https://evil.example" }, 403],
    ["an opaque origin", { origin: "null" }, 403],
    ["another origin beside a referer of the app", { origin: "https://evil.example", referer: "own" }, 403],
    ["a referer of another site", { referer: "https://evil.example/page" }, 403],
    ["a referer that is no address", { referer: "about" }, 403],
    ["its own origin", { origin: "own" }, 303],
    ["a referer of its own", { referer: "own" }, 303],
    ["neither", {}, 303],
    [
      "a foreign referer, but Sec-Fetch-Site says same-origin",
      { referer: "https://evil.example", "sec-fetch-site": "same-origin" },
      303
    ]
  ] as const) {
    itOnSite(`with ${name}: ${status}`, {}, async (site) => {
      const sent = Object.entries(headers).map(([header, value]) => [header, value === "own" ? site.origin : value])
      const answer = await send(site.at(beginPath), { method, headers: Object.fromEntries(sent) })
      assert.strictEqual(answer.status, status)
    })
  }
})

describe("the binding cookie", () => {
  for (const code of ["line\nbreak", "\r\n", "a.b.c", "; Path=/", "\u2028ä"]) {
    it(`is readable with the code ${JSON.stringify(code)} in it`, () => {
      const cookies = BindingCookies.make(true)
      const begun = { at: 1_000, binding: Redacted.make("binding"), code: Redacted.make(code) }
      const [line = ""] = Cookies.toSetCookieHeaders(cookies.update("x".repeat(43), begun, 1_000))
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split("=")
      const found = cookies.find({ [name]: decodeURIComponent(value) }, "x".repeat(43))
      assert(found !== undefined)
      assert.strictEqual(Redacted.value(found.binding), "binding")
      assert.strictEqual(found.code && Redacted.value(found.code), code)
      assert.strictEqual(found.at, 1_000)
    })
  }

  it("does not show its value to what prints or serializes it", () => {
    const begun = { at: 1_000, binding: Redacted.make("secret-binding") }
    const cookies = BindingCookies.make(true).add({}, "x".repeat(43), begun)
    assert.notInclude(inspect(cookies, { depth: 9 }), "secret-binding")
    assert.notInclude(JSON.stringify(cookies), "secret-binding")
    assert.include(Cookies.toSetCookieHeaders(cookies).join(), "secret-binding")
  })

  const forgetful = Layer.succeed(PendingSignIns.PendingSignIns, {
    put: () => Effect.void,
    get: () => Effect.succeed(Option.none()),
    take: () => Effect.succeed(Option.none())
  })

  itOnSite(
    "stays when another request has the sign-in: that one may have to try again",
    {
      store: forgetful
    },
    async (site) => {
      const browser = new Browser()
      assert.strictEqual((await browser.visit(await begun(site, browser))).status, 410)
      assert.lengthOf(bindingCookies(browser), 1)
    }
  )

  itOnSite("goes when its 10 minutes are over", { store: forgetful }, async (site) => {
    const browser = new Browser()
    const callback = await begun(site, browser)
    const [name = ""] = bindingCookies(browser)
    const value = browser.cookies.get(name) ?? ""
    browser.cookies.set(name, value.replace(/^\d+/, String(Date.now() - 600_000)))
    assert.strictEqual((await browser.visit(callback)).status, 410)
    assert.isEmpty(bindingCookies(browser))
  })
})

describe("the app's defect", () => {
  const keys: Array<string> = []
  itOnSite(
    "is logged without the key",
    {
      onSignedIn: ({ key }) => {
        keys.push(key)
        const error = new Error(`duplicate value: (${key}, ${encodeURIComponent(key)})`, {
          cause: new Error(`of ${key}`)
        })
        throw Object.assign(error, { parameters: [key] })
      }
    },
    async (site) => {
      const browser = new Browser()
      assert.strictEqual((await browser.visit(await begun(site, browser))).title, "Something went wrong here")
      const logged = inspect(site.logged, { depth: 9 })
      assert.include(logged, "duplicate value")
      assert.lengthOf(keys, 1)
      for (const key of keys) assert.notInclude(logged, key)
    }
  )
})

describe("the app's defect, with a key that looks like none", () => {
  const key = "a key/of another form, 0123456789"
  const answer = { key, user_id: "user_fake" }
  itOnSite(
    "is logged without it, literally and percent-encoded",
    {
      fetch: Layer.succeed(FetchHttpClient.Fetch, async () => Response.json(answer)),
      onSignedIn: () => {
        throw new Error(`duplicate value: (${key}, ${encodeURIComponent(key)})`)
      }
    },
    async (site) => {
      const browser = new Browser()
      await browser.visit(await begun(site, browser))
      const logged = inspect(site.logged, { depth: 9 })
      assert.include(logged, "duplicate value")
      assert.notInclude(logged, key)
      assert.notInclude(logged, encodeURIComponent(key))
    }
  )
})

describe("pages", () => {
  itOnSite("an address that is none has a way on", {}, async (site) => {
    const page = await send(site.at("/elsewhere"))
    assert.strictEqual(page.status, 404)
    assert.include(page.text, `href="${beginPath}"`)
    assert.include(page.text, 'href="/"')
  })

  for (const query of ["", "?utm_source=mail"]) {
    itOnSite(`a callback visited as ${callbackPath}${query} says that nothing is under way`, {}, async (site) => {
      const page = await new Browser().visit(site.at(`${callbackPath}${query}`))
      assert.strictEqual(page.status, 404)
      assert.strictEqual(page.title, "No sign-in is under way")
      assert.include(page.text, `href="${beginPath}"`)
    })
  }

  itOnSite("an error of OpenRouter's page is no denial, and says when to try again", {}, async (site) => {
    const browser = new Browser()
    const callback = await begun(site, browser)
    callback.searchParams.delete("code")
    callback.searchParams.set("error", "server_error")
    const page = await browser.visit(callback)
    assert.strictEqual(page.title, "OpenRouter could not complete this sign-in")
    assert.strictEqual(page.headers["retry-after"], "60")
    assert.isEmpty(bindingCookies(browser))
  })

  for (const [outcome, seconds] of [
    ["busy", "60"],
    ["full", "60"],
    ["unavailable", "30"]
  ] as const) {
    itOnSite(`${outcome} is 503 with Retry-After: ${seconds}`, {}, async (site) => {
      const page = await send(site.at(`${callbackPath}?outcome=${outcome}`))
      assert.strictEqual(page.status, 503)
      assert.strictEqual(page.headers["retry-after"], seconds)
      assert.match(page.text, /Wait (?:a|half a) minute/)
    })
  }
})

describe("connecting an account: subjectOf", () => {
  const options: SiteOptions = {
    subjectOf: async (request) => /user=([\w-]+)/.exec(request.headers.get("cookie") ?? "")?.[1],
    onSignedIn: async ({ key, subject = "nobody" }) =>
      new Response(null, { status: 303, headers: { location: "/", "x-key": key, "x-subject": subject } })
  }

  itOnSite("the user who began is the one who completes", options, async (site) => {
    const browser = new Browser()
    browser.cookies.set("user", "alice")
    const callback = await begun(site, browser)
    const answer = await browser.open(callback)
    assert.strictEqual(answer.headers["x-subject"], "alice")
  })

  for (const [other, title] of [
    ["mallory", "Another user began this sign-in"],
    [undefined, "You are signed out of this app"]
  ] as const) {
    itOnSite(
      `${other ?? "nobody"} cannot complete what alice began, and alice can afterwards`,
      options,
      async (site) => {
        const browser = new Browser()
        browser.cookies.set("user", "alice")
        const callback = await begun(site, browser)
        if (other === undefined) browser.cookies.delete("user")
        else browser.cookies.set("user", other)
        const page = await browser.visit(callback)
        assert.strictEqual(page.status, 403)
        assert.strictEqual(page.title, title)
        assert.lengthOf(issued(site), 0)
        browser.cookies.set("user", "alice")
        assert.strictEqual((await browser.open(callback)).headers["x-subject"], "alice")
      }
    )
  }
})
