/** Sites with the routes on real sockets, a sandbox to sign in at, and a browser reduced to its cookies. */

import * as Http from "node:http"
import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as Scope from "effect/Scope"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import type { SignedIn } from "effect-openrouter-oauth/PromiseSignIn"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
import { portOf } from "../util/server.js"

export interface Answer {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly setCookie: ReadonlyArray<string>
  readonly text: string
  /** Where it redirects to, resolved. */
  readonly location: URL | undefined
  /** The heading of a page. */
  readonly title: string | undefined
}

interface Sending {
  readonly method?: string
  readonly headers?: Record<string, string>
}

/** One request as it is: no redirect followed, no header added. */
export const send = (url: URL, { headers = {}, method = "GET" }: Sending = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = Http.request(url, { method, headers, agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk
      })
      response.on("end", () => {
        const { location } = response.headers
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          setCookie: response.headers["set-cookie"] ?? [],
          text,
          location: location === undefined ? undefined : new URL(location, url),
          title: /<h1>(.*?)<\/h1>/.exec(text)?.[1]
        })
      })
    })
    request.on("error", reject)
    request.end()
  })

/** What a browser remembers: the cookies of one site, whatever its port. */
export class Browser {
  readonly cookies = new Map<string, string>()
  /** Every address that was opened. */
  readonly opened: Array<string> = []

  async open(url: URL, { headers, method }: Sending = {}): Promise<Answer> {
    this.opened.push(url.href)
    const cookie = Array.from(this.cookies, ([name, value]) => `${name}=${value}`).join("; ")
    const answer = await send(url, { method: method ?? "GET", headers: { ...(cookie && { cookie }), ...headers } })
    for (const line of answer.setCookie) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/; (?:Max-Age=0|Expires=Thu, 01 Jan 1970 00:00:00 GMT)(?:;|$)/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return answer
  }

  /** Follows redirects until there is a page. */
  async visit(url: URL): Promise<Answer & { readonly url: URL }> {
    const answer = await this.open(url)
    return answer.location === undefined ? { ...answer, url } : this.visit(answer.location)
  }
}

export interface Site {
  readonly origin: string
  readonly sandbox: Sandbox.Service
  /** The sandbox's, with /api/v1. */
  readonly baseUrl: string
  /** What the site logged. */
  readonly logged: ReadonlyArray<unknown>
  /** How often a code was sent to OpenRouter. */
  readonly exchanges: () => number
  /** An address of the site. */
  readonly at: (path: string) => URL
}

/** A server on loopback, known by its origin before it answers anything. */
export const listen: Effect.Effect<{ readonly server: Http.Server; readonly origin: string }, never, Scope.Scope> =
  Effect.acquireRelease(
    Effect.async<{ readonly server: Http.Server; readonly origin: string }>((resume) => {
      const server = Http.createServer()
      server.listen(0, "127.0.0.1", () => {
        const port = portOf(server)
        resume(Effect.succeed({ server, origin: `http://127.0.0.1:${port}` }))
      })
    }),
    ({ server }) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

/** What docs/server.md does for Express, for plain node:http. */
export const toNode =
  (handler: (request: Request) => Promise<Response>) =>
  async (request: Http.IncomingMessage, response: Http.ServerResponse): Promise<void> => {
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)])
    const answer = await handler(
      new Request(new URL(request.url ?? "/", "http://localhost"), { method: request.method ?? "GET", headers })
    )
    response.statusCode = answer.status
    for (const [name, value] of answer.headers) response.setHeader(name, value)
    const cookies = answer.headers.getSetCookie()
    if (cookies.length > 0) response.setHeader("set-cookie", cookies)
    response.end(Buffer.from(await answer.arrayBuffer()))
  }

export interface SiteOptions extends Partial<SignInRoutes.WebOptions> {
  readonly sandbox?: Sandbox.Options | undefined
  /** Where browsers think the site is; the server's own address unless said otherwise. */
  readonly publicOrigin?: string | undefined
  readonly client?: OAuthClient.Options | undefined
  readonly store?: Layer.Layer<PendingSignIns.PendingSignIns> | undefined
  readonly fetch?: Layer.Layer<never> | undefined
}

/** The flow over fetch, without patience: what fails is not tried again. */
export const signInLayer = (
  baseUrl: string,
  { client = {}, fetch = Layer.empty, store = PendingSignIns.layerMemory }: SiteOptions = {}
) =>
  SignIn.layer.pipe(
    Layer.provide([OAuthClient.layerFetch({ baseUrl, ...client }), store]),
    Layer.provide([RetryPolicy.layer(RetryPolicy.none), fetch])
  )

/** A sandbox that consents by itself. */
const startSandbox = (options: Sandbox.Options = {}) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(SandboxNode.layerServer({ approve: true, ...options }))
    const { baseUrl } = yield* Effect.provide(SandboxNode.SandboxServer, context)
    const sandbox = yield* Effect.provide(Sandbox.Sandbox, context)
    return { baseUrl, sandbox, exchanges: () => Effect.runSync(sandbox.requests.count("exchangeAuthCodeForAPIKey")) }
  })

const placed = (origin: string) => ({ origin, at: (path: string) => new URL(path, origin) })

/** The web handler on node:http, and a sandbox that consents by itself. */
export const site = (options: SiteOptions = {}): Effect.Effect<Site, SandboxNode.PortUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const { client, fetch, publicOrigin, sandbox: sandboxOptions, store, ...web } = options
    const sandboxed = yield* startSandbox(sandboxOptions)
    const { origin, server } = yield* listen
    const logged: Array<unknown> = []
    const { dispose, handler } = SignInRoutes.toWebHandlerLayer(
      { callbackUrl: `${publicOrigin ?? origin}/auth/openrouter/callback`, ...web },
      Layer.merge(
        signInLayer(sandboxed.baseUrl, { client, fetch, store }),
        Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ cause, message }) => void logged.push(message, Cause.pretty(cause)))
        )
      )
    )
    yield* Effect.addFinalizer(() => Effect.promise(dispose))
    server.on("request", toNode(handler))
    return { ...sandboxed, ...placed(origin), logged }
  })

/** A test on a site of its own. */
export const itOnSite = (name: string, options: SiteOptions, body: (site: Site) => Promise<void>) =>
  it.scopedLive(name, () => Effect.flatMap(site(options), (running) => Effect.promise(() => body(running))))

/** Puts the routes on a server that listens already. */
export type Start = (server: Http.Server, origin: string, baseUrl: string) => Effect.Effect<void, never, Scope.Scope>

/** A site whose server is put together by the test, and a sandbox that consents by itself. */
export const startSite = (start: Start): Effect.Effect<Site, SandboxNode.PortUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const sandboxed = yield* startSandbox()
    const { origin, server } = yield* listen
    yield* start(server, origin, sandboxed.baseUrl)
    return { ...sandboxed, ...placed(origin), logged: [] }
  })

/** Begins, consents on OpenRouter's page, and stops before the callback, at the site's own socket. */
export const begun = async (
  { at, origin }: Pick<Site, "at" | "origin">,
  browser: Browser,
  path = "/auth/openrouter"
): Promise<URL> => {
  const begin = await browser.open(at(path))
  assert.strictEqual(begin.status, 303, begin.text)
  assert(begin.location !== undefined)
  const consented = await send(begin.location)
  assert.strictEqual(consented.status, 303)
  assert(consented.location !== undefined)
  return new URL(`${consented.location.pathname}${consented.location.search}`, origin)
}

/** What a script asks the routes for. */
export const json = { accept: "application/json" }

/** Begins by `fetch`, consents, and stops before the callback. */
export const begunByFetch = async ({ at }: Pick<Site, "at">, browser: Browser, path = "/auth/openrouter") => {
  const begin = await browser.open(at(path), { method: "POST", headers: json })
  assert.strictEqual(begin.status, 200, begin.text)
  const authorizationUrl = new URL(JSON.parse(begin.text).authorizationUrl)
  const { location } = await send(authorizationUrl)
  assert(location !== undefined)
  return { begin, authorizationUrl, callback: location }
}

/**
 * The callback of a user who presses Deny, as OpenRouter's page sends it; `bare` without a word. These sandboxes approve by
 * themselves, so their page cannot be asked for it: `sandbox/authorize.test.ts` shows that it sends the same.
 */
export const denied = (authorizationUrl: URL, kind: "error" | "bare" = "error"): URL => {
  const url = new URL(authorizationUrl.searchParams.get("callback_url") ?? "")
  if (kind === "error") url.searchParams.set("error", "access_denied")
  return url
}

export const bindingCookies = ({ cookies }: Browser): ReadonlyArray<string> =>
  [...cookies.keys()].filter((name) => name.includes("openrouter-sign-in-"))

/** The labels of the keys that the sandbox issued. */
export const issued = ({ sandbox }: Site): ReadonlyArray<string> =>
  Effect.runSync(Effect.map(sandbox.keys.all, (keys) => keys.slice(1).map(({ label }) => label)))

/** Answers with the key, so that a test sees who got which. */
export const showKey = async ({ key }: SignedIn): Promise<Response> =>
  new Response(null, { status: 303, headers: { location: "/", "x-key": key } })

export const assertPrivate = ({ headers, status }: Answer, what: string) => {
  assert.strictEqual(headers["cache-control"], "no-store", what)
  assert.strictEqual(headers["referrer-policy"], "no-referrer", what)
  assert.strictEqual(headers["x-content-type-options"], "nosniff", what)
  assert.match(String(headers["content-security-policy"]), /^default-src 'none'; style-src 'sha256-/, what)
  assert.isEmpty(
    Object.keys(headers).filter((name) => name.startsWith("access-control-")),
    what
  )
  assert.isAbove(status, 199)
}
