/**
 * A local OpenRouter to sign in against: in process for tests, behind any fetch-style runtime, or on a port
 * (`effect-openrouter-oauth/sandbox/node`).
 *
 * It checks PKCE, gives codes that work once and for 10 minutes, and keys that `GET /api/v1/key` accepts.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import { HttpClient as HttpClientTag } from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { abortError } from "./internal/promise.js"
import { answer } from "./sandbox/internal/answer.js"
import { answerOf, setAnswer } from "./sandbox/internal/answerOf.js"
import type { Profile } from "./sandbox/internal/Endpoint.js"
import { type Fault, type Faults, makeQueue } from "./sandbox/internal/Fault.js"
import { type Keys, makeLedger } from "./sandbox/internal/Ledger.js"
import { makeLog, type ReceivedRequest, type Requests } from "./sandbox/internal/Requests.js"
import { makeClock, type SandboxClock } from "./sandbox/internal/SandboxClock.js"
import { type FederationPolicy, makePolicy, makeTokens, type SubjectTokens } from "./sandbox/internal/tokens.js"
import * as Usage from "./sandbox/internal/Usage.js"
import { fromRequest, makeHttpClient, toResponse } from "./sandbox/internal/web.js"

export type { Operation, Profile } from "./sandbox/internal/Endpoint.js"
export { type ErrorShape, errorShapes } from "./sandbox/internal/errorBody.js"
export { type Breakage, breakages, type Fault, type Faults } from "./sandbox/internal/Fault.js"
export type { IssueOptions, Keys, SandboxKey } from "./sandbox/internal/Ledger.js"
export type { ReceivedRequest, Requests } from "./sandbox/internal/Requests.js"
export type { SandboxClock } from "./sandbox/internal/SandboxClock.js"
export type { FederationPolicy, SubjectTokenOptions, SubjectTokens } from "./sandbox/internal/tokens.js"
export type { Usage } from "./sandbox/internal/Usage.js"

/**
 * A running sandbox: its faults, keys, requests and time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The faults that are still to come. */
  readonly faults: Faults
  /** The API key of the seeded account, and the keys that were issued. */
  readonly keys: Keys
  /** The requests that were received, without secrets. */
  readonly requests: Requests
  /** The time that decides when codes, keys and access tokens expire. */
  readonly clock: SandboxClock
  /** Signs subject tokens that the federation policy trusts. */
  readonly subjectTokens: SubjectTokens
  /** Restores the first state: the seeded key, the faults of the options, an empty log, Effect's Clock. */
  readonly reset: Effect.Effect<void>
}

/**
 * A running sandbox. Tests use it to add faults and to look at requests and keys.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Sandbox from "effect-openrouter-oauth/Sandbox"
 *
 * const program = Effect.gen(function* () {
 *   const sandbox = yield* Sandbox.Sandbox
 *   yield* sandbox.faults.add({ operation: "exchangeAuthCodeForAPIKey", status: 500, times: 2 })
 *   return yield* sandbox.requests.count("exchangeAuthCodeForAPIKey")
 * }).pipe(Effect.provide(Sandbox.layer()))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Sandbox extends Context.Tag("effect-openrouter-oauth/Sandbox")<Sandbox, Service>() {}

/**
 * Options of a sandbox.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Answers as OpenRouter's documentation says (`documented`), or as its real answers were recorded (`observed`). Defaults to `documented`. */
  readonly profile?: Profile | undefined
  /** The API key of the seeded account. Defaults to a fixed key that is not a real one. */
  readonly apiKey?: Redacted.Redacted<string> | undefined
  /** The `user_id` of the seeded account. Defaults to `user_sandbox`. */
  readonly userId?: string | undefined
  /**
   * How a denial comes back: with `error=access_denied` (`error`), or as the callback URL alone (`bare`). Defaults to `error` in the
   * profile `documented`, and to `bare` in `observed`.
   */
  readonly denial?: "error" | "bare" | undefined
  /** When `state` comes back: with the code (`granted`), also on a denial (`always`), or not at all (`never`). Defaults to `granted`. */
  readonly echoState?: "always" | "granted" | "never" | undefined
  /** Consents without a person: `GET /auth` redirects at once. Defaults to false. */
  readonly approve?: boolean | undefined
  /** The name of the app on the consent page. Defaults to the host of its callback URL. */
  readonly appTitle?: string | undefined
  /** Decides whose tokens `POST /oauth/token` exchanges. Defaults to `policy_sandbox`, which trusts the sandbox's own issuer. */
  readonly federationPolicy?: FederationPolicy | undefined
  /** The faults from the start. Defaults to none. */
  readonly faults?: ReadonlyArray<Fault> | undefined
  /** Runs for every request, once its answer is decided. */
  readonly onRequest?: ((request: ReceivedRequest) => void) | undefined
}

const seededKey = `sk-or-v1-${"sandbox".padEnd(64, "0")}`

/**
 * Makes a sandbox that is not reachable yet: for programs that bring their own server. Tests usually want `layerHttpClient`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Sandbox from "effect-openrouter-oauth/Sandbox"
 *
 * const program = Effect.flatMap(Sandbox.make({ profile: "observed" }), ({ keys }) => keys.issue({ limit: 5 }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Service> =>
  Effect.sync(() => {
    const { profile = "documented", userId = "user_sandbox" } = options
    const clock = makeClock()
    const ledger = makeLedger(
      {
        key: options.apiKey ?? Redacted.make(seededKey),
        label: "Sandbox account",
        limit: null,
        limitReset: null,
        expiresAt: null,
        workspaceId: null,
        userId,
        createdAt: 0,
        usage: Usage.none
      },
      clock
    )
    const tokens = makeTokens(makePolicy(options.federationPolicy))
    const faults = makeQueue(options.faults ?? [])
    const log = makeLog(options.onRequest)
    const settings = {
      profile,
      userId,
      ledger,
      clock,
      tokens,
      faults,
      log,
      denial: options.denial ?? (profile === "observed" ? "bare" : "error"),
      echoState: options.echoState ?? "granted",
      formToken: crypto.randomUUID(),
      approve: options.approve ?? false,
      appTitle: options.appTitle
    } as const
    const service: Service = {
      faults,
      keys: ledger,
      requests: log,
      clock,
      subjectTokens: {
        issue: (subject = {}) =>
          Effect.flatMap(clock.now, (now) => Effect.map(tokens.signSubjectToken(subject, now), Redacted.make<string>))
      },
      reset: Effect.sync(() => {
        ledger.reset()
        faults.reset()
        log.reset()
        clock.reset()
      })
    }
    setAnswer(service, (request) => answer(settings, request))
    return service
  })

/**
 * Provides the sandbox alone, for programs that bring their own server.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Sandbox from "effect-openrouter-oauth/Sandbox"
 *
 * const program = Effect.flatMap(Sandbox.Sandbox, ({ reset }) => reset).pipe(Effect.provide(Sandbox.layer()))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options | undefined): Layer.Layer<Sandbox> => Layer.effect(Sandbox, make(options))

/**
 * The layer for tests: an `HttpClient` whose requests the sandbox answers in process, for any origin, without a network. Codes expire by
 * Effect's Clock: `TestClock.adjust("10 minutes")` expires them.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import * as Sandbox from "effect-openrouter-oauth/Sandbox"
 *
 * const program = Effect.gen(function* () {
 *   const sandbox = yield* Sandbox.Sandbox
 *   const client = yield* OAuthClient.OAuthClient
 *   return yield* client.getCurrentKey(sandbox.keys.apiKey)
 * }).pipe(Effect.provide(OAuthClient.layer().pipe(Layer.provideMerge(Sandbox.layerHttpClient()))))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = (options?: Options | undefined): Layer.Layer<HttpClient.HttpClient | Sandbox> =>
  Layer.provideMerge(
    Layer.effect(
      HttpClientTag,
      Effect.map(Sandbox, (sandbox) => makeHttpClient(answerOf(sandbox)))
    ),
    layer(options)
  )

/**
 * The sandbox as a web handler: the result of `toWebHandler`.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebHandler {
  /** Rejects with a `TypeError`, as `fetch` does, if a fault resets the connection. */
  readonly handler: (request: Request) => Promise<Response>
  /** The API key of the seeded account, as plain text. */
  readonly apiKey: string
  /** Adds faults behind those that are still to come. */
  readonly addFault: (...faults: ReadonlyArray<Fault>) => void
  /** Removes all faults that are still to come. */
  readonly clearFaults: () => void
  /** Restores the first state, such as between two tests. */
  readonly reset: () => void
  /** The whole sandbox, for Effect programs. */
  readonly sandbox: Service
  /** Ends answers in progress. Later requests are refused. */
  readonly dispose: () => Promise<void>
}

/** Makes a controller that the request's own signal aborts too: some runtimes have no `AbortSignal.any`. */
const follow = (signal: AbortSignal) => {
  const controller = new AbortController()
  const abort = () => controller.abort(signal.reason)
  signal.addEventListener("abort", abort, { once: true })
  return { controller, release: () => signal.removeEventListener("abort", abort) }
}

/**
 * Makes the sandbox a function from `Request` to `Response`: for Bun, Deno, workers and service mocks, or as the `fetch` of any client.
 *
 * @example
 * ```ts
 * import * as Sandbox from "effect-openrouter-oauth/Sandbox"
 *
 * const { apiKey, handler } = Sandbox.toWebHandler({ profile: "observed" })
 * const response = await handler(
 *   new Request("https://openrouter.ai/api/v1/key", { headers: { authorization: `Bearer ${apiKey}` } })
 * )
 * ```
 *
 * @since 0.1.0
 * @category web
 */
export const toWebHandler = (options?: Options | undefined): WebHandler => {
  const sandbox = Effect.runSync(make(options))
  const underWay = new Set<AbortController>()
  let disposed: Error | undefined
  return {
    handler: async (request) => {
      if (disposed !== undefined) throw disposed
      request.signal.throwIfAborted()
      const { controller, release } = follow(request.signal)
      underWay.add(controller)
      const done = () => {
        release()
        underWay.delete(controller)
      }
      const { signal } = controller
      const exit = await Effect.runPromiseExit(
        Effect.flatMap(answerOf(sandbox)(fromRequest(request)), (reply) =>
          toResponse(reply, request.method, signal, done)
        ),
        { signal }
      )
      if (exit._tag === "Success") return exit.value
      done()
      if (exit.cause._tag === "Fail") throw exit.cause.error
      signal.throwIfAborted()
      throw exit.cause
    },
    apiKey: Redacted.value(sandbox.keys.apiKey),
    addFault: (...faults) => Effect.runSync(sandbox.faults.add(...faults)),
    clearFaults: () => Effect.runSync(sandbox.faults.clear()),
    reset: () => Effect.runSync(sandbox.reset),
    sandbox,
    dispose: async () => {
      disposed = abortError("The sandbox was disposed")
      for (const controller of underWay) controller.abort(disposed)
    }
  }
}
