/**
 * Pending sign-ins in Redis, Valkey or anything else that speaks to node-redis and has `GETDEL` (Redis 6.2): for servers on many
 * machines. Redis itself forgets what has expired.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PendingSignIns, StoreError } from "../PendingSignIns.js"
import * as Remote from "./internal/remote.js"
import { occupied } from "./internal/words.js"

/**
 * The commands that are used, as node-redis spells them. Each names one key, so any node of a cluster can answer it.
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
 * What `createClient`, `createClientPool`, `createCluster` and `createSentinel` of `redis` 5 and 6 give.
 *
 * @since 0.1.0
 * @category models
 */
export interface RedisClient {
  readonly withCommandOptions: (options: { readonly abortSignal: AbortSignal }) => RedisCommands
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What keys begin with, `openrouter-sign-in:` unless said otherwise. Braces in it would put all keys on one node of a cluster. */
  readonly prefix?: string | undefined
  /** How long one command may take, on Effect's Clock; 5 seconds unless said otherwise. */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * Keeps pending sign-ins by a client of yours: connect it before, close it after, and listen to its `error` event, without which
 * node-redis ends the process when a connection breaks. While Redis cannot be reached, every call fails with a `StoreError` after
 * `timeout` at the latest; when it is back they work again. Waiting commands that ran out of time are never sent later.
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
export const layer = (client: RedisClient, options: Options = {}): Layer.Layer<PendingSignIns> => {
  const { prefix = "openrouter-sign-in:", timeout } = options
  /** The signal takes a command out of the client's queue when its caller no longer waits. */
  const send = (operation: StoreError["operation"], command: (commands: RedisCommands) => Promise<unknown>) =>
    Remote.call(
      operation,
      timeout,
      Effect.tryPromise((abortSignal) => command(client.withCommandOptions({ abortSignal })))
    )
  const read = (operation: "get" | "take", command: (commands: RedisCommands) => Promise<unknown>) =>
    Effect.flatMap(send(operation, command), (reply) =>
      // A client may be set to give text as Buffers.
      reply === null ? Effect.succeedNone : Effect.asSome(Remote.decode(operation, String(reply)))
    )
  return Layer.succeed(PendingSignIns, {
    put: (key, pending, ttl) =>
      Effect.gen(function* () {
        const value = Math.ceil(Duration.toMillis(ttl))
        if (value <= 0) return
        const text = yield* Remote.encode(pending)
        const reply = yield* send("put", (commands) =>
          commands.set(prefix + key, text, { expiration: { type: "PX", value }, condition: "NX" })
        )
        if (reply === null) return yield* new StoreError({ operation: "put", message: occupied })
      }),
    get: (key) => read("get", (commands) => commands.get(prefix + key)),
    take: (key) => read("take", (commands) => commands.getDel(prefix + key))
  })
}
