/** The official SDK, unchanged, with its server URL at the sandbox. */

import { assert, describe, it } from "@effect/vitest"
import { OpenRouter } from "@openrouter/sdk"
import { OpenRouterCore } from "@openrouter/sdk/core.js"
import { oAuthCreateAuthorizationUrl } from "@openrouter/sdk/funcs/oAuthCreateAuthorizationUrl.js"
import { oAuthCreateSHA256CodeChallenge } from "@openrouter/sdk/funcs/oAuthCreateSHA256CodeChallenge.js"
import * as SdkErrors from "@openrouter/sdk/models/errors"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose"
import { cast } from "../util/cast.js"
import { callbackUrl, codeChallenge, codeVerifier, tokenIn } from "./support.js"

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

  it.effect("makes a challenge and the address of the consent page, and exchanges the code of the form", () =>
    Effect.gen(function* () {
      const { client } = yield* sdk
      const { baseUrl } = yield* SandboxNode.SandboxServer
      const pair = yield* Effect.promise(() => oAuthCreateSHA256CodeChallenge())
      assert(pair.ok)
      const address = oAuthCreateAuthorizationUrl(new OpenRouterCore({ serverURL: baseUrl }), {
        callbackUrl,
        codeChallenge: pair.value.codeChallenge,
        codeChallengeMethod: "S256",
        limit: 5
      })
      assert(address.ok)
      const page = yield* Effect.promise(async () => (await fetch(address.value)).text())
      const fields = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
      const body = new URLSearchParams(fields.map(([, name = "", value = ""]) => [name, value]))
      assert.strictEqual(body.get("token"), tokenIn(page))
      body.set("decision", "authorize")
      const answer = yield* Effect.promise(() =>
        fetch(new URL("/auth", baseUrl), { method: "POST", body, redirect: "manual" })
      )
      const location = new URL(answer.headers.get("location") ?? "")
      assert.strictEqual(location.origin + location.pathname, callbackUrl)
      const code = location.searchParams.get("code") ?? ""
      const { key } = yield* Effect.promise(() => exchange(client, code, pair.value.codeVerifier))
      const { data } = yield* Effect.promise(() =>
        new OpenRouter({ apiKey: key, serverURL: baseUrl }).apiKeys.getCurrentKeyMetadata()
      )
      assert.strictEqual(data.limit, 5)
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

describe("@openrouter/sdk, workload identity", () => {
  it.live("exchanges a subject token for one that the listed keys verify and the chat accepts", () =>
    Effect.gen(function* () {
      const { client, subjectTokens } = yield* sdk
      const { baseUrl } = yield* SandboxNode.SandboxServer
      const subjectToken = Redacted.value(yield* subjectTokens.issue())
      const answer = yield* Effect.promise(() =>
        client.oAuth.createOauthToken({
          tokenExchangeRequest: {
            grantType: "urn:ietf:params:oauth:grant-type:token-exchange",
            subjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
            subjectToken,
            federationPolicyId: "policy_sandbox"
          }
        })
      )
      assert.strictEqual(answer.tokenType, "Bearer")
      const { keys } = yield* Effect.promise(() => client.oAuth.listOauthJwks())
      const { protectedHeader } = yield* Effect.promise(() =>
        jwtVerify(answer.accessToken, createLocalJWKSet(cast<JSONWebKeySet>({ keys })))
      )
      assert.deepInclude(protectedHeader, { alg: "ES256", typ: "at+jwt" })
      const chat = new OpenRouter({ apiKey: answer.accessToken, serverURL: baseUrl })
      const answered = yield* Effect.promise(() =>
        chat.chat.send({
          chatRequest: { model: "sandbox/echo", messages: [{ role: "user", content: "hello" }], stream: false as const }
        })
      )
      assert("choices" in answered)
      assert.strictEqual(answered.choices[0]?.message.content, "hello")
    }).pipe(Effect.provide(SandboxNode.layerServer()))
  )
})
