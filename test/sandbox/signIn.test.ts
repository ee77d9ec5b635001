/** The flow against the sandbox's consent page: what it sends back is what the flow takes. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import { callbackUrl, layer, visit } from "./flow.js"

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
})
