/**
 * When a failed request is sent again. An authorization code works once, so by default the exchange is sent again only
 * when it provably never left.
 *
 * | `standard` | ConnectionFailed | 429 | 5XX | ConnectionLost, TimedOut | anything else |
 * | --- | --- | --- | --- | --- | --- |
 * | createAuthCode, getCurrentKey, createOauthToken, listOauthJwks | yes | yes | yes | yes | no |
 * | exchangeAuthCodeForAPIKey | yes | no | no | no | no |
 *
 * A `Retry-After` of the server makes a delay longer, never shorter. One that is longer than `maxRetryAfter` ends the retries.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type { OAuthError } from "./OAuthError.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface RetryPolicy {
  /** How long to wait before each further attempt, and when to stop. A longer `Retry-After` of the server replaces a delay. */
  readonly schedule: Schedule.Schedule<unknown, OAuthError>
  readonly shouldRetry: (error: OAuthError) => boolean
  /** A `Retry-After` longer than this ends the retries; the error carries it. */
  readonly maxRetryAfter: Duration.Duration
  /**
   * No attempt begins later than so many timeouts after the first one, unless a `Retry-After` asks for it. Without it, only `schedule`
   * says when to stop.
   */
  readonly maxTimeouts?: number | undefined
}

/**
 * Makes at most 4 attempts, 500 ms, 750 ms and 1.125 s apart (each ± 20 %). No attempt begins later than twice the timeout after the
 * first one, which is a minute by default. Where the server asks for it by `Retry-After`, waits longer: at most a minute each time.
 *
 * @example
 * ```ts
 * import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
 *
 * // The standard policy, but never after a timeout.
 * const policy = RetryPolicy.make({
 *   shouldRetry: (error) => error._tag !== "TimedOut" && RetryPolicy.standard.shouldRetry(error)
 * })
 * ```
 *
 * @since 0.1.0
 * @category policies
 */
export const standard: RetryPolicy = {
  schedule: Schedule.exponential("500 millis", 1.5).pipe(Schedule.jittered, Schedule.intersect(Schedule.recurs(3))),
  shouldRetry: (error) =>
    error._tag === "ConnectionFailed" ||
    (error.operation !== "exchangeAuthCodeForAPIKey" &&
      (error._tag === "ConnectionLost" ||
        error._tag === "TimedOut" ||
        ("status" in error && (error.status === 429 || error.status >= 500)))),
  maxRetryAfter: Duration.minutes(1),
  maxTimeouts: 2
}

/**
 * Makes a policy. The parts that are missing are those of `standard`; with a schedule of your own, `maxTimeouts` is not.
 *
 * @example
 * ```ts
 * import * as Schedule from "effect/Schedule"
 * import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
 *
 * const patient = RetryPolicy.make({ schedule: Schedule.spaced("2 seconds").pipe(Schedule.intersect(Schedule.recurs(9))) })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (partial: { readonly [K in keyof RetryPolicy]?: RetryPolicy[K] | undefined }): RetryPolicy => ({
  schedule: partial.schedule ?? standard.schedule,
  shouldRetry: partial.shouldRetry ?? standard.shouldRetry,
  maxRetryAfter: partial.maxRetryAfter ?? standard.maxRetryAfter,
  maxTimeouts: partial.maxTimeouts ?? (partial.schedule === undefined ? standard.maxTimeouts : undefined)
})

/**
 * One attempt.
 *
 * @since 0.1.0
 * @category policies
 */
export const none: RetryPolicy = make({ shouldRetry: () => false })

/**
 * The policy of the client: `standard` unless a layer or the caller provides another.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
 * import type * as Redacted from "effect/Redacted"
 *
 * const check = (key: Redacted.Redacted) =>
 *   Effect.flatMap(OAuthClient.OAuthClient, (client) => client.getCurrentKey(key)).pipe(
 *     Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.none)
 *   )
 * ```
 *
 * @since 0.1.0
 * @category references
 */
export const RetryPolicy: Context.Reference<RetryPolicy, RetryPolicy> = Context.Reference<RetryPolicy>()(
  "effect-openrouter-oauth/RetryPolicy",
  { defaultValue: () => standard }
)

/**
 * Provides a policy to the clients that are built above it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (policy: RetryPolicy): Layer.Layer<never> => Layer.succeed(RetryPolicy, policy)

/**
 * The retry settings of OpenRouter's official SDK. All times in milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export type RetryConfig =
  | { readonly strategy: "none" }
  | {
      readonly strategy: "backoff"
      readonly backoff?:
        | {
            /** The first wait. Defaults to 500. */
            readonly initialInterval: number
            /** The longest wait. Defaults to 60,000. */
            readonly maxInterval: number
            /** The factor from one wait to the next. Defaults to 1.5. */
            readonly exponent: number
            /** No attempt begins after this time. Defaults to 3,600,000. */
            readonly maxElapsedTime: number
          }
        | undefined
      /** Whether ConnectionFailed, ConnectionLost and TimedOut are retried too. Defaults to false. */
      readonly retryConnectionErrors?: boolean | undefined
    }

const atLeast = (value: number | undefined, minimum: number, otherwise: number): number =>
  value !== undefined && value >= minimum ? value : otherwise

/**
 * The official SDK's settings, as a policy. They apply to every operation: a single-use code may be sent again although it was
 * already used. Numbers that make no sense are replaced by the SDK's defaults.
 *
 * @example
 * ```ts
 * import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
 *
 * const policy = RetryPolicy.fromRetryConfig(
 *   {
 *     strategy: "backoff",
 *     backoff: { initialInterval: 500, maxInterval: 60000, exponent: 1.5, maxElapsedTime: 3600000 },
 *     retryConnectionErrors: true
 *   },
 *   ["429", "5XX"]
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromRetryConfig = (config: RetryConfig, retryCodes: ReadonlyArray<string> = ["5XX"]): RetryPolicy => {
  if (config.strategy === "none") return none
  const initialInterval = atLeast(config.backoff?.initialInterval, 0, 500)
  const maxInterval = atLeast(config.backoff?.maxInterval, 0, 60_000)
  const exponent = atLeast(config.backoff?.exponent, 1, 1.5)
  const maxElapsedTime = Duration.millis(atLeast(config.backoff?.maxElapsedTime, 0, 3_600_000))
  const codes = new Set(retryCodes.map((code) => code.toUpperCase()))
  return {
    schedule: Schedule.exponential(initialInterval, exponent).pipe(
      Schedule.jittered,
      Schedule.modifyDelay((_, delay) => Duration.min(delay, Duration.millis(maxInterval))),
      Schedule.upTo(maxElapsedTime)
    ),
    shouldRetry: (error) => {
      switch (error._tag) {
        case "ConnectionFailed":
        case "ConnectionLost":
        case "TimedOut":
          return config.retryConnectionErrors === true
        case "InvalidRequest":
        case "CallbackMalformed":
        case "MalformedResponse":
          return false
        default: {
          const status = String(error.status)
          return codes.has(status) || codes.has(`${status[0]}XX`)
        }
      }
    },
    maxRetryAfter: maxElapsedTime
  }
}
