/**
 * `server/SignInRoutes` as a middleware for `node:http`, Express 4 and 5, and Connect. Plain async code: keys are plain strings.
 *
 * @since 0.1.0
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { toWeb } from "@effect/platform/HttpServerResponse"
import { privateHeaders } from "../internal/callbackPage.js"
import { cleaner } from "../internal/redact.js"
import type { SignedIn } from "../PromiseSignIn.js"
import * as Answers from "../server/internal/answers.js"
import { routeOf } from "../server/internal/flow.js"
import { makeStandalone } from "../server/internal/standalone.js"
import type { SignInFailure, StandaloneOptions } from "../server/SignInRoutes.js"

/**
 * Options of `toMiddleware`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<Req extends IncomingMessage = IncomingMessage, Res extends ServerResponse = ServerResponse>
  extends Omit<StandaloneOptions, "onSignedIn" | "onFailed" | "subjectOf"> {
  /**
   * Called after a completed sign-in: keep the key on the server and make a new session. Return where to go on, such as `/settings`: a
   * tab is redirected, a page that asked by `fetch` gets JSON, and a popup window closes. Or answer by `res` yourself, on which the
   * cookies and headers of the route are set already, and return nothing.
   *
   * Defaults to a redirect to `returnTo`, or to `/`. What it throws goes to `next`. If there is no `next`, the user sees a page, and the
   * error is printed without the key.
   */
  readonly onSignedIn?: ((signedIn: SignedIn, req: Req, res: Res) => unknown) | undefined
  /**
   * Called after a failed sign-in. Return where to go on, such as `/settings?denied`: a tab is redirected, while a page that asked by
   * `fetch` and the opener of a popup window are told what happened. Or answer by `res` yourself. Or do neither, for the page of this
   * module, which says what happened and what to do.
   */
  readonly onFailed?: ((failure: SignInFailure, req: Req, res: Res) => unknown) | undefined
  /**
   * Returns the id of the app's user who sent a request, or undefined if nobody is signed in: for apps whose users are signed in already
   * and connect an OpenRouter account. Called at begin and at the callback. A sign-in completes only if both calls return the same, and
   * `onSignedIn` gets it as `subject`. At most 256 characters.
   */
  readonly subjectOf?: ((req: Req) => string | undefined | Promise<string | undefined>) | undefined
}

/**
 * A request handler for `node:http`, Express and Connect.
 *
 * @since 0.1.0
 * @category models
 */
export interface Middleware<
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse
> {
  /** Answers the two routes. Passes other paths to `next`, or answers 404 if there is none. */
  (req: Req, res: Res, next?: (error?: unknown) => void): void
  /** Releases the services. */
  readonly dispose: () => Promise<void>
}

/** What the web handler found out about a request. The app answers it. */
interface Handled<Req> {
  readonly req: Req
  signedIn?: SignedIn
  failure?: SignInFailure
}

/**
 * Makes the middleware. Throws `InvalidRequest`, which names every invalid option.
 *
 * Mount it with or without a path: it reads the path as the browser sent it (`originalUrl`). Put `express-session` before it.
 *
 * @example
 * ```ts
 * import * as Http from "node:http"
 * import { toMiddleware } from "effect-openrouter-oauth/node/NodeSignInRoutes"
 *
 * declare const sessions: { create: (key: string) => Promise<string> }
 *
 * const signIn = toMiddleware({
 *   callbackUrl: "https://app.example/auth/openrouter/callback",
 *   client: { appTitle: "My app" },
 *   onSignedIn: async ({ key, returnTo }, _req, res) => {
 *     const id = await sessions.create(key)
 *     res.appendHeader("set-cookie", `__Host-session=${id}; Path=/; Secure; HttpOnly; SameSite=Lax`)
 *     res.writeHead(303, { location: returnTo ?? "/" }).end()
 *   }
 * })
 *
 * const server = Http.createServer((req, res) => signIn(req, res, () => res.end("Hello")))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const toMiddleware = <
  Req extends IncomingMessage = IncomingMessage,
  Res extends ServerResponse = ServerResponse
>(
  options: Options<Req, Res>
): Middleware<Req, Res> => {
  const { onFailed, onSignedIn, subjectOf, ...rest } = options
  const requests = new WeakMap<Request, Handled<Req>>()
  const { dispose, handler, site } = makeStandalone("toMiddleware", {
    ...rest,
    ...(onSignedIn && {
      // The app answers when the cookies of the route are set.
      onSignedIn: async (signedIn, request) => {
        const handled = requests.get(request)
        if (handled !== undefined) handled.signedIn = signedIn
        return new Response()
      }
    }),
    onFailed: async (failure, request) => {
      const handled = requests.get(request)
      if (handled !== undefined) handled.failure = failure
      return undefined
    },
    ...(subjectOf && {
      subjectOf: async (request) => {
        const handled = requests.get(request)
        return handled && subjectOf(handled.req)
      }
    })
  })

  const answer = async (req: Req, res: Res): Promise<void> => {
    const request = toRequest(req)
    const handled: Handled<Req> = { req }
    requests.set(request, handled)
    const response = await handler(request)
    const { failure, signedIn } = handled
    for (const [name, value] of Object.entries(privateHeaders)) res.setHeader(name, value)
    for (const cookie of response.headers.getSetCookie()) res.appendHeader("set-cookie", cookie)
    if (signedIn !== undefined && onSignedIn !== undefined) {
      const location = await appsAnswer(onSignedIn, signedIn, req, res)
      if (typeof location === "string") await write(res, toWeb(Answers.finished(site, displayOf(req), location)))
      return
    }
    if (failure !== undefined && onFailed !== undefined) {
      const location = await onFailed(failure, req, res)
      if (res.headersSent || res.writableEnded) return
      if (typeof location === "string" && displayOf(req) === "page") {
        await write(res, toWeb(Answers.redirect(location)))
        return
      }
    }
    await write(res, response)
  }

  const appsAnswer = async (
    onSignedIn: NonNullable<Options<Req, Res>["onSignedIn"]>,
    signedIn: SignedIn,
    req: Req,
    res: Res
  ): Promise<unknown> => {
    try {
      return await onSignedIn(signedIn, req, res)
    } catch (error) {
      throw new AppError(error, signedIn.key)
    }
  }

  /** Prints the error without the key, and shows the user the page of a sign-in that broke. */
  const broken = async (error: unknown, req: Req, res: Res): Promise<void> => {
    const [thrown, key] = error instanceof AppError ? [error.thrown, error.key] : [error, ""]
    console.error(`A sign-in with OpenRouter broke: ${cleaner([key])(String(thrown))}`)
    if (res.headersSent) res.destroy()
    else await write(res, toWeb(Answers.ended(site, "broken", displayOf(req))))
  }

  const middleware = (req: Req, res: Res, next?: (error?: unknown) => void): void => {
    if (routeOf(site, Answers.pathOf(addressOf(req))) === undefined && next !== undefined) {
      next()
      return
    }
    answer(req, res).catch((error: unknown) =>
      next === undefined ? broken(error, req, res) : next(error instanceof AppError ? error.thrown : error)
    )
  }
  return Object.assign(middleware, { dispose })
}

/** What the app's `onSignedIn` threw, and the key that must not be printed with it. */
class AppError {
  readonly thrown: unknown
  readonly key: string

  constructor(thrown: unknown, key: string) {
    this.thrown = thrown
    this.key = key
  }
}

/** Returns the address as the browser sent it: Express and Connect remove the path of a mount from `url`. */
const addressOf = (req: IncomingMessage): string => {
  const original = "originalUrl" in req ? req.originalUrl : undefined
  return typeof original === "string" ? original : (req.url ?? "/")
}

const displayOf = (req: IncomingMessage): Answers.Display => Answers.displayOf(addressOf(req), req.headers.accept)

/** Writes a response without its cookies, which are set already. */
const write = async (res: ServerResponse, response: Response): Promise<void> => {
  for (const [name, value] of response.headers) if (name !== "set-cookie") res.setHeader(name, value)
  res.statusCode = response.status
  res.end(Buffer.from(await response.arrayBuffer()))
}

/** The methods that a `Request` can have. The routes refuse all but GET and POST, so any other one becomes OPTIONS. */
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

const toRequest = (req: IncomingMessage): Request => {
  const method = req.method ?? "GET"
  const headers = new Headers()
  for (const [name, value] of Object.entries(req.headers)) {
    // HTTP/2 names the method and the path among the headers.
    if (value !== undefined && !name.startsWith(":")) headers.set(name, String(value))
  }
  const address = addressOf(req)
  // The host is not read: the callback URL comes from the options.
  const url = new URL(`http://localhost${address.startsWith("/") ? address : "/"}`)
  return new Request(url, { method: methods.includes(method) ? method : "OPTIONS", headers })
}
