/** Many whole sign-ins through one process: each with a callback server of its own, all against one sandbox on a socket. */
import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as BrowserOpener from "effect-openrouter-oauth/node/BrowserOpener"
import * as LoopbackSignIn from "effect-openrouter-oauth/node/LoopbackSignIn"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import { browse } from "../util/loopback.js"

const Flow = Layer.unwrapEffect(
  Effect.map(SandboxServer, ({ baseUrl }) =>
    SignIn.layer.pipe(Layer.provide([OAuthClient.layerFetch({ baseUrl }), PendingSignIns.layerMemory]))
  )
).pipe(Layer.merge(BrowserOpener.layerNone), Layer.provideMerge(layerServer({ approve: true })))

/** Signs in with this label, and gives the key. */
const signIn = (keyLabel: string) =>
  Effect.gen(function* () {
    const page = yield* Deferred.make<URL>()
    const [{ key }, text] = yield* Effect.all(
      [
        LoopbackSignIn.signIn({
          keyLabel,
          headless: false,
          onWaiting: ({ url }) => Effect.asVoid(Deferred.succeed(page, url))
        }),
        // The browser: the page consents by itself, and leads to the callback.
        Effect.flatMap(Deferred.await(page), browse)
      ],
      { concurrency: 2 }
    )
    assert.include(text, "You are signed in")
    return Redacted.value(key)
  })

const servers = () => process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length
const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length

/** Turns of the event loop until it holds. */
const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.repeat(
    Effect.promise(() => new Promise((resolve) => setImmediate(resolve))),
    { until: () => holds() }
  )

it.live(
  "2,000 sign-ins at concurrency 64: none lost, none mixed up, no handle left open",
  () =>
    Effect.gen(function* () {
      const before = { servers: servers(), sockets: sockets() }
      yield* Effect.gen(function* () {
        const { keys } = yield* Sandbox
        const labels = Array.from({ length: 2000 }, (_, i) => `sign-in ${i}`)
        const given = yield* Effect.forEach(labels, signIn, { concurrency: 64 })
        const known = new Map((yield* keys.all).map(({ key, label }) => [Redacted.value(key), label]))
        assert.deepStrictEqual(
          given.map((key) => known.get(key)),
          labels
        )
        // Only the sandbox listens.
        assert.strictEqual(servers(), before.servers + 1)
      }).pipe(Effect.provide(Flow))
      yield* until(() => servers() === before.servers && sockets() <= before.sockets)
    }),
  120_000
)
