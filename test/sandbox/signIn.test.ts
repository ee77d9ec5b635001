/** The flow against the sandbox's consent page: what it sends back is what the flow takes. */
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SignIn from "effect-openrouter-oauth/SignIn"

const layer = (options: Sandbox.Options) => {
  const Client = Layer.provideMerge(OAuthClient.layer(), Sandbox.layerHttpClient(options))
  return SignIn.layer.pipe(Layer.provideMerge(Client), Layer.provide([Pkce.layer, PendingSignIns.layerMemory]))
}

/** Where the consent page of a sandbox that answers by itself sends the browser. */
const visit = (url: URL) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const { headers, status } = yield* client.get(url)
    assert.include([302, 303], status)
    assert(headers.location !== undefined)
    return headers.location
  }).pipe(Effect.scoped)

const callbackUrl = "http://127.0.0.1:4321/callback?app=1"

describe("a sign-in", () => {
  for (const echoState of ["granted", "never"] as const) {
    it.effect(`completes where OpenRouter ${echoState === "granted" ? "echoes" : "does not echo"} the state`, () =>
      Effect.gen(function* () {
        const signIn = yield* SignIn.SignIn
        const started = yield* signIn.begin({ callbackUrl, limit: 3, keyLabel: "Mine", returnTo: "/settings" })
        const location = yield* visit(started.authorizationUrl)
        assert.strictEqual(new URL(location).searchParams.has("state"), echoState === "granted")
        const signedIn = yield* signIn.complete(location, started)
        assert.strictEqual(signedIn.returnTo, "/settings")
        const client = yield* OAuthClient.OAuthClient
        const info = yield* client.getCurrentKey(signedIn.key)
        assert.strictEqual(info.label, "Mine")
        assert.strictEqual(info.limit, 3)
      }).pipe(Effect.provide(layer({ approve: true, echoState })))
    )
  }

  for (const profile of ["documented", "observed"] as const) {
    it.effect(`with another verifier's code is refused (${profile})`, () =>
      Effect.gen(function* () {
        const signIn = yield* SignIn.SignIn
        const mine = yield* signIn.begin({ callbackUrl })
        const theirs = yield* signIn.begin({ callbackUrl })
        const injected = new URL(yield* visit(mine.authorizationUrl))
        injected.searchParams.set("code", new URL(yield* visit(theirs.authorizationUrl)).searchParams.get("code") ?? "")
        const error = yield* Effect.flip(signIn.complete(injected, mine))
        assert(error._tag === "Forbidden" || error._tag === "BadRequest")
        assert.strictEqual(error.reason, "InvalidGrant")
      }).pipe(Effect.provide(layer({ approve: true, profile })))
    )
  }

  it.effect("2,000 of them, 64 at a time: none lost, none mixed up", () =>
    Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const client = yield* OAuthClient.OAuthClient
      const keys = yield* Effect.forEach(
        Array.from({ length: 2000 }, (_, i) => `sign-in ${i}`),
        (keyLabel) =>
          Effect.gen(function* () {
            const started = yield* signIn.begin({ callbackUrl, keyLabel })
            const { key } = yield* signIn.complete(yield* visit(started.authorizationUrl), started)
            assert.strictEqual((yield* client.getCurrentKey(key)).label, keyLabel)
            return Redacted.value(key)
          }),
        { concurrency: 64 }
      )
      assert.strictEqual(new Set(keys).size, 2000)
    }).pipe(Effect.provide(layer({ approve: true })))
  )
})
