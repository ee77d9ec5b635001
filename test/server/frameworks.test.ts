/** The same routes on the servers that people have. */
import type * as Http from "node:http"
import { inspect } from "node:util"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import { getRequestListener } from "@hono/node-server"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { SignIn } from "effect-openrouter-oauth/SignIn"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
import express from "express"
import { Hono } from "hono"
import { spansOf } from "../util/tracing.js"
import {
  assertPrivate,
  Browser,
  begun,
  bindingCookies,
  denied,
  type Site,
  signInLayer,
  startSite,
  toNode
} from "./support.js"

/** Where the routes are, the path of begin among it. */
type Place = (origin: string) => SignInRoutes.Settings & { readonly beginPath: string }

/** Puts the routes of these settings on a server. */
type StartWith = (
  settings: SignInRoutes.Settings,
  server: Http.Server,
  baseUrl: string
) => Effect.Effect<void, never, Scope.Scope>

const running = (start: StartWith, settings: Place) =>
  startSite((server, origin, baseUrl) => start(settings(origin), server, baseUrl))

const signsIn = async (site: Site, beginPath: string) => {
  const browser = new Browser()
  const first = await begun(site, browser, `${beginPath}?returnTo=/settings`)
  const second = await begun(site, browser, `${beginPath}?returnTo=/other`)
  assert.lengthOf(bindingCookies(browser), 2)
  const answer = await browser.open(second)
  assert.strictEqual(answer.headers.location, "/other")
  assertPrivate(answer, "success")
  assert.lengthOf(bindingCookies(browser), 1)
  assert.strictEqual((await browser.open(first)).headers.location, "/settings")
  assert.isEmpty(bindingCookies(browser))

  const { location } = await browser.open(site.at(beginPath))
  assert(location !== undefined)
  const page = await browser.visit(denied(location))
  assert.strictEqual(page.title, "You did not allow it")
  assertPrivate(page, "denied")

  const stray = await new Browser().visit(await begun(site, browser, beginPath))
  assert.strictEqual(stray.status, 403)
  const head = await browser.open(site.at(beginPath), { method: "HEAD" })
  assert.strictEqual(head.status, 405)
  const refused = await browser.open(site.at(beginPath), { headers: { "sec-fetch-site": "cross-site" } })
  assert.strictEqual(refused.status, 403)
  assert.include(refused.text, `href="${beginPath}"`)
  assert.strictEqual(site.exchanges(), 2)
}

const atRoot: Place = (origin) => ({
  callbackUrl: `${origin}/auth/openrouter/callback`,
  beginPath: "/auth/openrouter"
})

const below: Place = (origin) => ({
  callbackUrl: `${origin}/app/auth/openrouter/callback`,
  beginPath: "/app/auth/openrouter",
  prefix: "/app"
})

const webHandler = (settings: SignInRoutes.Settings, baseUrl: string) =>
  Effect.acquireRelease(
    Effect.sync(() => SignInRoutes.toWebHandlerLayer(settings, signInLayer(baseUrl))),
    ({ dispose }) => Effect.promise(dispose)
  )

const routed =
  (place: (routes: HttpRouter.HttpRouter<never, SignIn>) => HttpRouter.HttpRouter<never, SignIn>): StartWith =>
  (settings, server, baseUrl) =>
    Effect.gen(function* () {
      const routes = yield* SignInRoutes.router(settings)
      const app = place(routes).pipe(Effect.catchTag("RouteNotFound", () => HttpServerResponse.empty({ status: 404 })))
      const context = yield* Layer.build(signInLayer(baseUrl))
      server.on("request", yield* Effect.provide(NodeHttpServer.makeHandler(app), context))
    }).pipe(Effect.orDie)

/** An adapter written by hand, as apps have them around a web handler. */
const toExpress =
  (handler: (request: Request) => Promise<Response>): express.RequestHandler =>
  async (request, response) => {
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)])
    // The host does not matter: the callback URL comes from configuration. originalUrl has the path that `use` took off.
    const url = new URL(request.originalUrl, "http://localhost")
    const answer = await handler(new Request(url, { method: request.method, headers }))
    response.status(answer.status)
    for (const [name, value] of answer.headers) response.setHeader(name, value)
    // More than one cookie may be set.
    const cookies = answer.headers.getSetCookie()
    if (cookies.length > 0) response.setHeader("set-cookie", cookies)
    response.end(Buffer.from(await answer.arrayBuffer()))
  }

const servers: ReadonlyArray<readonly [name: string, settings: Place, start: StartWith]> = [
  ["node:http, by the HttpRouter", atRoot, routed((routes) => HttpRouter.concat(HttpRouter.empty, routes))],
  [
    "the HttpRouter, mounted below a prefix",
    below,
    routed((routes) => HttpRouter.empty.pipe(HttpRouter.mount("/app", routes)))
  ],
  ["the HttpRouter, prefixed", below, routed((routes) => HttpRouter.prefixAll(routes, "/app"))],
  [
    "node:http, by the web handler",
    atRoot,
    (settings, server, baseUrl) =>
      Effect.map(webHandler(settings, baseUrl), ({ handler }) => void server.on("request", toNode(handler)))
  ],
  [
    "Express",
    atRoot,
    (settings, server, baseUrl) =>
      Effect.map(webHandler(settings, baseUrl), ({ handler }) => {
        const app = express()
        app.use("/auth/openrouter", toExpress(handler))
        server.on("request", app)
      })
  ],
  [
    "Express, mounted below a prefix that it strips",
    below,
    (settings, server, baseUrl) =>
      Effect.map(webHandler(settings, baseUrl), ({ handler }) => {
        const app = express()
        app.use("/app", toNode(handler))
        server.on("request", app)
      })
  ],
  [
    "Hono",
    atRoot,
    (settings, server, baseUrl) =>
      Effect.map(webHandler(settings, baseUrl), ({ handler }) => {
        const app = new Hono()
        app.all("/auth/openrouter/*", (context) => handler(context.req.raw))
        server.on("request", getRequestListener(app.fetch, { overrideGlobalObjects: false }))
      })
  ]
]

describe("signs in, twice at once, and refuses what it should, on", () => {
  for (const [name, settings, start] of servers) {
    it.scopedLive(name, () =>
      Effect.flatMap(running(start, settings), (site) =>
        Effect.promise(() => signsIn(site, settings(site.origin).beginPath))
      )
    )
  }
})

it.scopedLive("the platform's logger and tracer learn neither code nor binding, verifier or key", () =>
  Effect.gen(function* () {
    const logged: Array<unknown> = []
    const verifiers: Array<string> = []
    const keys: Array<string> = []
    let site: Site | undefined
    const browser = new Browser()
    const spans = yield* spansOf(
      Effect.gen(function* () {
        site = yield* running(
          (settings, server, baseUrl) =>
            Effect.gen(function* () {
              const routes = yield* SignInRoutes.router({
                ...settings,
                onSignedIn: ({ key }) =>
                  Effect.sync(() => {
                    keys.push(Redacted.value(key))
                    return HttpServerResponse.redirect("/", { status: 303 })
                  })
              })
              const app = HttpRouter.empty.pipe(
                HttpRouter.get("/", HttpServerResponse.text("home")),
                HttpRouter.concat(routes)
              )
              const context = yield* Layer.build(signInLayer(baseUrl))
              server.on(
                "request",
                yield* Effect.provide(NodeHttpServer.makeHandler(app, HttpMiddleware.logger), context)
              )
            }).pipe(Effect.orDie),
          atRoot
        )
        const at = site
        yield* Effect.promise(async () => {
          const callback = await begun(at, browser)
          const cookie = [...browser.cookies.values()].join()
          verifiers.push(cookie, cookie.split(".")[1] ?? "", callback.searchParams.get("code") ?? "")
          // A failure, a success, one that is over, and a page of the app's own, so that silence proves something.
          await new Browser().visit(callback)
          await browser.visit(callback)
          await browser.visit(callback)
        })
      })
    ).pipe(
      Effect.provide(
        Layer.merge(
          Logger.replace(
            Logger.defaultLogger,
            Logger.make(({ annotations, cause, message }) =>
              logged.push(message, [...annotations].map(String), Cause.pretty(cause))
            )
          ),
          Logger.minimumLogLevel(LogLevel.All)
        )
      )
    )
    const told = Inspectable.toStringUnknown(
      // What a span was a success with is the response, cookies included.
      spans.map(({ attributes, name, told }) => [name, [...attributes], told.map((one) => inspect(one, { depth: 12 }))])
    )
    const lines = Inspectable.toStringUnknown(logged)
    assert.include(told, "/auth/openrouter/callback", "the requests are traced")
    assert.include(lines, "/")
    assert.include(lines, "http.url")
    assert.notInclude(lines, "/auth/openrouter")
    assert.lengthOf(keys, 1)
    for (const secret of [...verifiers, ...keys]) {
      assert.isAbove(secret.length, 20)
      assert.notInclude(told, secret)
      assert.notInclude(lines, secret)
    }
    assert.notInclude(told, "code=")
  })
)
