/** The routes as a middleware of Node's servers. */
import type * as Http from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { toMiddleware } from "effect-openrouter-oauth/node/NodeSignInRoutes"
import { InvalidRequest } from "effect-openrouter-oauth/OAuthError"
import type { SignedIn } from "effect-openrouter-oauth/PromiseSignIn"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import express from "express"
import { vi } from "vitest"
import { assertPrivate, Browser, begun, bindingCookies, denied, listen, type Site, send } from "../server/support.js"

type Start = (server: Http.Server, origin: string, baseUrl: string) => () => Promise<void>

const running = (start: Start) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(SandboxNode.layerServer({ approve: true }))
    const { baseUrl } = yield* Effect.provide(SandboxNode.SandboxServer, context)
    const sandbox = yield* Effect.provide(Sandbox.Sandbox, context)
    const { origin, server } = yield* listen
    const dispose = start(server, origin, baseUrl)
    yield* Effect.addFinalizer(() => Effect.promise(dispose))
    const site: Site = {
      origin,
      baseUrl,
      sandbox,
      logged: [],
      exchanges: () => Effect.runSync(sandbox.requests.count("exchangeAuthCodeForAPIKey")),
      at: (path) => new URL(path, origin)
    }
    return site
  })

const itOnSite = (name: string, start: Start, body: (site: Site) => Promise<void>) =>
  it.scopedLive(name, () => Effect.flatMap(running(start), (site) => Effect.promise(() => body(site))))

const callbackUrlOf = (origin: string) => `${origin}/auth/openrouter/callback`
const beginPath = "/auth/openrouter"

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

const options = (origin: string, baseUrl: string) => ({ callbackUrl: callbackUrlOf(origin), client: { baseUrl } })

describe("signs in, and leaves other paths to the app, on", () => {
  itOnSite(
    "node:http",
    (server, origin, baseUrl) => {
      const middleware = toMiddleware({ ...options(origin, baseUrl), onSignedIn: showKey })
      server.on("request", (req, res) => middleware(req, res, () => res.end("the app")))
      return middleware.dispose
    },
    signsIn
  )

  for (const mount of [undefined, "/auth", "/auth/openrouter"]) {
    itOnSite(
      mount === undefined ? "Express" : `Express, mounted at ${mount}`,
      (server, origin, baseUrl) => {
        const middleware = toMiddleware({ ...options(origin, baseUrl), onSignedIn: showKey })
        const app = express()
        if (mount === undefined) app.use(middleware)
        else app.use(mount, middleware)
        app.use((_req, res) => void res.end("the app"))
        server.on("request", app)
        return middleware.dispose
      },
      signsIn
    )
  }
})

describe("without options", () => {
  itOnSite(
    "a sign-in ends at returnTo, and other paths at a page, where there is no next",
    (server, origin, baseUrl) => {
      const middleware = toMiddleware(options(origin, baseUrl))
      server.on("request", (req, res) => middleware(req, res))
      return middleware.dispose
    },
    async (site) => {
      const browser = new Browser()
      const answer = await browser.open(await begun(site, browser, `${beginPath}?returnTo=/x`))
      assert.strictEqual(answer.headers.location, "/x")
      assert.strictEqual((await send(site.at("/elsewhere"))).status, 404)
    }
  )

  it("throws what is wrong with the settings", () => {
    assert.throws(() => toMiddleware({ callbackUrl: "nowhere" }), InvalidRequest)
  })
})

describe("the app's part", () => {
  const tags: Array<string> = []
  itOnSite(
    "onFailed answers what it wants to, and leaves the rest to the pages",
    (server, origin, baseUrl) => {
      const middleware = toMiddleware({
        ...options(origin, baseUrl),
        onFailed: (failure, _req, res) => {
          tags.push(failure._tag)
          if (failure._tag === "AuthorizationDenied") res.writeHead(200, { "content-type": "text/plain" }).end("no key")
        }
      })
      server.on("request", (req, res) => middleware(req, res))
      return middleware.dispose
    },
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

  itOnSite(
    "what onSignedIn throws goes to the app's own error handler",
    (server, origin, baseUrl) => {
      const middleware = toMiddleware({
        ...options(origin, baseUrl),
        onSignedIn: async () => {
          throw new Error("no database")
        }
      })
      const app = express()
      app.use(middleware)
      const onError: express.ErrorRequestHandler = (error, _req, res, _next) => void res.status(500).end(error.message)
      app.use(onError)
      server.on("request", app)
      return middleware.dispose
    },
    async (site) => {
      const browser = new Browser()
      const answer = await browser.open(await begun(site, browser))
      assert.strictEqual(answer.status, 500)
      assert.strictEqual(answer.text, "no database")
    }
  )

  const keys: Array<string> = []
  itOnSite(
    "without a next the user gets a page, and the error is printed without the key",
    (server, origin, baseUrl) => {
      const middleware = toMiddleware({
        ...options(origin, baseUrl),
        onSignedIn: ({ key }) => {
          keys.push(key)
          throw new Error(`duplicate value: ${key}`)
        }
      })
      server.on("request", (req, res) => middleware(req, res))
      return middleware.dispose
    },
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

  const user = (req: Http.IncomingMessage) => /user=(\w+)/.exec(req.headers.cookie ?? "")?.[1]
  itOnSite(
    "subjectOf: only the user who began completes",
    (server, origin, baseUrl) => {
      const middleware = toMiddleware({
        ...options(origin, baseUrl),
        subjectOf: user,
        onSignedIn: ({ subject = "" }, _req, res) =>
          void res.writeHead(303, { location: "/", "x-subject": subject }).end()
      })
      server.on("request", (req, res) => middleware(req, res))
      return middleware.dispose
    },
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
