/** The routes as a middleware of Node's servers. */
import type * as Http from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Middleware, type Options, toMiddleware } from "effect-openrouter-oauth/node/NodeSignInRoutes"
import { InvalidRequest } from "effect-openrouter-oauth/OAuthError"
import type { SignedIn } from "effect-openrouter-oauth/PromiseSignIn"
import express from "express"
import { vi } from "vitest"
import {
  assertPrivate,
  Browser,
  begun,
  begunByFetch,
  bindingCookies,
  denied,
  json,
  type Site,
  send,
  startSite
} from "../server/support.js"

const beginPath = "/auth/openrouter"

/** How a middleware comes to answer the requests of a server. */
type Place = (server: Http.Server, middleware: Middleware) => void

const itOnSite = (name: string, options: Partial<Options>, place: Place, body: (site: Site) => Promise<void>) =>
  it.scopedLive(name, () =>
    Effect.gen(function* () {
      const site = yield* startSite((server, origin, baseUrl) =>
        Effect.gen(function* () {
          const callbackUrl = `${origin}${beginPath}/callback`
          const middleware = toMiddleware({ callbackUrl, ...options, client: { baseUrl, ...options.client } })
          yield* Effect.addFinalizer(() => Effect.promise(middleware.dispose))
          place(server, middleware)
        })
      )
      yield* Effect.promise(() => body(site))
    })
  )

/** `node:http`, without an app beside the middleware. */
const alone: Place = (server, middleware) => void server.on("request", (req, res) => middleware(req, res))

const beforeTheApp: Place = (server, middleware) =>
  void server.on("request", (req, res) => middleware(req, res, () => res.end("the app")))

const onExpress =
  (mount?: string): Place =>
  (server, middleware) => {
    const app = express()
    if (mount === undefined) app.use(middleware)
    else app.use(mount, middleware)
    app.use((_req, res) => void res.end("the app"))
    const onError: express.ErrorRequestHandler = (error, _req, res, _next) => void res.status(500).end(error.message)
    app.use(onError)
    server.on("request", app)
  }

const showKey = ({ key, returnTo }: SignedIn, _req: Http.IncomingMessage, res: Http.ServerResponse) => {
  res.appendHeader("set-cookie", "session=1; HttpOnly")
  res.writeHead(303, { location: returnTo ?? "/", "x-key": key }).end()
}

const signsIn = async (site: Site) => {
  const browser = new Browser()
  const answer = await browser.open(await begun(site, browser, `${beginPath}?returnTo=/settings`))
  assert.strictEqual(answer.headers.location, "/settings")
  assert.match(String(answer.headers["x-key"]), /^sk-or-/)
  assert.strictEqual(answer.headers["cache-control"], "no-store")
  assert.strictEqual(answer.headers["referrer-policy"], "no-referrer")
  assert.deepStrictEqual([...browser.cookies.keys()], ["session"], "ours is removed, the app's is set")
  const { location } = await browser.open(site.at(beginPath))
  assert(location !== undefined)
  const page = await browser.visit(denied(location))
  assert.strictEqual(page.title, "You did not allow it")
  assertPrivate(page, "denied")
  assert.strictEqual((await send(site.at("/elsewhere"))).text, "the app")
  for (const method of ["HEAD", "PUT", "TRACE"]) {
    assert.strictEqual((await send(site.at(beginPath), { method })).status, 405, method)
  }
}

describe("signs in, and leaves other paths to the app, on", () => {
  itOnSite("node:http", { onSignedIn: showKey }, beforeTheApp, signsIn)
  itOnSite("Express", { onSignedIn: showKey }, onExpress(), signsIn)
  itOnSite("Express, mounted at /auth", { onSignedIn: showKey }, onExpress("/auth"), signsIn)
  itOnSite("Express, mounted at /auth/openrouter", { onSignedIn: showKey }, onExpress("/auth/openrouter"), signsIn)
})

describe("without options", () => {
  itOnSite("a sign-in ends at returnTo, and other paths at a page, where there is no next", {}, alone, async (site) => {
    const browser = new Browser()
    const answer = await browser.open(await begun(site, browser, `${beginPath}?returnTo=/x`))
    assert.strictEqual(answer.headers.location, "/x")
    assert.strictEqual((await send(site.at("/elsewhere"))).status, 404)
  })

  it("throws what is wrong with the settings", () => {
    assert.throws(() => toMiddleware({ callbackUrl: "nowhere" }), InvalidRequest)
  })
})

describe("a path that onSignedIn returns", () => {
  const options: Partial<Options> = { onSignedIn: () => "/connected" }

  itOnSite("is where a tab goes on", options, alone, async (site) => {
    const browser = new Browser()
    const answer = await browser.open(await begun(site, browser))
    assert.strictEqual(answer.status, 303)
    assert.strictEqual(answer.headers.location, "/connected")
    assert.strictEqual(browser.cookies.size, 0)
  })

  itOnSite("is told to a page that asked by fetch", options, alone, async (site) => {
    const browser = new Browser()
    const { callback } = await begunByFetch(site, browser)
    const answer = await browser.open(callback, { method: "POST", headers: json })
    assert.deepStrictEqual(JSON.parse(answer.text), { outcome: "signed-in", location: "/connected" })
  })
})

describe("onFailed", () => {
  const tags: Array<string> = []
  itOnSite(
    "answers what it wants to, and leaves the rest to the pages",
    {
      onFailed: (failure, _req, res) => {
        tags.push(failure._tag)
        if (failure._tag === "AuthorizationDenied") res.writeHead(200, { "content-type": "text/plain" }).end("no key")
      }
    },
    alone,
    async (site) => {
      const browser = new Browser()
      const { location } = await browser.open(site.at(beginPath))
      assert(location !== undefined)
      const answer = await browser.open(denied(location))
      assert.strictEqual(answer.text, "no key")
      assert.isEmpty(bindingCookies(browser))
      assert.strictEqual((await browser.visit(site.at("/auth/openrouter/callback"))).title, "No sign-in is under way")
      assert.deepStrictEqual(tags, ["AuthorizationDenied", "UnknownAttempt"])
    }
  )

  const options: Partial<Options> = { onFailed: () => "/?denied" }

  itOnSite("a path that it returns is where a tab goes on", options, alone, async (site) => {
    const browser = new Browser()
    const { location } = await browser.open(site.at(beginPath))
    assert(location !== undefined)
    const answer = await browser.open(denied(location))
    assert.strictEqual(answer.status, 303)
    assert.strictEqual(answer.headers.location, "/?denied")
    assert.isEmpty(bindingCookies(browser))
  })

  itOnSite("a page that asked by fetch is told how it ended all the same", options, alone, async (site) => {
    const browser = new Browser()
    const { authorizationUrl } = await begunByFetch(site, browser)
    const answer = await browser.open(denied(authorizationUrl), { method: "POST", headers: json })
    assert.strictEqual(answer.status, 403)
    assert.strictEqual(JSON.parse(answer.text).outcome, "denied")
  })

  itOnSite("a popup's opener is told how it ended all the same", options, alone, async (site) => {
    const browser = new Browser()
    const { location } = await browser.open(site.at(`${beginPath}?display=popup`))
    assert(location !== undefined)
    const page = await browser.visit(denied(location))
    assert.strictEqual(page.title, "You did not allow it")
    assert.strictEqual(page.url.search, "?outcome=denied&display=popup")
  })
})

describe("what onSignedIn throws", () => {
  itOnSite(
    "goes to the app's own error handler",
    {
      onSignedIn: async () => {
        throw new Error("no database")
      }
    },
    onExpress(),
    async (site) => {
      const browser = new Browser()
      const answer = await browser.open(await begun(site, browser))
      assert.strictEqual(answer.status, 500)
      assert.strictEqual(answer.text, "no database")
    }
  )

  const keys: Array<string> = []
  itOnSite(
    "is printed without the key, and the user gets a page, where there is no next",
    {
      onSignedIn: ({ key }) => {
        keys.push(key)
        throw new Error(`duplicate value: ${key}`)
      }
    },
    alone,
    async (site) => {
      const print = vi.spyOn(console, "error").mockImplementation(() => {})
      const browser = new Browser()
      const page = await browser.visit(await begun(site, browser))
      assert.strictEqual(page.title, "Something went wrong here")
      const printed = print.mock.calls.flat().join()
      print.mockRestore()
      assert.include(printed, "duplicate value")
      assert.lengthOf(keys, 1)
      for (const key of keys) assert.notInclude(printed, key)
    }
  )
})

describe("subjectOf", () => {
  itOnSite(
    "only the user who began completes",
    {
      subjectOf: (req) => /user=(\w+)/.exec(req.headers.cookie ?? "")?.[1],
      onSignedIn: ({ subject = "" }, _req, res) =>
        void res.writeHead(303, { location: "/", "x-subject": subject }).end()
    },
    alone,
    async (site) => {
      const browser = new Browser()
      browser.cookies.set("user", "alice")
      const callback = await begun(site, browser)
      browser.cookies.set("user", "mallory")
      assert.strictEqual((await browser.visit(callback)).title, "Another user began this sign-in")
      browser.cookies.set("user", "alice")
      assert.strictEqual((await browser.open(callback)).headers["x-subject"], "alice")
    }
  )
})

describe("client", () => {
  const asked: Array<string> = []
  itOnSite(
    "takes plain strings and milliseconds",
    {
      client: {
        apiKey: "sk-or-v1-plain",
        timeoutMs: 10_000,
        fetch: async (input, init) => {
          asked.push(new Headers(init?.headers).get("authorization") ?? "")
          return fetch(input, init)
        }
      },
      onSignedIn: showKey
    },
    alone,
    async (site) => {
      const browser = new Browser()
      const answer = await browser.open(await begun(site, browser))
      assert.match(String(answer.headers["x-key"]), /^sk-or-/)
      assert.deepStrictEqual(asked, ["Bearer sk-or-v1-plain"])
    }
  )

  it("throws what is wrong with its options", () => {
    const callbackUrl = "https://app.example/auth/openrouter/callback"
    assert.throws(() => toMiddleware({ callbackUrl, client: { baseUrl: "ftp://nowhere" } }), InvalidRequest)
  })
})
