import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as NodeOAuthClient from "effect-openrouter-oauth/node/NodeOAuthClient"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import { InvalidRequest } from "effect-openrouter-oauth/OAuthError"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import { call, challenge, ok, verifier } from "../util/client.js"
import { json, serve } from "../util/server.js"

describe("layerUndici", () => {
  it.scopedLive("makes a pair, a code and a key with it, on the sandbox", () =>
    Effect.gen(function* () {
      const sandbox = yield* Layer.build(SandboxNode.layerServer())
      const { baseUrl } = Context.get(sandbox, SandboxNode.SandboxServer)
      const { apiKey } = Context.get(sandbox, Sandbox.Sandbox).keys
      yield* Effect.gen(function* () {
        const client = yield* OAuthClient.OAuthClient
        const pair = yield* (yield* Pkce.Pkce).generate
        const { id } = yield* client.createAuthCode({
          callbackUrl: "https://app.example/callback",
          codeChallenge: pair.codeChallenge
        })
        const { key } = yield* client.exchangeAuthCodeForAPIKey({ code: id, codeVerifier: pair.codeVerifier })
        assert.match(Redacted.value(key), /^sk-or-/)
        const { label } = yield* client.getCurrentKey(key)
        assert.isNotEmpty(label)
      }).pipe(Effect.provide(NodeOAuthClient.layerUndici({ apiKey, baseUrl })))
    })
  )

  it.scopedLive("keeps connections for the next calls, and closes them with the layer", () =>
    Effect.gen(function* () {
      const sockets = new Set<unknown>()
      const server = yield* serve((_, response, socket) => {
        sockets.add(socket)
        json(response, 200, JSON.stringify(ok.exchangeAuthCodeForAPIKey))
      })
      yield* Effect.repeatN(call("exchangeAuthCodeForAPIKey"), 4).pipe(
        Effect.provide(NodeOAuthClient.layerUndici({ baseUrl: server.baseUrl }))
      )
      assert.lengthOf(server.received, 5)
      // The next call may come before the first connection is free again.
      assert.isAtMost(sockets.size, 2)
      yield* Effect.promise(() => server.closed)
    })
  )

  it.scopedLive("reads the headers of an error, also those that come twice, and no others", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, response) => {
        response.setHeader("cf-ray", ["fake-1", "fake-2"])
        json(response, 403, "{}")
      })
      const error = yield* Effect.flip(call("exchangeAuthCodeForAPIKey")).pipe(
        Effect.provide(NodeOAuthClient.layerUndici({ baseUrl: server.baseUrl }))
      )
      assert(error._tag === "Forbidden")
      assert.strictEqual(error.requestId, "fake-1, fake-2")
      assert.isUndefined(error.retryAfter)
    })
  )

  it.effect("has the challenge of RFC 7636, appendix B, and refuses what is no verifier", () =>
    Effect.gen(function* () {
      const pkce = yield* Pkce.Pkce
      assert.strictEqual(yield* pkce.challenge(Redacted.make(verifier)), challenge)
      assert.strictEqual(yield* pkce.challenge(Redacted.make(verifier), "plain"), verifier)
      assert.instanceOf(yield* Effect.flip(pkce.challenge(Redacted.make("too short"))), InvalidRequest)
    }).pipe(Effect.provide(NodeOAuthClient.layerUndici()))
  )

  it.effect("gives a fresh pair each time, the same kind as everywhere", () =>
    Effect.gen(function* () {
      const node = yield* Pkce.Pkce
      const pairs = yield* Effect.all(Array.from({ length: 200 }, () => node.generate))
      assert.strictEqual(new Set(pairs.map(({ codeVerifier }) => Redacted.value(codeVerifier))).size, 200)
      for (const { codeChallenge, codeChallengeMethod, codeVerifier } of pairs) {
        assert.match(Redacted.value(codeVerifier), /^[A-Za-z0-9_-]{43}$/)
        assert.strictEqual(codeChallengeMethod, "S256")
        const webCrypto = yield* Effect.provide(Pkce.Pkce, Pkce.layer)
        assert.strictEqual(codeChallenge, yield* webCrypto.challenge(codeVerifier))
      }
    }).pipe(Effect.provide(NodeOAuthClient.layerUndici()))
  )

  it.effect("refuses bad options as a failed layer", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        Effect.provide(OAuthClient.OAuthClient, NodeOAuthClient.layerUndici({ baseUrl: "http://app.example" }))
      )
      assert(Exit.isFailure(exit))
      const error = yield* Effect.flip(exit)
      assert.instanceOf(error, InvalidRequest)
    })
  )
})
