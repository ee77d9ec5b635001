/**
 * Access tokens for programs that no person signs in: a workload shows the token that its platform gives it, and gets one of
 * OpenRouter's, which is used like an API key until it expires (RFC 8693).
 *
 * @since 0.1.0
 * @see https://www.rfc-editor.org/rfc/rfc8693
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { ApiKeyUnavailable, type Provider, type ResolvedKey } from "./ApiKey.js"
import { makeOneAtATime } from "./internal/oneAtATime.js"
import { OAuthClient } from "./OAuthClient.js"

/**
 * The platform gave no subject token. `message` says why and what to do.
 *
 * @since 0.1.0
 * @category errors
 */
export class SubjectTokenUnavailable extends Data.TaggedError("SubjectTokenUnavailable")<{
  /** The function that reads the token, such as `SubjectTokens.fromFile`. */
  readonly operation: string
  /**
   * - `Absent`: the program does not run as such a workload. A chain of providers goes on with the next one.
   * - `Failed`: it does, but the token could not be had.
   */
  readonly reason: "Absent" | "Failed"
  readonly message: string
}> {
  /** `operation` defaults to `subjectToken`. */
  constructor(fields: {
    readonly operation?: string | undefined
    readonly reason: "Absent" | "Failed"
    readonly message: string
  }) {
    super({ ...fields, operation: fields.operation ?? "subjectToken" })
  }
}

/**
 * Options of `provider`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<E = never, R = never> {
  /** The policy of the organization that says which subject tokens are trusted. */
  readonly federationPolicyId: string
  /** The platform's token, read again at each refresh. `node/SubjectTokens` has those of Kubernetes and GitHub Actions. */
  readonly subjectToken: Effect.Effect<Redacted.Redacted<string>, E, R>
  /** Defaults to what the policy gives. OpenRouter knows `inference`. */
  readonly scope?: string | undefined
}

/** What a failure of the subject token has: a message, and a tag if it has one. */
type Failure = { readonly message: string; readonly _tag?: string | undefined }

const source = "workload"

/** A token is refreshed this long before it expires, in milliseconds; a short-lived one after half of its life. */
const margin = 60_000

/** How long a token that still serves waits for the next one. */
const patience = Duration.seconds(10)

/** How long the next refresh waits after the first one that failed, in milliseconds; twice as long after each further one. */
const firstPause = 1_000

interface Held {
  readonly key: ResolvedKey
  /** In milliseconds since 1970, as `refreshAt`. */
  readonly expiresAt: number
  readonly refreshAt: number
  /** How many refreshes have failed since it came. */
  readonly failures: number
}

const isAbsent = (error: unknown): boolean => error instanceof SubjectTokenUnavailable && error.reason === "Absent"

/** The server's own wish to wait counts, if it has one. */
const pauseAfter = (error: object, failures: number): number => {
  const wished = "retryAfterMillis" in error && typeof error.retryAfterMillis === "number" ? error.retryAfterMillis : 0
  return Math.max(wished, firstPause * 2 ** failures)
}

/**
 * A provider for `ApiKey.layer`; its source is `workload`. The access token is kept, and refreshed a minute before it expires. While a
 * refresh fails, the old token serves as long as it is valid, and the next refresh waits: a second, then twice as long each time.
 * However many fibers ask, one request is under way.
 *
 * Fails with `ApiKeyUnavailable`, whose cause is the client's error or that of the subject token. A subject token that is `Absent` means
 * that there is no key here, and the next provider is asked.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as ApiKey from "effect-openrouter-oauth/ApiKey"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import * as WorkloadIdentity from "effect-openrouter-oauth/WorkloadIdentity"
 * import * as SubjectTokens from "effect-openrouter-oauth/node/SubjectTokens"
 *
 * const workload = WorkloadIdentity.provider({
 *   federationPolicyId: "your-policy",
 *   subjectToken: SubjectTokens.fromFile("/var/run/secrets/openrouter/token")
 * })
 *
 * const program = Effect.gen(function* () {
 *   const { key } = yield* (yield* ApiKey.ApiKey).get
 *   return key // for 15 minutes at most; `get` gives the next one in time
 * }).pipe(Effect.provide(ApiKey.layer(workload).pipe(Layer.provide(OAuthClient.layerFetch()))))
 * ```
 *
 * @since 0.1.0
 * @category providers
 */
export const provider = <E extends Failure = never, R = never>({
  federationPolicyId,
  scope,
  subjectToken
}: Options<E, R>): Provider<OAuthClient | R> & { readonly forget: (key: ResolvedKey) => Effect.Effect<void> } => {
  const oneAtATime = makeOneAtATime()
  let held: Held | undefined

  const exchange = Effect.gen(function* () {
    const client = yield* OAuthClient
    // The lifetime counts from when the server made the token: after this, and before the answer.
    const begun = yield* Clock.currentTimeMillis
    const { accessToken, expiresIn } = yield* client.createOauthToken({
      federationPolicyId,
      subjectToken: yield* subjectToken,
      scope
    })
    const lifetime = expiresIn * 1_000
    const expiresAt = begun + lifetime
    const refreshAt = expiresAt - Math.min(margin, lifetime / 2)
    const key = { key: accessToken, source, expiresAt: DateTime.unsafeMake(expiresAt) }
    return { key, expiresAt, refreshAt, failures: 0 }
  })

  /** The next token, or the old one if there is none and it is still valid. */
  const refresh = (old: Held) =>
    exchange.pipe(
      Effect.timeoutFail({
        duration: patience,
        onTimeout: () =>
          new ApiKeyUnavailable({ source, message: `No new token came within ${Duration.format(patience)}.` })
      }),
      Effect.catchAll((error) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          now < old.expiresAt
            ? Effect.succeed({ ...old, failures: old.failures + 1, refreshAt: now + pauseAfter(error, old.failures) })
            : Effect.fail(error)
        )
      )
    )

  const next = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    if (held !== undefined && now < Math.min(held.refreshAt, held.expiresAt)) return held.key
    held = yield* held !== undefined && now < held.expiresAt ? refresh(held) : exchange
    return held.key
  })

  return {
    source,
    remedy: "Give the workload a subject token.",
    find: oneAtATime(Effect.asSome(next)).pipe(
      Effect.catchAll((error) => {
        if (isAbsent(error)) return Effect.succeedNone
        return error instanceof ApiKeyUnavailable
          ? Effect.fail(error)
          : Effect.fail(new ApiKeyUnavailable({ source, message: error.message, cause: error }))
      })
    ),
    forget: ({ key }) =>
      Effect.sync(() => {
        if (held !== undefined && Redacted.value(held.key.key) === Redacted.value(key)) held = undefined
      })
  }
}
