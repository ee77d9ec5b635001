/**
 * `SignIn` for plain async code, on any runtime: servers, desktop apps, editors, browser extensions. Promises, plain strings, and
 * rejections that are the tagged error itself.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { makeRunner } from "./internal/promise.js"
import { OAuthClient } from "./OAuthClient.js"
import { InvalidRequest } from "./OAuthError.js"
import { layerMemory, type PendingSignIns } from "./PendingSignIns.js"
import * as Pkce from "./Pkce.js"
import { serviceOfClient } from "./PromiseClient/internal/createClient.js"
import { withRetries } from "./PromiseClient/internal/retries.js"
import { type ClientOptions, createClient } from "./PromiseClient.js"
import * as Flow from "./SignIn.js"

/**
 * Options of `createSignIn`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Options of the client. Defaults to OpenRouter itself, over `fetch`. An API key is not needed. */
  readonly client?: ClientOptions | undefined
  /** The store of pending sign-ins. Defaults to the memory of this process. */
  readonly pendingSignIns?: Layer.Layer<PendingSignIns, unknown> | undefined
}

/**
 * A sign-in that waits for its callback.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignInStarted {
  /** OpenRouter's consent page: send the user's browser there. */
  readonly authorizationUrl: string
  /** The name of this sign-in. It travels in the callback URL and as `state`. */
  readonly attempt: string
  /** A secret for the browser or the process that began. It must not stand in a URL. */
  readonly browserBinding: string
  /** Ten minutes after `begin`. */
  readonly expiresAt: Date
}

/**
 * A completed sign-in.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedIn {
  /** The user's API key. */
  readonly key: string
  /** The user's id at OpenRouter, if OpenRouter sent one. */
  readonly userId: string | null
  /** The `returnTo` of `begin`. */
  readonly returnTo?: string | undefined
  /** The `subject` of `begin`. */
  readonly subject?: string | undefined
}

/**
 * Options of `complete` and `completeWithCode`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CompleteOptions {
  /** The binding that `begin` returned for this browser. */
  readonly browserBinding: string
  /** The user of the app who is signed in now. Must be the `subject` of `begin`, or absent as there. */
  readonly subject?: string | undefined
  /** Aborts the exchange; the call then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The operations of `SignIn`, as promises.
 *
 * @since 0.1.0
 * @category models
 */
export interface PromiseSignIn {
  /** Begins a sign-in. Without a `callbackUrl` it is headless. Rejects with `InvalidRequest` or `StoreError`. */
  readonly begin: (options?: Flow.BeginOptions) => Promise<SignInStarted>
  /** Completes a sign-in by its callback: a whole URL, or its path and query. Rejects with a `SignIn.CompleteError`. */
  readonly complete: (callback: string | URL, options: CompleteOptions) => Promise<SignedIn>
  /**
   * Completes a sign-in by a code that the user copied. A code that OpenRouter refuses leaves the sign-in pending for another one.
   * Rejects with a `SignIn.CompleteError`.
   */
  readonly completeWithCode: (attempt: string, code: string, options: CompleteOptions) => Promise<SignedIn>
  /** Aborts calls in progress and releases the store. Later calls reject with an `AbortError`. */
  readonly dispose: () => Promise<void>
}

/**
 * Makes the operations from a client and a store. Never throws: with invalid options every call rejects with `InvalidRequest`. If the
 * store cannot be built, for instance because a database is down, calls reject with its error, and the next call tries again.
 *
 * @example
 * ```ts
 * import { createSignIn } from "effect-openrouter-oauth/PromiseSignIn"
 *
 * declare const openBrowser: (url: string) => Promise<void>
 * declare const nextCallback: () => Promise<string> // such as vscode://me.extension/callback?code=…
 *
 * const signIn = createSignIn({ client: { appTitle: "My extension" } })
 *
 * export const keyOfUser = async (): Promise<string> => {
 *   const { authorizationUrl, browserBinding } = await signIn.begin({ callbackUrl: "vscode://me.extension/callback" })
 *   await openBrowser(authorizationUrl)
 *   const { key } = await signIn.complete(await nextCallback(), { browserBinding })
 *   return key
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const createSignIn = (options: Options = {}): PromiseSignIn => {
  const { client = {}, pendingSignIns = layerMemory } = options
  const runner = makeRunner("The sign-in")
  const made = createClient(client)
  const layer = Layer.provide(Flow.layer, [
    Layer.effect(OAuthClient, serviceOfClient(made, "createSignIn")),
    Pkce.layer,
    pendingSignIns
  ])

  let runtime = ManagedRuntime.make(layer)
  /** Builds the services once. After a failure the next call builds them again. */
  const services = Effect.suspend(() => {
    const current = runtime
    return Effect.tapErrorCause(current.runtimeEffect, () =>
      Effect.sync(() => {
        if (runtime === current) runtime = ManagedRuntime.make(layer)
      })
    )
  })

  const run = <A, E>(use: (signIn: Flow.Service) => Effect.Effect<A, E>, signal?: AbortSignal): Promise<A> => {
    const effect = Effect.flatMap(services, (built) => Effect.provide(Effect.flatMap(Flow.SignIn, use), built))
    return runner.run(withRetries(client)(effect), signal)
  }

  return {
    begin: (beginOptions = {}) =>
      run((signIn) =>
        Effect.map(signIn.begin(beginOptions), ({ attempt, authorizationUrl, browserBinding, expiresAt }) => ({
          authorizationUrl: authorizationUrl.href,
          attempt,
          browserBinding: Redacted.value(browserBinding),
          expiresAt: DateTime.toDateUtc(expiresAt)
        }))
      ),
    complete: (callback, given) =>
      run(
        (signIn) =>
          Effect.gen(function* () {
            const browserBinding = yield* redacted("complete", "browserBinding", given?.browserBinding)
            return yield* plain(signIn.complete(callback, { browserBinding, subject: given.subject }))
          }),
        given?.signal
      ),
    completeWithCode: (attempt, code, given) =>
      run(
        (signIn) =>
          Effect.gen(function* () {
            const operation = "completeWithCode"
            const browserBinding = yield* redacted(operation, "browserBinding", given?.browserBinding)
            const wrapped = yield* redacted(operation, "code", code)
            return yield* plain(signIn.completeWithCode(attempt, wrapped, { browserBinding, subject: given.subject }))
          }),
        given?.signal
      ),
    dispose: async () => {
      await runner.dispose()
      await made.dispose()
      await runtime.dispose()
    }
  }
}

const plain = <E>(signingIn: Effect.Effect<Flow.SignedIn, E>): Effect.Effect<SignedIn, E> =>
  Effect.map(signingIn, (signedIn) => ({ ...signedIn, key: Redacted.value(signedIn.key) }))

/** Plain JavaScript can pass anything. Refuses what is no string. */
const redacted = (operation: string, path: string, value: unknown): Effect.Effect<Redacted.Redacted, InvalidRequest> =>
  typeof value === "string"
    ? Effect.succeed(Redacted.make(value))
    : Effect.fail(
        new InvalidRequest({
          operation,
          issues: [{ path, message: value === undefined ? "is missing" : "must be a string" }]
        })
      )
