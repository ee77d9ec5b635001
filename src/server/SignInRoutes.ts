/**
 * "Sign in with OpenRouter" on a web server: one route that sends the browser to OpenRouter and one that it comes back to. As an
 * `HttpRouter` for servers of `@effect/platform`, and as a function from `Request` to `Response` for everything else.
 *
 * A cookie remembers which browser began a sign-in. Sessions are the app's own.
 *
 * @since 0.1.0
 * @see https://openrouter.ai/docs/use-cases/oauth-pkce
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import { privateHeaders } from "../internal/callbackPage.js"
import type { InvalidRequest } from "../OAuthError.js"
import type * as SignIn from "../SignIn.js"
import { isRedirect } from "./internal/answers.js"
import * as flow from "./internal/flow.js"
import type { SignInFailure } from "./internal/outcomes.js"
import type { Settings } from "./internal/settings.js"
import * as SettingsOf from "./internal/settings.js"
import { makeStandalone, type StandaloneOptions } from "./internal/standalone.js"
import { makeWebHandler, type WebHandler, type WebOptions } from "./internal/webHandler.js"

export {
  /**
   * Another site sent the browser to the begin route. Nothing was begun.
   *
   * @since 0.1.0
   * @category errors
   */
  CrossSiteBegin,
  /**
   * What can go wrong at either route.
   *
   * @since 0.1.0
   * @category errors
   */
  type SignInFailure
} from "./internal/outcomes.js"

export type {
  /**
   * The paths of the routes, and the options of the keys.
   *
   * @since 0.1.0
   * @category models
   */
  Settings
} from "./internal/settings.js"

export type { StandaloneOptions } from "./internal/standalone.js"
export type { WebHandler, WebOptions } from "./internal/webHandler.js"

/**
 * Options of `router`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<R = never> extends Settings {
  /**
   * Answers a completed sign-in. Keep the key on the server, make a new session, and redirect with status 303: any other answer leaves
   * the used code in the address bar. A script or a popup gets the answer that it expects, with the cookies of yours. Defaults to a
   * redirect to `returnTo`, or to `/`.
   */
  readonly onSignedIn?:
    | ((
        signedIn: SignIn.SignedIn,
        request: HttpServerRequest.HttpServerRequest
      ) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>)
    | undefined
  /**
   * Answers a failed sign-in. Return undefined for the page of this module, which says what happened and what to do. If you redirect,
   * a script or a popup is told what happened all the same.
   */
  readonly onFailed?:
    | ((
        failure: SignInFailure,
        request: HttpServerRequest.HttpServerRequest
      ) => Effect.Effect<HttpServerResponse.HttpServerResponse | undefined, never, R>)
    | undefined
  /**
   * Returns the id of the app's user who sent a request, or undefined if nobody is signed in: for apps whose users are signed in already
   * and connect an OpenRouter account. Called at begin and at the callback. A sign-in completes only if both calls return the same, and
   * `onSignedIn` gets it as `subject`. At most 256 characters.
   */
  readonly subjectOf?:
    | ((request: HttpServerRequest.HttpServerRequest) => Effect.Effect<string | undefined, never, R>)
    | undefined
}

/**
 * Makes an `HttpRouter` with both routes, to be concatenated to the app's own. Fails with `InvalidRequest`, which names every invalid
 * setting.
 *
 * `GET` or `POST` of the begin route, with an optional `returnTo` in its query, sends the browser to OpenRouter: link to it. The
 * callback route completes the sign-in and redirects, so that no code stays in the address bar or in the history. A callback whose
 * browser goes away is completed all the same, and `onSignedIn` gets its key.
 *
 * The platform's logger does not log these routes, and the platform's spans do not contain their queries.
 *
 * @example
 * ```ts
 * import * as HttpRouter from "@effect/platform/HttpRouter"
 * import * as HttpServer from "@effect/platform/HttpServer"
 * import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
 * import * as Config from "effect/Config"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
 * import * as SignIn from "effect-openrouter-oauth/SignIn"
 * import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
 *
 * const App = Layer.unwrapEffect(
 *   Effect.gen(function* () {
 *     const signInRoutes = yield* SignInRoutes.router({
 *       callbackUrl: yield* Config.string("CALLBACK_URL"), // https://app.example/auth/openrouter/callback
 *       keyLabel: "My app",
 *       limit: 5 // US dollars
 *     })
 *     return HttpRouter.empty.pipe(
 *       HttpRouter.get("/", HttpServerResponse.html('<a href="/auth/openrouter">Sign in with OpenRouter</a>')),
 *       HttpRouter.concat(signInRoutes),
 *       HttpServer.serve()
 *     )
 *   })
 * ).pipe(
 *   Layer.provide(SignIn.layer),
 *   Layer.provide([OAuthClient.layerFetch({ appTitle: "My app" }), PendingSignIns.layerMemory])
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const router = <R = never>(
  options: Options<R>
): Effect.Effect<
  HttpRouter.HttpRouter<never, SignIn.SignIn | HttpRouter.HttpRouter.ExcludeProvided<R>>,
  InvalidRequest
> =>
  Effect.map(SettingsOf.read("router", options), (site) => {
    const { onFailed, onSignedIn, subjectOf } = options
    const handle = (route: typeof flow.begin) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
        Effect.map(
          route<HttpServerResponse.HttpServerResponse, R>(site, request, {
            onSignedIn: onSignedIn && ((signedIn) => onSignedIn(signedIn, request)),
            onFailed: onFailed && ((failure) => onFailed(failure, request)),
            redirectOf: ({ headers, status }) => (isRedirect(status) ? headers.location : undefined),
            replace: ({ cookies }, by) => HttpServerResponse.mergeCookies(by, cookies),
            subject: subjectOf && (() => subjectOf(request))
          }),
          ({ cookies, response }) =>
            response.pipe(HttpServerResponse.setHeaders(privateHeaders), HttpServerResponse.mergeCookies(cookies))
        )
      )
    return HttpRouter.empty.pipe(
      HttpRouter.all(site.routes.begin, handle(flow.begin)),
      HttpRouter.all(site.routes.callback, toItsEnd(handle(flow.callback)))
    )
  })

/**
 * Goes on when the browser goes away or reloads, although the platform's servers interrupt the handler then: the code works once, and
 * the key that it gives would be lost.
 */
const toItsEnd = <A, E, R>(handler: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.forkDaemon(handler), Fiber.join)

/**
 * Makes a function from `Request` to `Response` that answers both routes, with the client and the store included: for Next.js, Hono, Bun,
 * Deno and workers. Throws `InvalidRequest`, which names every invalid option. Reads no environment variable.
 *
 * @example
 * ```ts
 * import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
 *
 * declare const sessions: { create: (key: string) => Promise<string> }
 *
 * const { handler } = SignInRoutes.toWebHandler({
 *   callbackUrl: "https://app.example/auth/openrouter/callback",
 *   client: { appTitle: "My app" },
 *   onSignedIn: async ({ key, returnTo }) => {
 *     const id = await sessions.create(key)
 *     return new Response(null, {
 *       status: 303,
 *       headers: {
 *         location: returnTo ?? "/",
 *         "set-cookie": `__Host-session=${id}; Path=/; Secure; HttpOnly; SameSite=Lax`
 *       }
 *     })
 *   }
 * })
 *
 * const response = await handler(new Request("https://app.example/auth/openrouter"))
 * ```
 *
 * @since 0.1.0
 * @category web
 */
export const toWebHandler = (options: StandaloneOptions): WebHandler => {
  const { dispose, handler } = makeStandalone("toWebHandler", options)
  return { dispose, handler }
}

/**
 * Makes a web handler from a layer that provides `SignIn` and whatever else the Effects of the options need. The layer is built at the
 * first request. Throws `InvalidRequest`, which names every invalid option.
 *
 * @example
 * ```ts
 * import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
 * import * as Layer from "effect/Layer"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
 * import * as Pkce from "effect-openrouter-oauth/Pkce"
 * import * as SignIn from "effect-openrouter-oauth/SignIn"
 * import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
 *
 * // The client's options from the OPENROUTER_* variables.
 * const OpenRouter = OAuthClient.layerConfig().pipe(Layer.provide(FetchHttpClient.layer))
 *
 * const { dispose, handler } = SignInRoutes.toWebHandlerLayer(
 *   { callbackUrl: "https://app.example/auth/openrouter/callback" },
 *   SignIn.layer.pipe(Layer.provide([OpenRouter, Pkce.layer, PendingSignIns.layerMemory]))
 * )
 * ```
 *
 * @since 0.1.0
 * @category web
 */
export const toWebHandlerLayer = <R, E>(options: WebOptions<R>, layer: Layer.Layer<SignIn.SignIn | R, E>): WebHandler =>
  makeWebHandler(SettingsOf.readOrThrow("toWebHandlerLayer", options), options, layer)
