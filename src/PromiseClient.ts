/**
 * The same client for plain async code: promises that reject with the tagged error itself, plain strings for secrets.
 *
 * The standalone functions carry the names of the official SDK's and give a `Result` instead of rejecting.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Redacted from "effect/Redacted"
import type { AuthorizationUrlInput } from "./AuthorizationUrl.js"
import type { Request } from "./internal/answer.js"
import { defined } from "./internal/defined.js"
import { sendByFetch } from "./internal/fetch.js"
import { headerFault } from "./internal/headers.js"
import { makeService, type Service } from "./internal/service.js"
import {
  type CreateAuthCodeError,
  type CurrentKeyError,
  type ExchangeError,
  InvalidRequest,
  type Issue
} from "./OAuthError.js"
import type { Attribution, AuthCode, CreateAuthCodeInput, ExchangeAuthCodeInput, KeyInfo } from "./OAuthSchema.js"
import * as Pkce from "./Pkce.js"
import { fromRetryConfig, type RetryConfig, RetryPolicy } from "./RetryPolicy.js"

/**
 * What can be set for the client and for a single call.
 *
 * @since 0.1.0
 * @category models
 */
export interface SharedOptions extends Attribution {
  /** `https://openrouter.ai/api/v1`. */
  readonly baseUrl?: string | URL | undefined
  /** How long one attempt may take, in milliseconds; 30,000. */
  readonly timeoutMs?: number | undefined
  /** The official SDK's retry settings; without them the standard policy, which never sends a used code again. */
  readonly retries?: RetryConfig | undefined
  /** Which statuses `retries` is for, such as `["429", "5XX"]`; `["5XX"]`. */
  readonly retryCodes?: ReadonlyArray<string> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions extends SharedOptions {
  /** Needed by `createAuthCode`; a function is asked at each call, for keys that rotate. */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined
  /** Allows http to other hosts than loopback: codes and keys then travel in the clear. */
  readonly allowInsecureHttp?: boolean | undefined
  /** Instead of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface CallOptions extends SharedOptions {
  /** Aborts the request; the call then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly fetchOptions?: Omit<RequestInit, "method" | "body" | "redirect" | "signal"> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PlainAuthCode extends Omit<AuthCode, "id"> {
  /** The authorization code. */
  readonly id: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PlainExchangeInput extends Omit<ExchangeAuthCodeInput, "code" | "codeVerifier"> {
  readonly code: string
  readonly codeVerifier?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PlainUserApiKey {
  readonly key: string
  readonly userId: string | null
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PlainChallenge {
  readonly codeVerifier: string
  readonly codeChallenge: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PromiseClient {
  /** Rejects with a `CreateAuthCodeError`. */
  readonly createAuthCode: (request: CreateAuthCodeInput, options?: CallOptions) => Promise<PlainAuthCode>
  /** Rejects with an `ExchangeError`. */
  readonly exchangeAuthCodeForAPIKey: (request: PlainExchangeInput, options?: CallOptions) => Promise<PlainUserApiKey>
  /** Rejects with a `CurrentKeyError`. */
  readonly getCurrentKey: (key: string, options?: CallOptions) => Promise<KeyInfo>
  /** Rejects with `InvalidRequest`. */
  readonly createAuthorizationUrl: (request: Omit<AuthorizationUrlInput, "baseUrl">) => Promise<string>
  /** A fresh verifier where none is given. Rejects with `InvalidRequest`. */
  readonly createSHA256CodeChallenge: (params?: {
    readonly codeVerifier?: string | undefined
  }) => Promise<PlainChallenge>
  /** Aborts what is under way; later calls are refused. */
  readonly dispose: () => Promise<void>
}

const services = new WeakMap<PromiseClient, Either.Either<Service, InvalidRequest>>()

/**
 * Never throws: options that cannot be right make every call reject with `InvalidRequest`.
 *
 * @example
 * ```ts
 * import { createClient } from "effect-openrouter-oauth/PromiseClient"
 * import { Forbidden } from "effect-openrouter-oauth/OAuthError"
 *
 * const client = createClient({ appTitle: "My app" })
 *
 * export const keyFor = async (code: string, codeVerifier: string): Promise<string | undefined> => {
 *   try {
 *     const { key } = await client.exchangeAuthCodeForAPIKey({ code, codeVerifier })
 *     return key
 *   } catch (error) {
 *     if (error instanceof Forbidden) return undefined // error.reason tells why
 *     throw error
 *   }
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const createClient = (input?: ClientOptions): PromiseClient => {
  const options = input ?? {}
  const service = serviceOf(options)
  const running = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  let disposed = false

  const run = <A, E>(use: (service: Service) => Effect.Effect<A, E>, callOptions?: CallOptions): Promise<A> => {
    if (disposed) return Promise.reject(disposal())
    if (!callOptions) {
      return runPromise(
        Effect.flatMap(service, (made) => withRetries(options)(use(made))),
        undefined,
        running
      )
    }
    const settings = { ...options, ...defined(callOptions) }
    const issues = callIssues(callOptions, settings)
    const effect =
      issues.length > 0
        ? Effect.fail(new InvalidRequest({ operation: "PromiseClient", issues }))
        : Effect.flatMap(needsOwnService(callOptions) ? serviceOf(settings, callOptions) : service, use).pipe(
            withRetries(settings)
          )
    return runPromise(effect, isSignal(callOptions.signal) ? callOptions.signal : undefined, running)
  }

  const client: PromiseClient = {
    createAuthCode: async (request, call) => {
      const { id, ...rest } = await run((service) => service.createAuthCode(request), call)
      return { id: Redacted.value(id), ...rest }
    },
    exchangeAuthCodeForAPIKey: async (request, call) => {
      const { key, userId } = await run(
        (service) =>
          service.exchangeAuthCodeForAPIKey({
            ...request,
            code: Redacted.make(request?.code),
            codeVerifier: request?.codeVerifier === undefined ? undefined : Redacted.make(request.codeVerifier)
          }),
        call
      )
      return { key: Redacted.value(key), userId }
    },
    getCurrentKey: (key, call) => run((service) => service.getCurrentKey(Redacted.make(key)), call),
    createAuthorizationUrl: async (request) => {
      const url = await run((service) => service.createAuthorizationUrl(request))
      return url.href
    },
    createSHA256CodeChallenge: (params) => runPromise(codeChallenge(params)),
    dispose: async () => {
      disposed = true
      await Effect.runPromise(Fiber.interruptAll(running))
    }
  }
  services.set(client, service)
  return client
}

/** Per-call settings that are the service's own. */
const needsOwnService = (call: CallOptions): boolean =>
  call.baseUrl !== undefined ||
  call.timeoutMs !== undefined ||
  call.httpReferer !== undefined ||
  call.appTitle !== undefined ||
  call.appCategories !== undefined ||
  call.headers !== undefined ||
  call.fetchOptions !== undefined

const serviceOf = (
  { apiKey, fetch, timeoutMs, ...options }: ClientOptions,
  { fetchOptions, headers }: CallOptions = {}
): Either.Either<Service, InvalidRequest> => {
  const issues: Array<Issue> = []
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0)) {
    issues.push({ path: "timeoutMs", message: "must be a number of milliseconds above 0" })
  }
  if (fetch !== undefined && typeof fetch !== "function") issues.push({ path: "fetch", message: "must be a function" })
  issues.push(...retryIssues(options))
  if (issues.length > 0) return Either.left(new InvalidRequest({ operation: "createClient", issues }))
  const send = sendByFetch(() => ({ fetch, init: fetchOptions }))
  return Effect.runSync(
    Effect.either(
      makeService(headers ? (request, ...rest) => send(withHeaders(request, headers), ...rest) : send, {
        ...options,
        apiKey:
          typeof apiKey === "function" ? askFor(apiKey) : apiKey === undefined ? undefined : Redacted.make(apiKey),
        timeout: timeoutMs
      })
    )
  )
}

const withHeaders = (request: Request, headers: Readonly<Record<string, string>>): Request => ({
  ...request,
  headers: { ...request.headers, ...Object.fromEntries(new Headers(headers)) }
})

const askFor = (apiKey: () => string | Promise<string>): Effect.Effect<Redacted.Redacted, InvalidRequest> =>
  Effect.tryPromise({
    try: async () => Redacted.make(await apiKey()),
    // What it threw may hold the key.
    catch: () =>
      new InvalidRequest({
        operation: "apiKey",
        issues: [{ path: "apiKey", message: "could not be had: its function failed" }]
      })
  })

const retryIssues = ({ retries, retryCodes }: SharedOptions): Array<Issue> => {
  const issues: Array<Issue> = []
  if (retries !== undefined && retries?.strategy !== "none" && retries?.strategy !== "backoff") {
    issues.push({ path: "retries.strategy", message: 'must be "backoff" or "none"' })
  } else if (retries?.strategy === "backoff") {
    for (const [name, value] of Object.entries(retries.backoff ?? {})) {
      if (typeof value !== "number" || !(value >= 0))
        issues.push({ path: `retries.backoff.${name}`, message: "must be a number, 0 or more" })
    }
  }
  if (retryCodes !== undefined && retries === undefined) {
    issues.push({ path: "retryCodes", message: "needs retries beside it: they say how those statuses are retried" })
  }
  const isCode = (code: unknown) => typeof code === "string" && /^[1-5](?:\d\d|XX)$/i.test(code)
  if (retryCodes !== undefined && !(Array.isArray(retryCodes) && retryCodes.every(isCode))) {
    issues.push({ path: "retryCodes", message: 'must be a list of statuses such as "429", or families such as "5XX"' })
  }
  return issues
}

// The client's own, and those that belong to the connection: fetch fails at them once the request is on its way.
const ownHeaders =
  /^(?:authorization|content-type|content-length|host|connection|keep-alive|transfer-encoding|upgrade|expect)$/i
const ownFetchOptions = ["method", "body", "redirect", "signal"]

const headerEntries = (headers: RequestInit["headers"]): Array<[string, string]> =>
  headers instanceof Headers ? Array.from(headers) : Array.isArray(headers) ? headers : Object.entries(headers ?? {})

const isSignal = (signal: AbortSignal | undefined): boolean => typeof signal?.addEventListener === "function"

const callIssues = (call: CallOptions, settings: SharedOptions): Array<Issue> => {
  const issues = retryIssues(settings)
  const checkHeaders = (path: string, headers: RequestInit["headers"]) => {
    for (const [name, value] of headerEntries(headers)) {
      const fault = ownHeaders.test(name)
        ? "is set by the client"
        : /^[\w!#$%&'*+.^`|~-]+$/.test(name)
          ? headerFault(value)
          : "is not a header name"
      if (fault !== undefined) issues.push({ path: `${path}.${name}`, message: fault })
    }
  }
  checkHeaders("headers", call.headers)
  checkHeaders("fetchOptions.headers", call.fetchOptions?.headers)
  if (call.signal && !isSignal(call.signal)) issues.push({ path: "signal", message: "must be an AbortSignal" })
  for (const name of Object.keys(call.fetchOptions ?? {})) {
    if (ownFetchOptions.includes(name)) issues.push({ path: `fetchOptions.${name}`, message: "is set by the client" })
  }
  return issues
}

const withRetries =
  ({ retries, retryCodes }: SharedOptions) =>
  <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    retries === undefined ? effect : Effect.provideService(effect, RetryPolicy, fromRetryConfig(retries, retryCodes))

const disposal = () => new DOMException("The client was disposed", "AbortError")

/** Rejects with the typed error itself; with the signal's reason where that aborted it. */
const runPromise = <A, E>(
  effect: Effect.Effect<A, E>,
  signal?: AbortSignal | undefined,
  running?: Set<Fiber.RuntimeFiber<unknown, unknown>>
): Promise<A> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const fiber = Effect.runFork(effect)
    const abort = () => fiber.unsafeInterruptAsFork(FiberId.none)
    // Neither the signal nor the client may hold on to a call that is over.
    signal?.addEventListener("abort", abort)
    running?.add(fiber)
    fiber.addObserver((exit) => {
      signal?.removeEventListener("abort", abort)
      running?.delete(fiber)
      if (Exit.isSuccess(exit)) return resolve(exit.value)
      reject(
        Cause.isInterruptedOnly(exit.cause) ? (signal?.aborted ? signal.reason : disposal()) : Cause.squash(exit.cause)
      )
    })
  })

const codeChallenge = (
  params: { readonly codeVerifier?: string | undefined } | undefined
): Effect.Effect<PlainChallenge, InvalidRequest> =>
  Effect.gen(function* () {
    const pkce = yield* Pkce.Pkce
    const codeVerifier = params?.codeVerifier
    if (codeVerifier !== undefined) {
      return { codeVerifier, codeChallenge: yield* pkce.challenge(Redacted.make(codeVerifier)) }
    }
    const pair = yield* pkce.generate
    return { codeVerifier: Redacted.value(pair.codeVerifier), codeChallenge: pair.codeChallenge }
  }).pipe(Effect.provide(Pkce.layer))

/**
 * @since 0.1.0
 * @category standalone
 */
export type Result<A, E> = { readonly ok: true; readonly value: A } | { readonly ok: false; readonly error: E }

const settled = async <A, E>(run: () => Promise<A>): Promise<Result<A, E>> => {
  try {
    return { ok: true, value: await run() }
  } catch (error) {
    return { ok: false, error: error as E }
  }
}

/**
 * `createAuthCode`, as a `Result`. The error of an aborted call is `signal.reason`, a `DOMException` unless the caller gave another.
 *
 * @since 0.1.0
 * @category standalone
 */
export const oAuthCreateAuthCode = (
  client: PromiseClient,
  request: CreateAuthCodeInput,
  options?: CallOptions
): Promise<Result<PlainAuthCode, CreateAuthCodeError | DOMException>> =>
  settled(() => client.createAuthCode(request, options))

/**
 * `exchangeAuthCodeForAPIKey`, as a `Result`.
 *
 * @example
 * ```ts
 * import { createClient, oAuthExchangeAuthCodeForAPIKey } from "effect-openrouter-oauth/PromiseClient"
 *
 * export const keyFor = async (code: string, codeVerifier: string): Promise<string> => {
 *   const result = await oAuthExchangeAuthCodeForAPIKey(createClient(), { code, codeVerifier })
 *   return result.ok ? result.value.key : result.error.message
 * }
 * ```
 *
 * @since 0.1.0
 * @category standalone
 */
export const oAuthExchangeAuthCodeForAPIKey = (
  client: PromiseClient,
  request: PlainExchangeInput,
  options?: CallOptions
): Promise<Result<PlainUserApiKey, ExchangeError | DOMException>> =>
  settled(() => client.exchangeAuthCodeForAPIKey(request, options))

/**
 * `getCurrentKey`, as a `Result`.
 *
 * @since 0.1.0
 * @category standalone
 */
export const oAuthGetCurrentKey = (
  client: PromiseClient,
  key: string,
  options?: CallOptions
): Promise<Result<KeyInfo, CurrentKeyError | DOMException>> => settled(() => client.getCurrentKey(key, options))

/**
 * `createAuthorizationUrl`, as a `Result`, at once.
 *
 * @since 0.1.0
 * @category standalone
 */
export const oAuthCreateAuthorizationUrl = (
  client: PromiseClient,
  request: Omit<AuthorizationUrlInput, "baseUrl">
): Result<string, InvalidRequest> => {
  const service =
    services.get(client) ??
    Either.left(
      new InvalidRequest({
        operation: "createAuthorizationUrl",
        issues: [{ path: "client", message: "must come from createClient" }]
      })
    )
  const url = Effect.runSync(Effect.either(Effect.flatMap(service, (made) => made.createAuthorizationUrl(request))))
  return Either.isRight(url) ? { ok: true, value: url.right.href } : { ok: false, error: url.left }
}

/**
 * `createSHA256CodeChallenge`, as a `Result`: a fresh verifier where none is given.
 *
 * @since 0.1.0
 * @category standalone
 */
export const oAuthCreateSHA256CodeChallenge = (params?: {
  readonly codeVerifier?: string | undefined
}): Promise<Result<PlainChallenge, InvalidRequest>> => settled(() => runPromise(codeChallenge(params)))
