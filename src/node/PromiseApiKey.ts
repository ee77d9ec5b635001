/**
 * Finds the API key of a program on Node, for plain async code: in the environment, in the store, or by a sign-in.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { ApiKey, ApiKeyMissing, ApiKeyUnavailable, afterRefusal, type ResolvedKey, type Service } from "../ApiKey.js"
import { makeRunner } from "../internal/promise.js"
import { baseUrlFault } from "../internal/url.js"
import { OAuthClient } from "../OAuthClient.js"
import { InvalidRequest } from "../OAuthError.js"
import { serviceOfClient } from "../PromiseClient/internal/createClient.js"
import { layerRetries } from "../PromiseClient/internal/retries.js"
import { type ClientOptions, createClient } from "../PromiseClient.js"
import type * as WorkloadIdentity from "../WorkloadIdentity.js"
import * as CredentialStore from "./CredentialStore.js"
import { type Asking, baseUrlOf, chain, wantsSignIn, workloadWith } from "./internal/keyProviders.js"
import * as PromiseSignIn from "./PromiseSignIn.js"
import * as SubjectTokens from "./SubjectTokens.js"

/**
 * Options of the sign-in that asks for a key.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignInOptions extends Omit<PromiseSignIn.Options, "client" | "signal"> {
  /** When to sign in: `always`, or only if a person is at a terminal (`terminal`). Defaults to `always`. */
  readonly when?: "always" | "terminal" | undefined
}

/**
 * The source of a workload's subject token: a file, such as Kubernetes' projected token; GitHub Actions, for an audience that the
 * federation policy accepts; or a function of the program's own.
 *
 * @since 0.1.0
 * @category models
 */
export type SubjectTokenSource =
  | { readonly file: string }
  | { readonly gitHubActions: { readonly audience: string } }
  | (() => string | Promise<string>)

/**
 * Options of a workload, which exchanges its platform's token for access tokens.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkloadOptions {
  /** The policy of the organization that says which subject tokens are trusted. */
  readonly federationPolicyId: string
  /** Where the platform's token comes from. */
  readonly subjectToken: SubjectTokenSource
  /** The scope of the access token, such as `inference`. Defaults to what the policy allows. */
  readonly scope?: string | undefined
}

/**
 * Options of `createApiKey`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The profile that the key is stored under: 1 to 64 characters of `A-Z a-z 0-9 - _ .`. Defaults to `default`. */
  readonly profile?: string | undefined
  /** Options of the client. The key is for its base URL, which defaults to `OPENROUTER_BASE_URL`. */
  readonly client?: ClientOptions | undefined
  /** Access tokens of a workload, for programs without a user. Tried before the environment. */
  readonly workload?: WorkloadOptions | undefined
  /** Options of the sign-in, or false for none. Defaults to `{ when: "terminal" }`. */
  readonly signIn?: SignInOptions | false | undefined
  /** The store of keys: `files`, or the system's `keychain` if there is one. Defaults to `files`. */
  readonly store?: "files" | "keychain" | undefined
}

/**
 * The sign-in gave a key that could not be saved. The error holds the key, and does not print it.
 *
 * @example
 * ```ts
 * import { createApiKey, KeyNotSaved } from "effect-openrouter-oauth/node/PromiseApiKey"
 *
 * const key = await createApiKey()
 *   .get()
 *   .catch((error: unknown) => {
 *     if (error instanceof KeyNotSaved) return error.key
 *     throw error
 *   })
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class KeyNotSaved extends Data.TaggedError("KeyNotSaved")<{
  /** The function that asked for the key: `get`, `resolve` or `fetch`. */
  readonly operation: string
  readonly message: string
  readonly userId: string | null
}> {
  readonly #key: string

  /** `operation` defaults to `get`. */
  constructor({
    key,
    operation = "get",
    ...fields
  }: {
    readonly operation?: string | undefined
    readonly message: string
    readonly userId: string | null
    readonly key: string
  }) {
    super({ ...fields, operation })
    this.#key = key
  }

  /** The user's API key. */
  get key(): string {
    return this.#key
  }
}

/**
 * The API key of a program, as promises.
 *
 * @since 0.1.0
 * @category models
 */
export interface PromiseApiKey {
  /** Returns the key. Fits clients that take `apiKey: () => Promise<string>`. Callers that wait share one look-up. */
  readonly get: () => Promise<string>
  /** Returns the key, and where it came from: `workload`, `environment`, `store` or `sign-in`. */
  readonly resolve: () => Promise<{ readonly key: string; readonly source: string }>
  /** Forgets the key, for instance after a 401. The next `get` looks for one again. */
  readonly invalidate: () => Promise<void>
  /** `fetch` that sends the key as bearer token to the base URL's origin only. After a 401 it tries once more with the next key. */
  readonly fetch: typeof globalThis.fetch
  /** Ends a sign-in in progress. Later calls are refused. */
  readonly dispose: () => Promise<void>
}

/**
 * Makes the API key of a program. It is looked for at the first call. The functions reject with the tagged errors themselves:
 * `ApiKeyMissing` says where it was looked for and what to do, `KeyNotSaved` holds a key that could not be saved, and the other errors come
 * from the store, the sign-in and the token exchange.
 *
 * @example
 * ```ts
 * import { createApiKey } from "effect-openrouter-oauth/node/PromiseApiKey"
 *
 * const keys = createApiKey({ signIn: { keyLabel: "My tool", limit: 5 } })
 *
 * export const models = async (): Promise<unknown> => {
 *   const response = await keys.fetch("https://openrouter.ai/api/v1/models/user")
 *   return response.json()
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const createApiKey = (options: Options = {}): PromiseApiKey => {
  const { client = {}, profile, signIn = { when: "terminal" }, workload } = options
  const baseUrl = baseUrlOf(client.baseUrl)
  const where = Effect.map(baseUrl, (url) => ({ baseUrl: url, profile }))
  const store = options.store === "keychain" ? CredentialStore.layerKeyring() : CredentialStore.layer()
  const runtime = ManagedRuntime.make(
    Layer.provide(
      chain(
        workload === undefined ? [] : [workloadWith(clientLayer(client, baseUrl), workloadOf(workload))],
        where,
        wantsSignIn(signIn) ? signingIn(signIn, client, baseUrl) : undefined
      ),
      store
    )
  )
  const runner = makeRunner("The API key")
  const use = <A, E>(operation: string, run: (apiKey: Service) => Effect.Effect<A, E>, signal?: AbortSignal) =>
    runner.run(
      ApiKey.pipe(Effect.flatMap(run), Effect.mapError(plainErrorOf(operation)), Effect.provide(runtime)),
      signal
    )

  const find = (operation: string, signal?: AbortSignal) => use(operation, ({ get }) => get, signal)

  const origin = async (): Promise<string> => {
    const url = await runner.run(baseUrl)
    const fault = baseUrlFault(url, client.allowInsecureHttp ?? false)
    if (fault !== undefined) {
      throw new InvalidRequest({ operation: "fetch", issues: [{ path: "baseUrl", message: fault }] })
    }
    return new URL(url).origin
  }

  return {
    get: async () => Redacted.value((await find("get")).key),
    resolve: async () => {
      const { key, source } = await find("resolve")
      return { key: Redacted.value(key), source }
    },
    invalidate: () => use("invalidate", ({ invalidate }) => invalidate),
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      const send = client.fetch ?? globalThis.fetch
      if (url.origin !== (await origin())) return send(input, init)
      const signal = init?.signal ?? undefined
      const used = await find("fetch", signal)
      const response = await send(input, withBearer(used, input, init))
      if (response.status !== 401) return response
      const next = await use("fetch", (apiKey) => afterRefusal(apiKey, used), signal)
      if (next === undefined || !canSendAgain(input, init)) return response
      await response.body?.cancel()
      return send(input, withBearer(next, input, init))
    },
    dispose: async () => {
      await runner.dispose()
      await runtime.dispose()
    }
  }
}

const clientLayer = (client: ClientOptions, baseUrl: Effect.Effect<string | URL>) =>
  Layer.merge(
    Layer.effect(
      OAuthClient,
      Effect.flatMap(baseUrl, (url) => serviceOfClient(createClient({ ...client, baseUrl: url }), "createApiKey"))
    ),
    layerRetries(client)
  )

const workloadOf = ({
  subjectToken,
  ...rest
}: WorkloadOptions): WorkloadIdentity.Options<{ readonly message: string }> => ({
  ...rest,
  subjectToken: subjectTokenOf(subjectToken)
})

const subjectTokenOf = (from: SubjectTokenSource) => {
  if (typeof from === "function") {
    return Effect.tryPromise({ try: async () => from(), catch: (cause) => new PromiseFailed({ cause }) }).pipe(
      Effect.map(Redacted.make<string>)
    )
  }
  return "file" in from
    ? SubjectTokens.fromFile(from.file)
    : SubjectTokens.fromGitHubActions(from.gitHubActions.audience)
}

/** Makes a sign-in whose rejections `plainErrorOf` can restore. */
const signingIn = (
  { when: _, ...options }: SignInOptions,
  client: ClientOptions,
  baseUrl: Effect.Effect<string | URL>
): Asking<PromiseFailed> => ({
  label: options.keyLabel,
  signIn: Effect.flatMap(baseUrl, (url) =>
    Effect.tryPromise({
      try: (signal) => PromiseSignIn.signIn({ ...options, client: { ...client, baseUrl: url }, signal }),
      catch: (cause) => new PromiseFailed({ cause })
    })
  ).pipe(Effect.map(({ key, userId }) => ({ key: Redacted.make(key), userId })))
})

/** Wraps the error that a promise rejected with. */
class PromiseFailed extends Data.TaggedError("PromiseFailed")<{ readonly cause: unknown }> {
  override get message(): string {
    return this.cause instanceof Error ? this.cause.message : "A promise was rejected."
  }
}

/** Returns the provider's own error, without anything that only Effects can read. `operation` is the function that the caller called. */
const plainErrorOf =
  (operation: string) =>
  (error: unknown): unknown => {
    if (error instanceof ApiKeyMissing) return new ApiKeyMissing({ ...error, operation })
    if (!(error instanceof ApiKeyUnavailable)) return error
    if (error.cause === undefined) return new ApiKeyUnavailable({ ...error, operation })
    const { cause } = error
    if (cause instanceof PromiseFailed) return cause.cause
    if (cause instanceof CredentialStore.CredentialStoreError && cause.credential !== undefined) {
      const { key, userId } = cause.credential
      return new KeyNotSaved({ operation, message: cause.message, userId, key: Redacted.value(key) })
    }
    return cause
  }

type FetchInput = Parameters<typeof globalThis.fetch>[0]

const withBearer = ({ key }: ResolvedKey, input: FetchInput, init: RequestInit = {}): RequestInit => {
  const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined))
  headers.set("authorization", `Bearer ${Redacted.value(key)}`)
  return { ...init, headers }
}

/** Whether the request can be repeated. The first request uses a stream up. */
const canSendAgain = (input: FetchInput, init: RequestInit = {}): boolean =>
  init.body == null ? !(input instanceof Request && input.body) : !(init.body instanceof ReadableStream)
