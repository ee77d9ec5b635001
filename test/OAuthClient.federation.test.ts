/** createOauthToken (RFC 8693) and listOauthJwks: what goes over the wire, what comes back, and what nobody may see. */
import { inspect } from "node:util"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as NodeOAuthClient from "effect-openrouter-oauth/node/NodeOAuthClient"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import type { InvalidRequest, Reason } from "effect-openrouter-oauth/OAuthError"
import * as PromiseClient from "effect-openrouter-oauth/PromiseClient"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import * as Jose from "jose"
import { accessToken, json, mocked, ok, subjectToken } from "./util/client.js"

const request = { subjectToken: Redacted.make(subjectToken), federationPolicyId: "policy fake&more" }

const exchange = (input: Parameters<OAuthClient.Service["createOauthToken"]>[0] = request) =>
  Effect.flatMap(OAuthClient.OAuthClient, (client) => client.createOauthToken(input))

const textOf = (body: { readonly _tag: string; readonly body?: unknown }): string => {
  assert(body._tag === "Uint8Array" && body.body instanceof Uint8Array)
  return new TextDecoder().decode(body.body)
}

describe("createOauthToken", () => {
  it.effect("sends a form, with the constants of RFC 8693 and without an API key", () =>
    Effect.gen(function* () {
      const { layer, requests } = mocked(() => json(200, ok.createOauthToken))
      yield* exchange({ ...request, scope: "inference" }).pipe(Effect.provide(layer))
      const [sent] = requests
      assert(sent !== undefined)
      assert.strictEqual(sent.method, "POST")
      assert.strictEqual(sent.url, "https://openrouter.ai/api/v1/oauth/token")
      assert.strictEqual(sent.headers["content-type"], "application/x-www-form-urlencoded")
      assert.notProperty(sent.headers, "authorization")
      assert.strictEqual(
        textOf(sent.body),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange" +
          "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt" +
          `&subject_token=${subjectToken}&federation_policy_id=policy+fake%26more&scope=inference`
      )
    })
  )

  it.effect("sends no scope where none is given", () =>
    Effect.gen(function* () {
      const { layer, requests } = mocked(() => json(200, ok.createOauthToken))
      yield* exchange({ ...request, scope: undefined }).pipe(Effect.provide(layer))
      assert.notInclude(textOf(requests[0]?.body ?? { _tag: "Empty" }), "scope")
    })
  )

  it.effect("gives the access token, Redacted, and everything that came with it", () =>
    Effect.gen(function* () {
      const { layer } = mocked(() => json(200, ok.createOauthToken))
      const { accessToken: token, ...rest } = yield* exchange().pipe(Effect.provide(layer))
      assert.strictEqual(Redacted.value(token), accessToken)
      assert.deepStrictEqual(rest, {
        issuedTokenType: "urn:ietf:params:oauth:token-type:access_token",
        tokenType: "Bearer",
        expiresIn: 900,
        scope: "inference"
      })
    })
  )

  const refusals: ReadonlyArray<readonly [string, unknown, string, RegExp]> = [
    ["a subject token that is no JWT", { ...request, subjectToken: Redacted.make("fake") }, "subjectToken", /JWT/],
    ["an empty subject token", { ...request, subjectToken: Redacted.make("") }, "subjectToken", /JWT/],
    [
      "a subject token with a line break",
      { ...request, subjectToken: Redacted.make(`${subjectToken}\n`) },
      "subjectToken",
      /JWT/
    ],
    ["a subject token that is plain text", { ...request, subjectToken }, "subjectToken", /Redacted/],
    [
      "a subject token over 16 KiB",
      { ...request, subjectToken: Redacted.make(`a.b.${"c".repeat(16 * 1024)}`) },
      "subjectToken",
      /16 KiB/
    ],
    ["no policy", { subjectToken: request.subjectToken }, "federationPolicyId", /missing|string/],
    ["an empty policy", { ...request, federationPolicyId: "" }, "federationPolicyId", /empty/],
    ["an empty scope", { ...request, scope: "" }, "scope", /empty/]
  ]
  it.effect.each(refusals)("refuses %s before any I/O", ([, input, path, message]) =>
    Effect.gen(function* () {
      const { layer, requests } = mocked(() => json(500, {}))
      const error = yield* OAuthClient.OAuthClient.pipe(
        Effect.flatMap(
          (client): Effect.Effect<unknown, { readonly _tag: string }> =>
            Reflect.apply(client.createOauthToken, client, [input])
        ),
        Effect.flip,
        Effect.provide(layer)
      )
      assert(error._tag === "InvalidRequest" && "issues" in error && Array.isArray(error.issues))
      assert.deepStrictEqual(
        error.issues.map((issue) => issue.path),
        [path]
      )
      assert.match(error.issues[0].message, message)
      assert.lengthOf(requests, 0)
      assert.notInclude(inspect(error), subjectToken)
    })
  )

  it.effect("a subject token of exactly 16 KiB is sent", () =>
    Effect.gen(function* () {
      const { layer, requests } = mocked(() => json(200, ok.createOauthToken))
      yield* exchange({ ...request, subjectToken: Redacted.make(`a.b.${"c".repeat(16 * 1024 - 4)}`) }).pipe(
        Effect.provide(layer)
      )
      assert.lengthOf(requests, 1)
    })
  )

  const answers: ReadonlyArray<readonly [number, string, string | undefined, string, Reason]> = [
    [400, "invalid_grant", "The subject token has expired", "BadRequest", "InvalidSubjectToken"],
    [400, "invalid_grant", undefined, "BadRequest", "InvalidSubjectToken"],
    [
      400,
      "invalid_grant",
      "The aud of the subject token is not what the policy asks for",
      "BadRequest",
      "InvalidSubjectToken"
    ],
    [400, "invalid_grant", "There is no such federation policy", "BadRequest", "PolicyRefused"],
    [400, "invalid_scope", "scope must be inference", "BadRequest", "ScopeRefused"],
    [400, "invalid_request", "federation_policy_id is missing", "BadRequest", "ValidationFailed"],
    [400, "unsupported_grant_type", undefined, "BadRequest", "ValidationFailed"],
    [400, "made_up_some_day", undefined, "BadRequest", "Other"],
    [413, "invalid_request", "The body must have at most 32768 bytes", "UnexpectedStatus", "ValidationFailed"],
    [429, "invalid_request", undefined, "UnexpectedStatus", "RateLimited"],
    [500, "server_error", undefined, "InternalServer", "Other"],
    [503, "temporarily_unavailable", "Try again", "UnexpectedStatus", "Other"]
  ]
  it.effect.each(answers)("status %s with %s (%s) is %s, %s", ([status, error, error_description, tag, reason]) =>
    Effect.gen(function* () {
      const { layer } = mocked(() => json(status, { error, error_description }, { "retry-after": "7" }))
      const failure = yield* exchange().pipe(
        Effect.flip,
        Effect.provide(Layer.merge(layer, RetryPolicy.layer(RetryPolicy.none)))
      )
      assert.strictEqual(failure._tag, tag)
      assert("reason" in failure && "serverMessage" in failure && "retryAfterMillis" in failure)
      assert.strictEqual(failure.reason, reason)
      assert.strictEqual(failure.serverMessage, [error, error_description].filter(Boolean).join(": "))
      assert.strictEqual(failure.retryAfterMillis, 7000)
    })
  )

  it.effect("no subject token shows where the server echoes it, percent-encoded too", () =>
    Effect.gen(function* () {
      const echo = `${subjectToken} ${encodeURIComponent(encodeURIComponent(subjectToken)).replace(/e/g, "%2565")}`
      const { layer } = mocked(() => json(418, { error: "invalid_grant", error_description: echo }))
      const failure = yield* exchange().pipe(Effect.flip, Effect.provide(layer))
      for (const shown of [
        inspect(failure, { depth: 9, showHidden: true }),
        JSON.stringify(failure),
        String(failure)
      ]) {
        assert.notInclude(shown, subjectToken.slice(0, 30))
        assert.notInclude(decodeURIComponent(decodeURIComponent(shown.replace(/%(?!25|65)/g, ""))), subjectToken)
      }
    })
  )

  it.effect("no access token shows where the answer is not as documented", () =>
    Effect.gen(function* () {
      const { layer } = mocked(() => json(200, { access_token: accessToken, expires_in: accessToken }))
      const failure = yield* exchange().pipe(Effect.flip, Effect.provide(layer))
      assert(failure._tag === "MalformedResponse")
      assert.strictEqual(failure.reason, "Schema")
      assert.notInclude(inspect(failure, { depth: 9, showHidden: true }), accessToken)
    })
  )
})

describe("listOauthJwks", () => {
  it.effect("gets the keys, without an API key", () =>
    Effect.gen(function* () {
      const { layer, requests } = mocked(() => json(200, ok.listOauthJwks))
      const client = Effect.flatMap(OAuthClient.OAuthClient, ({ listOauthJwks }) => listOauthJwks)
      assert.deepStrictEqual<unknown>(yield* Effect.provide(client, layer), ok.listOauthJwks)
      assert.strictEqual(requests[0]?.method, "GET")
      assert.strictEqual(requests[0]?.url, "https://openrouter.ai/api/v1/oauth/jwks")
      assert.notProperty(requests[0]?.headers, "authorization")
    })
  )
})

describe("the promise face, against the sandbox", () => {
  const setup = async () => {
    const sandbox = Sandbox.toWebHandler()
    const client = PromiseClient.createClient({
      fetch: (input, init) => sandbox.handler(new Request(input, init)),
      retries: { strategy: "none" }
    })
    const subject = Redacted.value(await Effect.runPromise(sandbox.sandbox.subjectTokens.issue()))
    return { client, sandbox, subject }
  }

  it("exchanges a subject token for plain strings: a token that the listed keys verify and that chats as a key does", async () => {
    const { client, sandbox, subject } = await setup()
    const token = await client.createOauthToken({ subjectToken: subject, federationPolicyId: "policy_sandbox" })
    assert.strictEqual(token.accessToken.split(".").length, 3)
    assert.isAtMost(token.expiresIn, 900)
    const { keys } = await client.listOauthJwks()
    const { payload, protectedHeader } = await Jose.jwtVerify(
      token.accessToken,
      Jose.createLocalJWKSet({ keys: [...keys] })
    )
    assert.strictEqual(protectedHeader.typ, "at+jwt")
    assert.isAtMost((payload.exp ?? Number.NaN) - (payload.iat ?? Number.NaN), 900)
    const answer = await sandbox.handler(
      new Request("http://127.0.0.1/api/v1/chat/completions", {
        method: "POST",
        headers: { authorization: `Bearer ${token.accessToken}`, "content-type": "application/json" },
        body: JSON.stringify({ model: "openai/gpt-4o", messages: [{ role: "user", content: "Hello" }] })
      })
    )
    assert.strictEqual(answer.status, 200)
  })

  it("rejects with the tagged error itself", async () => {
    const { client, subject } = await setup()
    const result = await PromiseClient.oAuthCreateOauthToken(client, {
      subjectToken: subject,
      federationPolicyId: "policy_other"
    })
    assert(!result.ok && "reason" in result.error)
    assert.strictEqual(result.error.reason, "PolicyRefused")
  })

  it.each([
    ["tampered", (token: string) => `${token.slice(0, -8)}AAAAAAAA`],
    ["unsigned (alg: none)", (token: string) => `eyJhbGciOiJub25lIn0.${token.split(".")[1]}.`]
  ])("a %s subject token is InvalidSubjectToken", async (_, spoil) => {
    const { client, subject } = await setup()
    const result = await PromiseClient.oAuthCreateOauthToken(client, {
      subjectToken: spoil(subject),
      federationPolicyId: "policy_sandbox"
    })
    assert(!result.ok && "reason" in result.error)
    assert.strictEqual(result.error.reason, "InvalidSubjectToken")
  })

  it("a scope that the policy does not give is ScopeRefused", async () => {
    const { client, subject } = await setup()
    const result = await PromiseClient.oAuthCreateOauthToken(client, {
      subjectToken: subject,
      federationPolicyId: "policy_sandbox",
      scope: "everything"
    })
    assert(!result.ok && "reason" in result.error)
    assert.strictEqual(result.error.reason, "ScopeRefused")
  })

  it("oAuthListOauthJwks takes no request, or an empty one, and options", async () => {
    const { client } = await setup()
    assert.isTrue((await PromiseClient.oAuthListOauthJwks(client)).ok)
    assert.isTrue((await PromiseClient.oAuthListOauthJwks(client, {}, { timeoutMs: 5000 })).ok)
  })
})

describe("on a socket", () => {
  const http = (client: Layer.Layer<HttpClient.HttpClient>) => (baseUrl: string) =>
    Layer.provide(OAuthClient.layer({ baseUrl }), client)
  const transports: ReadonlyArray<
    readonly [string, (baseUrl: string) => Layer.Layer<OAuthClient.OAuthClient, InvalidRequest>]
  > = [
    ["fetch", (baseUrl) => OAuthClient.layerFetch({ baseUrl })],
    ["undici", (baseUrl) => NodeOAuthClient.layerUndici({ baseUrl })],
    ["the platform's fetch client", http(FetchHttpClient.layer)],
    ["Node's http client", http(NodeHttpClient.layer)]
  ]
  it.scopedLive.each(transports)("an exchange by %s", ([, layerOf]) =>
    Effect.gen(function* () {
      const home = yield* Layer.build(SandboxNode.layerServer())
      const { baseUrl } = Context.get(home, SandboxNode.SandboxServer)
      const issued = yield* Context.get(home, Sandbox.Sandbox).subjectTokens.issue()
      const token = yield* exchange({ subjectToken: issued, federationPolicyId: "policy_sandbox" }).pipe(
        Effect.provide(layerOf(baseUrl))
      )
      assert.strictEqual(token.scope, "inference")
    })
  )
})
