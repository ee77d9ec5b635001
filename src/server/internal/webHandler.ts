/** The routes as a function from `Request` to `Response`. */
import * as Cookies from "@effect/platform/Cookies"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { privateHeaders } from "../../internal/callbackPage.js"
import type { SignedIn } from "../../PromiseSignIn.js"
import type { SignIn } from "../../SignIn.js"
import * as Answers from "./answers.js"
import * as flow from "./flow.js"
import type { SignInFailure } from "./outcomes.js"
import type { Settings, Site } from "./settings.js"

/**
 * Options of `toWebHandlerLayer`: those of `router`, with the web's `Request` and `Response`, keys as plain strings, and promises or
 * Effects.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebOptions<R = never> extends Settings {
  /** See `Options`. */
  readonly onSignedIn?:
    | ((signedIn: SignedIn, request: Request) => Effect.Effect<Response, never, R> | Promise<Response>)
    | undefined
  /** See `Options`. */
  readonly onFailed?:
    | ((
        failure: SignInFailure,
        request: Request
      ) => Effect.Effect<Response | undefined, never, R> | Promise<Response | undefined>)
    | undefined
  /** See `Options`. */
  readonly subjectOf?:
    | ((
        request: Request
      ) => Effect.Effect<string | undefined, never, R> | Promise<string | undefined> | string | undefined)
    | undefined
}

/**
 * A function that answers both routes.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebHandler {
  /**
   * Answers the two routes, and any other path with 404. Rejects if the services cannot be built, for example because a database is
   * down; the next request tries again.
   */
  readonly handler: (request: Request) => Promise<Response>
  /** Releases the services. */
  readonly dispose: () => Promise<void>
}

export const makeWebHandler = <R, E>(
  site: Site,
  { onFailed, onSignedIn, subjectOf }: WebOptions<R>,
  layer: Layer.Layer<SignIn | R, E>
): WebHandler => {
  const answer = (request: Request): Effect.Effect<Response, never, SignIn | R> => {
    const incoming = HttpServerRequest.fromWeb(request)
    const route = flow.routeOf(site, Answers.pathOf(incoming.url))
    if (route === undefined) return Effect.succeed(toResponse(request.method, ours(Answers.notFound(site))))
    const app: flow.App<Response, R> = {
      onSignedIn:
        onSignedIn &&
        inThisContext((signedIn) => onSignedIn({ ...signedIn, key: Redacted.value(signedIn.key) }, request)),
      onFailed: onFailed && inThisContext((failure) => onFailed(failure, request)),
      redirectOf: ({ headers, status }) =>
        Answers.isRedirect(status) ? (headers.get("location") ?? undefined) : undefined,
      replace: ({ headers }, by) => withCookies(HttpServerResponse.toWeb(by), headers.getSetCookie()),
      subject: subjectOf && inThisContext(() => subjectOf(request))
    }
    return Effect.map(route(site, incoming, app), (reply) => toResponse(request.method, reply))
  }

  let current = ManagedRuntime.make(layer)
  return {
    handler: async (request) => {
      const runtime = current
      const exit = await runtime.runPromiseExit(answer(request))
      if (Exit.isSuccess(exit)) return exit.value
      // Only the layer can fail. The next request builds it anew.
      if (Cause.isFailure(exit.cause) && runtime === current) {
        current = ManagedRuntime.make(layer)
        await runtime.dispose()
      }
      throw Cause.squash(exit.cause)
    },
    dispose: () => current.dispose()
  }
}

/** What the app's functions return. */
type Given<A, R> = Effect.Effect<A, never, R> | Promise<A> | A

/**
 * A function of the app's, to be called once, in the asynchronous context of this moment: that of its request, as `AsyncLocalStorage`
 * has it, by which Next.js' `cookies()` and SvelteKit's `getRequestEvent()` know a request. Fibers of several requests that wait for
 * the same thing are resumed in the context of one of them, but a promise's continuation runs in the one in which it was made.
 */
const inThisContext = <Arguments extends ReadonlyArray<unknown>, A, R>(
  appFunction: (...parameters: Arguments) => Given<A, R>
): ((...parameters: Arguments) => Effect.Effect<A, never, R>) => {
  let call: (parameters: Arguments) => void = () => {}
  const given: Promise<Effect.Effect<A, never, R> | A> = new Promise<Arguments>((resolve) => {
    call = resolve
  }).then((parameters) => appFunction(...parameters))
  return (...parameters) =>
    Effect.promise(() => {
      call(parameters)
      return given
    }).pipe(Effect.flatMap((answer) => (Effect.isEffect(answer) ? answer : Effect.succeed(answer))))
}

const ours = (response: HttpServerResponse.HttpServerResponse) => ({ response, cookies: Cookies.empty })

/** Copies the response, because the headers of `Response.redirect` cannot be changed. */
const withCookies = (
  response: Response,
  cookies: ReadonlyArray<string>,
  more: Readonly<Record<string, string>> = {}
) => {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(more)) headers.set(name, value)
  for (const cookie of cookies) headers.append("set-cookie", cookie)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

const toResponse = (method: string, { cookies, response }: flow.Reply<Response>): Response =>
  HttpServerResponse.isServerResponse(response)
    ? HttpServerResponse.toWeb(HttpServerResponse.mergeCookies(response, cookies), { withoutBody: method === "HEAD" })
    : withCookies(response, Cookies.toSetCookieHeaders(cookies), privateHeaders)
