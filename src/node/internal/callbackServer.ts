/**
 * The loopback server that the browser comes back to, for one sign-in (RFC 8252, section 7.3). It passes navigations of a browser to the
 * handler, and refuses all other requests.
 */
import * as Http from "node:http"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as FiberSet from "effect/FiberSet"
import * as Scope from "effect/Scope"
import * as CallbackPage from "../../internal/callbackPage.js"
import type { PortUnavailable } from "../../internal/PortUnavailable.js"
import { listen, portUnavailable } from "./listen.js"

/** The program's own HTML instead of a page. */
export interface OwnHtml {
  readonly status: number
  readonly html: string
}

export type Reply = CallbackPage.Page | OwnHtml | { readonly redirect: URL; readonly cookies: ReadonlyArray<string> }

export interface Navigation {
  /** `start`: the address that was shown and opened. `callback`: the address that OpenRouter redirects to. */
  readonly to: "start" | "callback"
  /** The whole URL of the request. */
  readonly url: string
  readonly cookies: ReadonlyMap<string, string>
}

export interface Answer {
  readonly reply: Reply
  /** Runs when the reply is sent, or the browser is gone. `delivered` says which. */
  readonly afterwards?: ((delivered: boolean) => Effect.Effect<void>) | undefined
}

export type Handler = (navigation: Navigation) => Effect.Effect<Answer>

export interface CallbackServer {
  /** `http://127.0.0.1:PORT/`, with the host of the options. It holds nothing secret. */
  readonly startUrl: string
  readonly callbackUrl: string
  readonly port: number
  /** Passes every navigation to the handler from now on. */
  readonly handle: (handler: Handler) => Effect.Effect<void>
}

export interface Options {
  readonly operation: string
  readonly host: "127.0.0.1" | "localhost"
  /** The ports to try, in order. 0 picks a free one. */
  readonly ports: ReadonlyArray<number>
  readonly path: string
  readonly appName?: string | undefined
  /** How long a socket may take to send a complete request, in milliseconds. Defaults to 10,000. */
  readonly requestTimeout?: number | undefined
}

/** How long a socket may take to send a complete request, in milliseconds. */
export const defaultRequestTimeout = 10_000

const notHere: CallbackPage.Page = {
  status: 404,
  title: "Nothing here",
  text: "This address only receives a sign-in."
}

/** Listens on an address and a port until the scope ends, and returns the port. */
type ListenOn = (host: string, port: number) => Effect.Effect<number, NodeJS.ErrnoException, Scope.Scope>

const listenWith =
  (requestTimeout: number, onRequest: Http.RequestListener): ListenOn =>
  (host, port) =>
    Effect.suspend(() => {
      const server = Http.createServer(
        {
          maxHeaderSize: 16 * 1024,
          headersTimeout: requestTimeout,
          requestTimeout,
          // Node looks for late sockets twice a minute by default.
          connectionsCheckingInterval: Math.min(1000, requestTimeout)
        },
        onRequest
      )
      return listen(server, host, port)
    })

const isAbsent = ({ code }: NodeJS.ErrnoException): boolean => code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT"

/** If it fails, closes at once what it has opened. */
const allOrNothing = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E, Scope.Scope> =>
  Effect.scopeWith((scope) =>
    Effect.flatMap(Scope.fork(scope, ExecutionStrategy.sequential), (own) =>
      effect.pipe(
        Scope.extend(own),
        Effect.onExit((exit) => (exit._tag === "Failure" ? Scope.close(own, exit) : Effect.void))
      )
    )
  )

/** How often another port is picked: one that is free on IPv4 may be taken on IPv6. */
const picks = 5

/** Listens on 127.0.0.1 and ::1: browsers may resolve `localhost` to either, so no other program may have the port on one of them. */
const listenOnLocalhost = (
  listenOn: ListenOn,
  port: number
): Effect.Effect<number, NodeJS.ErrnoException, Scope.Scope> => {
  const both = Effect.flatMap(listenOn("127.0.0.1", port), (actual) =>
    listenOn("::1", actual).pipe(Effect.catchIf(isAbsent, () => Effect.succeed(actual)))
  ).pipe(
    Effect.catchIf(isAbsent, () => listenOn("::1", port)),
    allOrNothing
  )
  return port === 0 ? Effect.retry(both, { times: picks, while: ({ code }) => code === "EADDRINUSE" }) : both
}

const cookiesOf = (header: string | undefined): ReadonlyMap<string, string> =>
  new Map(
    (header ?? "").split(";").flatMap((pair) => {
      const [name = "", value] = pair.trim().split("=", 2)
      return value === undefined ? [] : [[name, value] as const]
    })
  )

/** Refuses a request whose Host header does not name this server. */
const refusal = (request: Http.IncomingMessage, host: string): CallbackPage.Page | undefined => {
  const hosts = request.headersDistinct.host ?? []
  if (hosts.length !== 1 || hosts[0] !== host) {
    return { status: 421, title: "Nothing here", text: "This address only answers under its own name." }
  }
  return undefined
}

/**
 * Whether a person navigates to this page. Browsers that send these headers tell it apart from a page that is loaded by another page. The
 * start address reveals nothing, so programs, which only send the mode, may request it too.
 */
const isNavigation = ({ headers }: Http.IncomingMessage, to: Navigation["to"]): boolean =>
  (headers["sec-fetch-dest"] ?? "document") === "document" &&
  (to === "start" || (headers["sec-fetch-mode"] ?? "navigate") === "navigate")

const refusalOfMethod = (request: Http.IncomingMessage, to: Navigation["to"]): CallbackPage.Page | undefined => {
  if (request.method !== "GET") {
    return { status: 405, title: "Nothing here", text: "A sign-in only comes back with GET." }
  }
  if (CallbackPage.isPrefetch((name) => request.headers[name])) {
    return { status: 503, title: "Not in advance", text: "Open this page to go on with the sign-in." }
  }
  if (!isNavigation(request, to)) {
    return {
      status: 403,
      title: "Not inside another page",
      text: "A sign-in only comes back in a tab of its own. Open this page in a tab."
    }
  }
  return undefined
}

const send = (response: Http.ServerResponse, reply: Reply, appName: string | undefined, method?: string): void => {
  const body = (headers: Http.OutgoingHttpHeaders, status: number, html: string) => {
    response.writeHead(status, { ...headers, "content-type": CallbackPage.contentType, connection: "close" })
    response.end(method === "HEAD" ? undefined : CallbackPage.withScript(html))
  }
  if ("redirect" in reply) {
    response.writeHead(302, {
      ...CallbackPage.headers,
      "set-cookie": [...reply.cookies],
      location: reply.redirect.href,
      connection: "close"
    })
    response.end()
  } else if ("html" in reply) {
    body(CallbackPage.headersOfOwnHtml, reply.status, reply.html)
  } else {
    const allow = reply.status === 405 ? { allow: "GET" } : {}
    body({ ...CallbackPage.headersWithScript, ...allow }, reply.status, CallbackPage.html({ appName, ...reply }))
  }
}

/** Sends a reply. Returns whether the browser got all of it. */
const deliver = (response: Http.ServerResponse, write: () => void): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    if (response.destroyed) return resume(Effect.succeed(false))
    response.once("finish", () => resume(Effect.succeed(true)))
    response.once("close", () => resume(Effect.succeed(false)))
    write()
  })

/**
 * Listens on the first free port of the list until the scope ends: on 127.0.0.1, or on ::1 if there is no IPv4 loopback; for `localhost` on
 * both.
 */
export const make = (options: Options): Effect.Effect<CallbackServer, PortUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const { appName, host, operation, path, ports, requestTimeout = defaultRequestTimeout } = options
    // A handler that still runs when the sign-in ends is interrupted with it.
    const run = yield* FiberSet.makeRuntime<never>()
    let handler: Handler = () => Effect.succeed({ reply: notHere })
    let authority = ""

    const onRequest = (request: Http.IncomingMessage, response: Http.ServerResponse) => {
      request.resume()
      const target = request.url ?? ""
      const to = target === "/" ? "start" : target === path || target.startsWith(`${path}?`) ? "callback" : undefined
      const refused = refusal(request, authority) ?? (to === undefined ? notHere : refusalOfMethod(request, to))
      if (refused !== undefined || to === undefined) {
        return send(response, refused ?? notHere, appName, request.method)
      }
      const navigation = {
        to,
        url: `http://${authority}${target}`,
        cookies: cookiesOf(request.headers.cookie)
      } as const
      run(
        Effect.flatMap(handler(navigation), ({ afterwards, reply }) =>
          Effect.flatMap(
            deliver(response, () => send(response, reply, appName)),
            afterwards ?? (() => Effect.void)
          )
        )
      )
    }

    const listenOn = listenWith(requestTimeout, onRequest)
    const listenOnPort = (port: number): Effect.Effect<string, NodeJS.ErrnoException, Scope.Scope> => {
      if (host === "localhost") return Effect.map(listenOnLocalhost(listenOn, port), (actual) => `localhost:${actual}`)
      return Effect.map(listenOn("127.0.0.1", port), (actual) => `127.0.0.1:${actual}`).pipe(
        Effect.catchIf(isAbsent, () => Effect.map(listenOn("::1", port), (actual) => `[::1]:${actual}`))
      )
    }

    const listening = yield* Effect.firstSuccessOf(ports.map(listenOnPort)).pipe(
      Effect.mapError(portUnavailable(operation, host, ports))
    )
    // Browsers leave port 80 out of Host.
    const { host: withoutDefaultPort, href: startUrl } = new URL(`http://${listening}`)
    authority = withoutDefaultPort
    return {
      startUrl,
      callbackUrl: `http://${authority}${path}`,
      port: Number(new URL(startUrl).port || "80"),
      handle: (given) =>
        Effect.sync(() => {
          handler = given
        })
    }
  })
