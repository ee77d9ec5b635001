/**
 * Sign in from a page, without a server: `begin` sends the browser to OpenRouter's page. When the browser comes back, `complete` takes the
 * callback out of the URL and exchanges its code.
 *
 * The verifier and the browser binding are kept in the sessionStorage of this tab. The URL is cleaned before the exchange, whether or not
 * the sign-in succeeds, so that neither the history nor a `Referer` keeps the code.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import { orUndefined } from "../internal/orUndefined.js"
import { abortError } from "../internal/promise.js"
import * as OAuthClient from "../OAuthClient.js"
import { InvalidRequest } from "../OAuthError.js"
import type { Attribution } from "../OAuthSchema.js"
import { layerKeyValueStore, StoreError } from "../PendingSignIns.js"
import type { Pkce } from "../Pkce.js"
import * as SignIn from "../SignIn.js"
import * as Bindings from "./internal/bindings.js"
import { layerSessionStorage, leaveFor, pageUrl, replaceUrl, withoutAnswer } from "./internal/page.js"

/**
 * Options of `begin`. `callbackUrl` defaults to this page without its query and hash. It may be relative to the page, and must be on its
 * origin.
 *
 * @since 0.1.0
 * @category models
 */
export type BeginOptions = SignIn.BeginOptions

/**
 * The operations of a sign-in in a page.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Sends the browser to OpenRouter's page. Succeeds when it is on its way. */
  readonly begin: (options?: BeginOptions) => Effect.Effect<void, InvalidRequest | StoreError>
  /**
   * Completes the sign-in whose callback is this page's URL. Returns none if the URL is no callback.
   *
   * Exchanges once: however often it runs, and however many fibers run it at once, all get the same outcome.
   */
  readonly complete: Effect.Effect<Option.Option<SignIn.SignedIn>, SignIn.CompleteError>
}

/**
 * The service that signs in the user of a page.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Option from "effect/Option"
 * import * as BrowserSignIn from "effect-openrouter-oauth/browser/BrowserSignIn"
 *
 * const program = Effect.gen(function* () {
 *   const signIn = yield* BrowserSignIn.BrowserSignIn
 *   const signedIn = yield* signIn.complete
 *   if (Option.isSome(signedIn)) return signedIn.value.key
 *   yield* signIn.begin({ keyLabel: "My app", limit: 5 })
 *   return yield* Effect.never // the browser leaves this page
 * }).pipe(Effect.provide(BrowserSignIn.layerFetch({ appTitle: "My app" })))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class BrowserSignIn extends Context.Tag("effect-openrouter-oauth/BrowserSignIn")<BrowserSignIn, Service>() {}

const refused = (path: string, message: string) =>
  Effect.fail(new InvalidRequest({ operation: "begin", issues: [{ path, message }] }))

/** Returns where the browser comes back to. Must be this origin: no other can read what this tab has stored. */
const callbackTo = (given: string | URL | undefined): Effect.Effect<URL, InvalidRequest> => {
  const page = pageUrl()
  if (page === undefined) return refused("callbackUrl", "cannot be made here: this program does not run in a page")
  if (given === undefined) {
    page.search = ""
    page.hash = ""
    return Effect.succeed(page)
  }
  const callbackUrl = orUndefined(() => new URL(given, page))
  return callbackUrl?.origin === page.origin
    ? Effect.succeed(callbackUrl)
    : refused("callbackUrl", `must be a URL on ${page.origin}: only there can the sign-in be completed`)
}

const withRemedy = <A, E, R>(effect: Effect.Effect<A, E | StoreError, R>): Effect.Effect<A, E | StoreError, R> =>
  Effect.mapError(effect, (error) =>
    error instanceof StoreError
      ? new StoreError({
          operation: error.operation,
          message:
            "The sessionStorage of this page could not be used. Allow the site to store data (some private windows do not), then start the sign-in again."
        })
      : error
  )

const make = Effect.gen(function* () {
  const signIn = yield* SignIn.SignIn
  const bindings = yield* Bindings.make
  const runFork = Runtime.runFork(yield* Effect.runtime())

  const completeOnce = Effect.gen(function* () {
    const url = pageUrl()
    const has = (name: string) => url?.searchParams.get(name)
    const attempt = has("attempt") || has("state")
    if (!url || !attempt) return Option.none()
    // If sessionStorage is blocked, the sign-in itself fails below.
    const binding = yield* Effect.orElseSucceed(bindings.find(attempt), () => undefined)
    // A code or a state may belong to another sign-in of this app, and an attempt alone may be a parameter of the app's own.
    const isCallback = has("attempt") && (has("code") || has("error") || has("state"))
    if (!isCallback && binding === undefined) return Option.none()
    yield* Effect.sync(() => replaceUrl(withoutAnswer(url)))
    // Without a binding the sign-in refuses the callback, and says why.
    const signedIn = yield* Effect.ensuring(
      signIn.complete(url, { browserBinding: binding ?? Redacted.make("") }),
      Effect.ignore(bindings.prune)
    )
    return Option.some(signedIn)
  }).pipe(withRemedy)

  // In a fiber of its own: a caller that is interrupted must not end what others wait for.
  let completing: Fiber.RuntimeFiber<Option.Option<SignIn.SignedIn>, SignIn.CompleteError> | undefined
  yield* Effect.addFinalizer(() => (completing === undefined ? Effect.void : Fiber.interrupt(completing)))

  return BrowserSignIn.of({
    begin: (options = {}) =>
      Effect.gen(function* () {
        const callbackUrl = yield* callbackTo(options.callbackUrl)
        const { attempt, authorizationUrl, browserBinding } = yield* signIn.begin({ ...options, callbackUrl })
        yield* bindings.add(attempt, browserBinding)
        yield* Effect.sync(() => leaveFor(authorizationUrl))
      }).pipe(withRemedy),

    complete: Effect.suspend(() => {
      completing ??= runFork(completeOnce)
      return Fiber.join(completing)
    })
  })
})

/**
 * Provides `BrowserSignIn` from a client and PKCE. Keeps pending sign-ins in sessionStorage.
 *
 * @example
 * ```ts
 * import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
 * import * as Layer from "effect/Layer"
 * import * as BrowserSignIn from "effect-openrouter-oauth/browser/BrowserSignIn"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import * as Pkce from "effect-openrouter-oauth/Pkce"
 *
 * const SignInLive = BrowserSignIn.layer.pipe(
 *   Layer.provide([Layer.provide(OAuthClient.layer({ appTitle: "My app" }), FetchHttpClient.layer), Pkce.layer])
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<BrowserSignIn, never, OAuthClient.OAuthClient | Pkce> = Layer.scoped(
  BrowserSignIn,
  make
).pipe(Layer.provide(SignIn.layer), Layer.provide(Layer.provideMerge(layerKeyValueStore, layerSessionStorage)))

/**
 * Provides `BrowserSignIn` with everything it needs: the client over `fetch`, PKCE and sessionStorage. Takes no API key: the page gets its
 * user's. Fails with `InvalidRequest` if an option is invalid.
 *
 * @example
 * ```ts
 * import * as BrowserSignIn from "effect-openrouter-oauth/browser/BrowserSignIn"
 *
 * const SignInLive = BrowserSignIn.layerFetch({ appTitle: "My app" })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFetch = (options?: Omit<OAuthClient.Options, "apiKey">): Layer.Layer<BrowserSignIn, InvalidRequest> =>
  Layer.provide(layer, OAuthClient.layerFetch(options))

/**
 * Options of `createBrowserSignIn`.
 *
 * @since 0.1.0
 * @category promises
 */
export interface PromiseOptions extends Attribution {
  /** Must be https, or http on localhost, 127.0.0.1 or [::1]. Defaults to `https://openrouter.ai/api/v1`. */
  readonly baseUrl?: string | URL | undefined
  /** Allows http to other hosts. Codes and keys are then sent unencrypted. Defaults to false. */
  readonly allowInsecureHttp?: boolean | undefined
  /** How long the exchange may take, in milliseconds. Defaults to 30,000. */
  readonly timeoutMs?: number | undefined
}

/**
 * A completed sign-in, in plain strings.
 *
 * @since 0.1.0
 * @category promises
 */
export interface PlainSignedIn {
  /** The user's API key. */
  readonly key: string
  /** The user's id at OpenRouter, if OpenRouter sent one. */
  readonly userId: string | null
  /** The `returnTo` of `begin`. */
  readonly returnTo?: string | undefined
}

/**
 * The operations of `BrowserSignIn`, as promises.
 *
 * @since 0.1.0
 * @category promises
 */
export interface PromiseBrowserSignIn {
  /** Sends the browser to OpenRouter's page. Rejects with `InvalidRequest` or `StoreError`. */
  readonly begin: (options?: BeginOptions) => Promise<void>
  /**
   * Completes the sign-in whose callback is this page's URL; resolves with null if the URL is no callback. Exchanges once, however often
   * it is called. Rejects with a `SignIn.CompleteError`, or with `InvalidRequest` if an option is invalid.
   */
  readonly complete: () => Promise<PlainSignedIn | null>
  /** Aborts an exchange in progress. Later calls are refused. */
  readonly dispose: () => Promise<void>
}

/**
 * Makes a sign-in for plain async code: promises that reject with the tagged error itself. Make one for the page, outside of components.
 * Uses nothing of the page until one of its functions is called.
 *
 * @example
 * ```ts
 * import { createBrowserSignIn } from "effect-openrouter-oauth/browser/BrowserSignIn"
 *
 * const signIn = createBrowserSignIn({ appTitle: "My app" })
 *
 * export const start = () => signIn.begin({ keyLabel: "My app", limit: 5 })
 *
 * // On every load of the page that is called back:
 * export const keyOf = async (): Promise<string | undefined> => (await signIn.complete())?.key
 * ```
 *
 * @since 0.1.0
 * @category promises
 */
export const createBrowserSignIn = ({ timeoutMs, ...options }: PromiseOptions = {}): PromiseBrowserSignIn => {
  // Built at once, so that `complete` can clean the URL before anything else of the page reads it.
  const scope = Effect.runSync(Scope.make())
  const service = Effect.runSyncExit(
    Effect.map(Layer.buildWithScope(layerFetch({ ...options, timeout: timeoutMs }), scope), Context.get(BrowserSignIn))
  )
  let disposed = false
  const disposal = () => abortError("The sign-in was disposed")

  const run = async <A, E>(use: (service: Service) => Effect.Effect<A, E>): Promise<A> => {
    if (disposed) throw disposal()
    const exit = await Effect.runPromiseExit(Effect.flatMap(service, use))
    if (Exit.isSuccess(exit)) return exit.value
    throw Cause.isInterruptedOnly(exit.cause) ? disposal() : Cause.squash(exit.cause)
  }

  return {
    begin: (options) => run(({ begin }) => begin(options)),
    complete: async () => {
      const signedIn = Option.getOrNull(await run(({ complete }) => complete))
      return signedIn && { ...signedIn, key: Redacted.value(signedIn.key) }
    },
    dispose: () => {
      disposed = true
      return Effect.runPromise(Scope.close(scope, Exit.void))
    }
  }
}
