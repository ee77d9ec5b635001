/** The mutations without a component; with one they run in react.browser.test.ts. */

import { afterEach, assert, describe, it } from "@effect/vitest"
import { dehydrate, MutationObserver, onlineManager, QueryClient } from "@tanstack/react-query"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import {
  buildOAuthCreateAuthCodeMutation,
  buildOAuthCreateOauthTokenMutation,
  buildOAuthExchangeAuthCodeForAPIKeyMutation,
  mutationKeyOAuthCreateAuthCode,
  mutationKeyOAuthCreateOauthToken,
  mutationKeyOAuthExchangeAuthCodeForAPIKey
} from "effect-openrouter-oauth/react"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"

const setup = () => {
  const sandbox = Sandbox.toWebHandler()
  const requests: Array<Request> = []
  const fetch = (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init)
    requests.push(request)
    return sandbox.handler(request)
  }
  const client = createClient({ apiKey: sandbox.apiKey, fetch })
  const exchanges = () => Effect.runSync(sandbox.sandbox.requests.count("exchangeAuthCodeForAPIKey"))
  /** A code with its verifier, to be exchanged. */
  const grant = async () => {
    const { codeChallenge, codeVerifier } = await client.createSHA256CodeChallenge()
    const { mutationFn } = buildOAuthCreateAuthCodeMutation(client)
    const { id } = await mutationFn({ request: { callbackUrl: "https://app.example/", codeChallenge } })
    return { code: id, codeVerifier }
  }
  return { client, exchanges, grant, requests, sandbox }
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail("resolved"),
    (error: { readonly _tag?: string; readonly message: string }) => error
  )

afterEach(() => onlineManager.setOnline(true))

describe("the mutations", () => {
  it("have the keys of OpenRouter's own hooks", () => {
    assert.deepStrictEqual(mutationKeyOAuthCreateAuthCode(), ["@openrouter/sdk", "OAuth", "createAuthCode"])
    assert.deepStrictEqual(mutationKeyOAuthExchangeAuthCodeForAPIKey(), [
      "@openrouter/sdk",
      "OAuth",
      "exchangeAuthCodeForAPIKey"
    ])
    assert.deepStrictEqual(mutationKeyOAuthCreateOauthToken(), ["@openrouter/sdk", "OAuth", "createOauthToken"])
  })

  it("exchange a subject token for an access token", async () => {
    const { client, sandbox } = setup()
    const subjectToken = Redacted.value(await Effect.runPromise(sandbox.sandbox.subjectTokens.issue()))
    const { mutationFn } = buildOAuthCreateOauthTokenMutation(client)
    const token = await mutationFn({ request: { subjectToken, federationPolicyId: "policy_sandbox" } })
    assert.strictEqual(token.tokenType, "Bearer")
    assert.strictEqual(token.accessToken.split(".").length, 3)
  })

  it("give plain values, and fail with the tagged error itself", async () => {
    const { client, grant } = setup()
    const { mutationFn } = buildOAuthExchangeAuthCodeForAPIKeyMutation(client)
    const request = await grant()
    const { key, userId } = await mutationFn({ request })
    assert.match(key, /^sk-or-v1-/)
    assert.strictEqual(userId, "user_sandbox")
    assert.strictEqual((await failure(mutationFn({ request })))._tag, "Forbidden")
    const { mutationFn: create } = buildOAuthCreateAuthCodeMutation(createClient())
    const request2 = { callbackUrl: "https://app.example/" }
    assert.strictEqual((await failure(create({ request: request2 })))._tag, "InvalidRequest")
  })

  it("take options from the hook and from the call; the call's win, and either signal aborts", async () => {
    const { client, grant, requests, sandbox } = setup()
    const request = await grant()
    const hook = new AbortController()
    const { mutationFn } = buildOAuthExchangeAuthCodeForAPIKeyMutation(client, {
      appTitle: "hook",
      httpReferer: "https://hook.example",
      fetchOptions: { credentials: "omit", cache: "no-store" },
      signal: hook.signal
    })
    await mutationFn({ request, options: { appTitle: "call", fetchOptions: { cache: "reload" } } })
    const sent = requests.at(-1)
    assert.strictEqual(sent?.headers.get("x-openrouter-title"), "call")
    assert.strictEqual(sent?.headers.get("http-referer"), "https://hook.example")
    assert.strictEqual(sent?.cache, "reload")
    assert.strictEqual(sent?.credentials, "omit")
    sandbox.addFault({ delay: "1 hour", times: 2 })
    const call = new AbortController()
    const first = failure(mutationFn({ request, options: { signal: call.signal } }))
    call.abort(new Error("by the call"))
    assert.strictEqual((await first).message, "by the call")
    const second = failure(mutationFn({ request, options: { signal: new AbortController().signal } }))
    hook.abort(new Error("by the hook"))
    assert.strictEqual((await second).message, "by the hook")
    await sandbox.dispose()
  })

  it("never send a code again, also where the app's defaults retry everything", async () => {
    const { client, exchanges, grant, sandbox } = setup()
    const queryClient = new QueryClient({ defaultOptions: { mutations: { retry: 3, retryDelay: 0 } } })
    sandbox.addFault({ operation: "exchangeAuthCodeForAPIKey", status: 500, times: 4 })
    const observer = new MutationObserver(queryClient, buildOAuthExchangeAuthCodeForAPIKeyMutation(client))
    assert.strictEqual((await failure(observer.mutate({ request: await grant() })))._tag, "InternalServer")
    assert.strictEqual(exchanges(), 1)
  })

  it("are never paused: a persister would keep what waits, with its code and verifier", async () => {
    const { client, grant } = setup()
    const queryClient = new QueryClient()
    const request = await grant()
    onlineManager.setOnline(false)
    const observer = new MutationObserver(queryClient, buildOAuthExchangeAuthCodeForAPIKeyMutation(client))
    const mutating = observer.mutate({ request })
    assert.deepStrictEqual(dehydrate(queryClient).mutations, [])
    assert.match((await mutating).key, /^sk-or-v1-/)
  })

  it("leave the cache with who asked", async () => {
    const { client, grant } = setup()
    const queryClient = new QueryClient()
    const observer = new MutationObserver(queryClient, buildOAuthExchangeAuthCodeForAPIKeyMutation(client))
    const stop = observer.subscribe(() => {})
    await observer.mutate({ request: await grant() })
    assert.lengthOf(queryClient.getMutationCache().getAll(), 1)
    const removed = new Promise<void>((resolve) => {
      queryClient.getMutationCache().subscribe(({ type }) => type === "removed" && resolve())
    })
    stop()
    await removed
    assert.lengthOf(queryClient.getMutationCache().getAll(), 0)
  })
})
