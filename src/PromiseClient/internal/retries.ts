/** The retry settings of plain options as a `RetryPolicy`. Without settings the standard policy stays. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { fromRetryConfig, RetryPolicy } from "../../RetryPolicy.js"
import type { SharedOptions } from "./models.js"

type RetryOptions = Pick<SharedOptions, "retries" | "retryCodes">

/** Runs an Effect with the settings. */
export const withRetries =
  ({ retries, retryCodes }: RetryOptions) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    retries === undefined ? effect : Effect.provideService(effect, RetryPolicy, fromRetryConfig(retries, retryCodes))

/** The settings as a layer. */
export const layerRetries = ({ retries, retryCodes }: RetryOptions): Layer.Layer<never> =>
  retries === undefined ? Layer.empty : Layer.succeed(RetryPolicy, fromRetryConfig(retries, retryCodes))
