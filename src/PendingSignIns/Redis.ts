/**
 * Keeps pending sign-ins in Redis, Valkey or another server that node-redis can talk to and that has `GETDEL` (Redis 6.2): for servers on
 * many machines. Redis itself removes expired sign-ins.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { InvalidRequest } from "../OAuthError.js"
import { type Backend, make, PendingSignIns } from "../PendingSignIns.js"
import { defaultTimeout } from "./internal/deadline.js"
import { durations } from "./internal/options.js"

/**
 * The commands that the store sends, as node-redis spells them. Each names one key, so any node of a cluster can answer it.
 *
 * @since 0.1.0
 * @category models
 */
export interface RedisCommands {
  readonly set: (
    key: string,
    value: string,
    options: { readonly expiration: { readonly type: "PX"; readonly value: number }; readonly condition: "NX" }
  ) => Promise<unknown>
  readonly get: (key: string) => Promise<unknown>
  readonly getDel: (key: string) => Promise<unknown>
}

/**
 * A client of the package `redis`, 5 or 6: the result of `createClient`, `createClientPool`, `createCluster` or `createSentinel`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RedisClient {
  readonly withCommandOptions: (options: { readonly abortSignal: AbortSignal }) => RedisCommands
}

/**
 * Options of the store.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The prefix of all keys. Defaults to `openrouter-sign-in:`. Braces in it put all keys on one node of a cluster. */
  readonly prefix?: string | undefined
  /** How long one command may take, on Effect's Clock. Defaults to 5 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * Keeps pending sign-ins with a client of yours. Connect it before and close it afterwards. Listen to its `error` event: without a listener
 * node-redis ends the process when a connection breaks.
 *
 * Building the layer fails with `InvalidRequest` if `timeout` is no duration. While Redis cannot be reached, every call fails with a
 * `StoreError` within `timeout`; once Redis is back, calls succeed again. A command that ran out of time is never sent later.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redis from "effect-openrouter-oauth/PendingSignIns/Redis"
 * import { createClient } from "redis"
 *
 * const connected = Effect.acquireRelease(
 *   Effect.promise(() =>
 *     createClient({ url: "redis://127.0.0.1:6379", disableOfflineQueue: true, pingInterval: 10_000 })
 *       .on("error", (error) => console.error("Redis:", error.code))
 *       .connect()
 *   ),
 *   (client) => Effect.promise(() => client.close())
 * )
 *
 * const Store = Layer.unwrapScoped(Effect.map(connected, (client) => Redis.layer(client)))
 * ```
 *
 * @since 0.1.0
 * @category layers
 * @see https://redis.io/docs/latest/commands/getdel/
 */
export const layer = (client: RedisClient, options: Options = {}): Layer.Layer<PendingSignIns, InvalidRequest> => {
  const { prefix = "openrouter-sign-in:" } = options
  /** The signal takes a command out of the client's queue when its caller no longer waits. */
  const send = <A>(command: (commands: RedisCommands) => Promise<A>) =>
    Effect.tryPromise((abortSignal) => command(client.withCommandOptions({ abortSignal })))
  /** A client may be set to give text as Buffers. */
  const textOf = (reply: unknown) => (reply === null ? null : String(reply))
  const backend: Backend = {
    put: (key, text, ttl) =>
      send(async (commands) => {
        const expiration = { type: "PX", value: Math.ceil(Duration.toMillis(ttl)) } as const
        return (await commands.set(prefix + key, text, { expiration, condition: "NX" })) !== null
      }),
    get: (key) => send(async (commands) => textOf(await commands.get(prefix + key))),
    take: (key) => send(async (commands) => textOf(await commands.getDel(prefix + key)))
  }
  return Layer.effect(
    PendingSignIns,
    Effect.map(durations("Redis.layer", { timeout: defaultTimeout }, options), ({ timeout }) =>
      make(backend, { timeout })
    )
  )
}
