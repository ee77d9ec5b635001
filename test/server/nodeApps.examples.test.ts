/** `toMiddleware` in the apps that people have: node:http, Express 4 and 5, Connect, each with and without express-session. */
import type * as Http from "node:http"
import { createRequire } from "node:module"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Options, toMiddleware } from "effect-openrouter-oauth/node/NodeSignInRoutes"
import { install } from "./examples.js"
import {
  assertPrivate,
  Browser,
  begun,
  begunByFetch,
  bindingCookies,
  denied,
  json,
  type Site,
  startSite
} from "./support.js"

const folder = "test/server/node-apps"
const load = createRequire(new URL("node-apps/package.json", import.meta.url))

beforeAll(() => install(folder), 120_000)

// Of these packages, as much as is used here: they are not installed where this file is compiled.
interface Session {
  key?: string
  visited?: true
  readonly regenerate: (done: (error?: unknown) => void) => void
}
type Request = Http.IncomingMessage & { readonly session?: Session }
type Next = (error?: unknown) => void
type Handler = (req: Request, res: Http.ServerResponse, next: Next) => void
type ErrorHandler = (error: Error, req: Request, res: Http.ServerResponse, next: Next) => void
interface App {
  (req: Request, res: Http.ServerResponse): void
  readonly use: (handler: Handler | ErrorHandler) => void
}

/** Handlers one after the other, in an app of each kind. */
const kinds: Record<string, (handlers: ReadonlyArray<Handler>, onError: ErrorHandler) => Http.RequestListener> = {
  "node:http": (handlers, onError) => (req, res) => {
    const run = ([first, ...rest]: ReadonlyArray<Handler>): void =>
      first?.(req, res, (error) => (error instanceof Error ? onError(error, req, res, () => {}) : run(rest)))
    run(handlers)
  },
  "Express 4": (handlers, onError) => onApp(load("express-4")(), handlers, onError),
  "Express 5": (handlers, onError) => onApp(load("express-5")(), handlers, onError),
  Connect: (handlers, onError) => onApp(load("connect")(), handlers, onError)
}

const onApp = (app: App, handlers: ReadonlyArray<Handler>, onError: ErrorHandler): Http.RequestListener => {
  for (const handler of handlers) app.use(handler)
  // By its four parameters it is known as one of errors.
  app.use((error: Error, req: Request, res: Http.ServerResponse, next: Next) => onError(error, req, res, next))
  return app
}

const onError: ErrorHandler = (error, _req, res) => {
  res.statusCode = 500
  res.end(`the app's error page: ${error.message}`)
}

type Run = (name: string, options: Partial<Options<Request>>, body: (site: Site) => Promise<void>) => void

/** Tests on an app of a kind, whose last handler tells the key of the session. */
const itOn =
  (kind: string, hasSessions: boolean): Run =>
  (name, options, body) =>
    it.scopedLive(name, () =>
      Effect.gen(function* () {
        const site = yield* startSite((server, origin, baseUrl) =>
          Effect.gen(function* () {
            const middleware = toMiddleware<Request>({
              callbackUrl: `${origin}/auth/openrouter/callback`,
              client: { baseUrl },
              ...options
            })
            yield* Effect.addFinalizer(() => Effect.promise(middleware.dispose))
            const sessions: ReadonlyArray<Handler> = hasSessions
              ? [load("express-session")({ secret: "of this test", resave: false, saveUninitialized: false })]
              : []
            const rest: Handler = ({ session }, res) => {
              if (session !== undefined) session.visited = true
              res.end(`the app: ${session?.key ?? "no key"}`)
            }
            const listener = kinds[kind]?.([...sessions, middleware, rest], onError)
            assert(listener !== undefined)
            server.on("request", listener)
          })
        )
        yield* Effect.promise(() => body(site))
      })
    )

const apps = Object.keys(kinds)

describe.each(apps)("%s, without sessions", (kind) => {
  const itOnApp = itOn(kind, false)

  itOnApp(
    "signs in: onSignedIn gets the key and answers by res",
    {
      onSignedIn: ({ key, returnTo = "/" }, _req, res) => {
        res.appendHeader("set-cookie", "own=1; HttpOnly")
        res.writeHead(303, { location: returnTo, "x-key": key }).end()
      }
    },
    async (site) => {
      const browser = new Browser()
      const answer = await browser.open(await begun(site, browser, "/auth/openrouter?returnTo=/settings"))
      assert.strictEqual(answer.headers.location, "/settings")
      assert.match(String(answer.headers["x-key"]), /^sk-or-/)
      assert.deepStrictEqual([...browser.cookies.keys()], ["own"])
    }
  )

  itOnApp("signs in a page that asks by fetch", { onSignedIn: () => "/connected" }, async (site) => {
    const browser = new Browser()
    const { callback } = await begunByFetch(site, browser)
    const answer = await browser.open(callback, { method: "POST", headers: json })
    assert.deepStrictEqual(JSON.parse(answer.text), { outcome: "signed-in", location: "/connected" })
  })

  itOnApp("leaves other paths to the app", {}, async (site) => {
    for (const path of ["/", "/auth", "/auth/openrouter/other", "/auth/openrouters"]) {
      assert.strictEqual((await new Browser().open(site.at(path))).text, "the app: no key", path)
    }
  })

  itOnApp("says what failed on a page", {}, async (site) => {
    const browser = new Browser()
    const { location } = await browser.open(site.at("/auth/openrouter"))
    assert(location !== undefined)
    const page = await browser.visit(denied(location))
    assert.strictEqual(page.title, "You did not allow it")
    assertPrivate(page, "denied")
    assert.isEmpty(bindingCookies(browser))
  })

  itOnApp(
    "passes what onSignedIn throws to the app",
    {
      onSignedIn: async () => {
        throw new Error("no database")
      }
    },
    async (site) => {
      const browser = new Browser()
      const answer = await browser.open(await begun(site, browser))
      assert.strictEqual(answer.status, 500)
      assert.strictEqual(answer.text, "the app's error page: no database")
    }
  )
})

describe.each(apps)("%s, with express-session", (kind) => {
  itOn(kind, true)(
    "onSignedIn makes a new session, and keeps the key in it",
    {
      onSignedIn: async ({ key }, req) => {
        await new Promise((resolve) => req.session?.regenerate(resolve))
        if (req.session !== undefined) req.session.key = key
        return "/"
      }
    },
    async (site) => {
      const browser = new Browser()
      await browser.open(site.at("/"))
      const before = browser.cookies.get("connect.sid") ?? ""
      const answer = await browser.open(await begun(site, browser))
      assert.strictEqual(answer.status, 303)
      assert.strictEqual(answer.headers.location, "/")
      assert.deepStrictEqual([...browser.cookies.keys()], ["connect.sid"])
      assert.match((await browser.open(site.at("/"))).text, /^the app: sk-or-/)
      // Who knows the id from before the sign-in has nothing.
      browser.cookies.set("connect.sid", before)
      assert.strictEqual((await browser.open(site.at("/"))).text, "the app: no key")
    }
  )
})
