import { afterAll, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Scope from "effect/Scope"
import { PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import * as Redis from "effect-openrouter-oauth/PendingSignIns/Redis"
import { createClient } from "redis"
import { redis } from "../services/server.js"
import { nearlyPending, type Rows, rowsSuite } from "./rowsSuite.js"

const scope = Effect.runSync(Scope.make())
const server = await Effect.runPromise(Scope.extend(redis([]), scope))
const client = await createClient({ url: server.url }).connect()
afterAll(async () => {
  client.destroy()
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

describe("a row of Redis", () => {
  const open = async (): Promise<Rows> => ({
    store: await Effect.runPromise(Effect.provide(PendingSignIns, Redis.layer(client))),
    write: (key, row) => {
      const name = `openrouter-sign-in:${key}`
      if (row === undefined) return client.del(name)
      return client.set(name, row instanceof Uint8Array ? Buffer.from(row) : String(row))
    }
  })
  rowsSuite(open, fc.oneof({ arbitrary: nearlyPending, weight: 8 }, fc.uint8Array()))
})
