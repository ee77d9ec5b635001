/** Interruption at every step of every operation and of a sign-in: nothing is sent afterwards, nothing is left, no code goes twice. */
import * as Diagnostics from "node:diagnostics_channel"
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import { setImmediate } from "node:timers/promises"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as NodeOAuthClient from "effect-openrouter-oauth/node/NodeOAuthClient"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import * as Sql from "effect-openrouter-oauth/PendingSignIns/Sql"
import { code, ok, operations } from "../util/client.js"
import { serve } from "../util/server.js"
import { interruptEverywhere } from "../util/steps.js"
import {
  built,
  callbackUrl,
  calling,
  callsOf,
  completing,
  promiseCallsOf,
  sandboxed,
  signingIn
} from "./interruptible.js"

const overFetch = ({ apiKey, fetch }: ReturnType<typeof sandboxed>) =>
  OAuthClient.layer({ apiKey: Redacted.make(apiKey) }).pipe(
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch))
  )

describe.each(operations)("%s, interrupted at any step", (operation) => {
  it("by layerFetch", async () => {
    const sandbox = sandboxed()
    const client = await built(OAuthClient.OAuthClient, sandbox.client)
    const steps = await interruptEverywhere(calling(sandbox, client, callsOf(client)[operation]))
    assert.isAbove(steps, 30)
  })

  it("by PromiseClient and its signal", async () => {
    const sandbox = sandboxed()
    const client = await built(OAuthClient.OAuthClient, sandbox.client)
    const steps = await interruptEverywhere(calling(sandbox, client, promiseCallsOf(sandbox)[operation]))
    assert.isAbove(steps, 30)
  })

  it("by layer over fetch", async () => {
    const sandbox = sandboxed()
    const client = await built(OAuthClient.OAuthClient, overFetch(sandbox))
    const steps = await interruptEverywhere(calling(sandbox, client, callsOf(client)[operation]), { stride: 11 })
    assert.isAbove(steps, 500)
  })
})

/** What Node's clients say when a request leaves: fetch and undici by one channel, node:http by the other. */
const countSent = () => {
  let sent = 0
  const count = () => {
    sent++
  }
  const channels = ["undici:client:sendHeaders", "http.client.request.start"]
  for (const channel of channels) Diagnostics.subscribe(channel, count)
  return {
    sent: () => sent,
    stop: () => {
      for (const channel of channels) Diagnostics.unsubscribe(channel, count)
    }
  }
}

const overSockets: Record<string, (options: OAuthClient.Options) => Layer.Layer<OAuthClient.OAuthClient, unknown>> = {
  layerFetch: (options) => OAuthClient.layerFetch(options),
  layerUndici: (options) => NodeOAuthClient.layerUndici(options),
  ...Object.fromEntries(
    Object.entries<Layer.Layer<HttpClient.HttpClient>>({
      "layer over fetch": FetchHttpClient.layer,
      "layer over undici": NodeHttpClient.layerUndici,
      "layer over node:http": NodeHttpClient.layer
    }).map(([name, http]) => [name, (options: OAuthClient.Options) => Layer.provide(OAuthClient.layer(options), http)])
  )
}

/** Answers in pieces, a few turns apart, so that an interruption finds the answer at each of its stages. */
const inPieces = serve(({ url }, response) => {
  const text = JSON.stringify(url.endsWith("/keys") ? ok.exchangeAuthCodeForAPIKey : {})
  const steps = [
    () => response.writeHead(200, { "content-type": "application/json", "content-length": text.length }).flushHeaders(),
    () => response.write(text.slice(0, 9)),
    () => response.end(text.slice(9))
  ]
  const next = async () => {
    for (const step of steps) {
      for (let turn = 0; turn < 3; turn++) await setImmediate()
      step()
    }
  }
  next()
})

const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length

describe.each(Object.entries(overSockets))("an exchange over sockets by %s, interrupted", (name, layerOf) => {
  const isOurs = !name.startsWith("layer over")
  it.each([
    { by: "turn", stride: 1 },
    { by: "step", stride: isOurs ? 5 : 41 }
  ] as const)("at any $by: sends nothing afterwards, and leaves neither fiber, timer nor socket", async (where) => {
    const before = sockets()
    const scope = await Effect.runPromise(Scope.make())
    const { baseUrl, received } = await Effect.runPromise(Scope.extend(inPieces, scope))
    const runtime = ManagedRuntime.make(layerOf({ baseUrl }))
    const { sent, stop } = countSent()
    try {
      const client = await runtime.runPromise(OAuthClient.OAuthClient)
      const steps = await interruptEverywhere(
        async () => ({
          run: client.exchangeAuthCodeForAPIKey({ code: Redacted.make(code) }),
          sent,
          holds: async (_, requests) => assert.isAtMost(requests, 1)
        }),
        where
      )
      assert.isAtLeast(steps, where.by === "turn" ? 9 : 60)
      assert.isAtMost(received.length, sent())
    } finally {
      stop()
      await runtime.dispose()
      await Effect.runPromise(Scope.close(scope, Exit.void))
    }
    for (let turn = 0; turn < 1000 && sockets() > before; turn++) await setImmediate()
    assert.isAtMost(sockets(), before)
  })
})

const stores = {
  "in memory": PendingSignIns.layerMemory,
  "in a KeyValueStore": PendingSignIns.layerKeyValueStore.pipe(Layer.provide(KeyValueStore.layerMemory))
}

describe.each(Object.entries(stores))("a sign-in %s, interrupted at any step", (_, store) => {
  it.each(["complete", "completeWithCode"] as const)("of %s: is pending and unsent, or over", async (how) => {
    assert.isAbove(await interruptEverywhere(completing(await signingIn(store), how)), 100)
  })
})

it("a sign-in in SQLite, interrupted at every 19th step: is pending and unsent, or over, and the table goes on", async () => {
  const folder = await Fs.mkdtemp(Path.join(Os.tmpdir(), "interruption-"))
  const runtime = ManagedRuntime.make(
    Sql.layer.pipe(Layer.provide(LibsqlClient.layer({ url: `file:${Path.join(folder, "rows.db")}` })))
  )
  try {
    const store = await runtime.runPromise(PendingSignIns.PendingSignIns)
    const signing = await signingIn(Layer.succeed(PendingSignIns.PendingSignIns, store))
    const { flow, sent } = signing
    await interruptEverywhere(async () => ({ run: flow.begin({ callbackUrl }), sent }), { stride: 19 })
    assert.isAbove(await interruptEverywhere(completing(signing, "complete"), { stride: 19 }), 200)
  } finally {
    await runtime.dispose()
    await Fs.rm(folder, { recursive: true })
  }
})

it("a KeyValueStore holds no sign-in that its index does not know, wherever begin and complete were interrupted", async () => {
  const texts = new Map<string, string>()
  const store = Layer.provide(
    PendingSignIns.layerKeyValueStore,
    Layer.succeed(
      KeyValueStore.KeyValueStore,
      KeyValueStore.makeStringOnly({
        get: (key) => Effect.sync(() => Option.fromNullable(texts.get(key))),
        set: (key, text) => Effect.sync(() => texts.set(key, text)),
        remove: (key) => Effect.sync(() => texts.delete(key)),
        clear: Effect.sync(() => texts.clear()),
        size: Effect.sync(() => texts.size)
      })
    )
  )
  const signing = await signingIn(store)
  const isIndexed = async () => {
    const index = new Map<string, number>(JSON.parse(texts.get("openrouter-sign-ins") ?? "[]"))
    for (const key of texts.keys()) {
      if (key !== "openrouter-sign-ins") assert.isTrue(index.has(key.slice("openrouter-sign-in/".length)))
    }
  }
  const { flow, sent } = signing
  await interruptEverywhere(async () => ({ run: flow.begin({ callbackUrl }), sent, holds: isIndexed }))
  const complete = completing(signing, "complete")
  await interruptEverywhere(async () => ({ ...(await complete()), holds: isIndexed }))
})
