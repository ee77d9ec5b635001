/** The official SDK, unchanged, with its server URL at the sandbox. */

import { assert, describe, it } from "@effect/vitest"
import { OpenRouter } from "@openrouter/sdk"
import * as SdkErrors from "@openrouter/sdk/models/errors"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import { cast } from "../util/cast.js"
import { callbackUrl, codeChallenge, codeVerifier } from "./support.js"

const sdk = Effect.gen(function* () {
  const { baseUrl } = yield* SandboxNode.SandboxServer
  const sandbox = yield* Sandbox.Sandbox
  const client = new OpenRouter({
    apiKey: Redacted.value(sandbox.keys.apiKey),
    serverURL: baseUrl,
    httpReferer: "https://app.example/",
    appTitle: "An app",
    retryConfig: { strategy: "none" }
  })
  return { ...sandbox, client }
})

const create = (client: OpenRouter) =>
  client.oAuth.createAuthCode({ requestBody: { callbackUrl, codeChallenge, codeChallengeMethod: "S256", limit: 5 } })

const exchange = (client: OpenRouter, code: string, verifier = codeVerifier) =>
  client.oAuth.exchangeAuthCodeForAPIKey({
    requestBody: { code, codeVerifier: verifier, codeChallengeMethod: "S256" }
  })

const rejection = (run: () => Promise<unknown>) =>
  Effect.flip(Effect.tryPromise({ try: run, catch: (error) => cast<Error & { readonly statusCode?: number }>(error) }))

describe("@openrouter/sdk", () => {
  it.effect("creates a code, exchanges it, and reads the key", () =>
    Effect.gen(function* () {
      const { client, requests } = yield* sdk
      const { data } = yield* Effect.promise(() => create(client))
      assert.match(data.createdAt, /Z$/)
      const { key, userId } = yield* Effect.promise(() => exchange(client, data.id))
      assert.strictEqual(userId, "user_sandbox")
      assert.match(key, /^sk-or-v1-/)
      const [received] = yield* requests.all
      assert.strictEqual(received?.headers["http-referer"], "https://app.example/")
      assert.strictEqual(received?.headers["x-openrouter-title"], "An app")
      assert.strictEqual((yield* rejection(() => exchange(client, data.id))).name, "ForbiddenResponseError")
    }).pipe(Effect.provide(SandboxNode.layerServer()))
  )

  it.effect("throws its own error classes where the sandbox refuses", () =>
    Effect.gen(function* () {
      const { client, keys } = yield* sdk
      const { data } = yield* Effect.promise(() => create(client))
      const forbidden = yield* rejection(() => exchange(client, data.id, codeVerifier.replace("d", "e")))
      assert.instanceOf(forbidden, SdkErrors.ForbiddenResponseError)
      assert.strictEqual(forbidden.message, "Invalid code or code_verifier")
      const bad = yield* rejection(() =>
        client.oAuth.createAuthCode({ requestBody: { callbackUrl: "http://app.example/" } })
      )
      assert.instanceOf(bad, SdkErrors.BadRequestResponseError)
      yield* keys.revoke(keys.apiKey)
      assert.instanceOf(yield* rejection(() => create(client)), SdkErrors.UnauthorizedResponseError)
    }).pipe(Effect.provide(SandboxNode.layerServer()))
  )

  const classes = [
    [400, SdkErrors.BadRequestResponseError],
    [401, SdkErrors.UnauthorizedResponseError],
    [403, SdkErrors.ForbiddenResponseError],
    [409, SdkErrors.ConflictResponseError],
    [500, SdkErrors.InternalServerResponseError],
    [429, SdkErrors.OpenRouterDefaultError],
    [503, SdkErrors.OpenRouterDefaultError]
  ] as const
  for (const [status, errorClass] of classes) {
    it.effect(`throws ${errorClass.name} for a fault of status ${status}`, () =>
      Effect.gen(function* () {
        const { client, faults } = yield* sdk
        yield* faults.add({ operation: "createAuthCode", status })
        const error = yield* rejection(() => create(client))
        assert.instanceOf(error, errorClass)
        assert.strictEqual(error.statusCode, status)
      }).pipe(Effect.provide(SandboxNode.layerServer()))
    )
  }
})
