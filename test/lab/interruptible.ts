/** The operations and sign-ins that the interruption tests run, over a sandbox in process. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import type { Operation } from "effect-openrouter-oauth/OAuthError"
import type { PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import { challenge, verifier } from "../util/client.js"
import type { Program } from "../util/steps.js"

export const callbackUrl = "http://localhost:3000/callback"

/** A sandbox as a client's `fetch`, which counts what it is given. */
export const sandboxed = () => {
  const { apiKey, handler, sandbox } = Sandbox.toWebHandler({ approve: true })
  let sent = 0
  const fetch: typeof globalThis.fetch = (input, init) => {
    sent++
    return handler(new Request(input, init))
  }
  return {
    apiKey,
    fetch,
    sandbox,
    sent: () => sent,
    client: OAuthClient.layerFetch({ apiKey: Redacted.make(apiKey) }).pipe(
      Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch))
    ),
    keys: async () => (await Effect.runPromise(sandbox.keys.all)).length,
    visit: (url: URL) => handler(new Request(url)),
    /** Where the consent page leads back to. */
    consent: async (url: URL) => (await handler(new Request(url))).headers.get("location") ?? ""
  }
}

export type Sandboxed = ReturnType<typeof sandboxed>

/**
 * Builds what a layer provides, before anything is interrupted: Effect itself hangs where the concurrent build of two layers is
 * interrupted at some steps, as `Effect.all` with `concurrency` does.
 */
export const built = <I, S>(tag: Effect.Effect<S, never, I>, layer: Layer.Layer<I, unknown>): Promise<S> =>
  Effect.runPromise(Effect.provide(tag, layer))

/** What a call needs that another one made. */
export interface Made {
  readonly apiKey: string
  readonly code: string
  readonly subjectToken: string
}

export type Call = (made: Made) => Program<unknown, unknown>["run"]

const withChallenge = { callbackUrl, codeChallenge: challenge, codeChallengeMethod: "S256" } as const

export const callsOf = (client: OAuthClient.Service): Readonly<Record<Operation, Call>> => ({
  createAuthCode: () => client.createAuthCode(withChallenge),
  exchangeAuthCodeForAPIKey: (made) => exchange(client, made),
  getCurrentKey: ({ apiKey }) => client.getCurrentKey(Redacted.make(apiKey)),
  createOauthToken: ({ subjectToken }) =>
    client.createOauthToken({ subjectToken: Redacted.make(subjectToken), federationPolicyId: "policy_sandbox" }),
  listOauthJwks: () => client.listOauthJwks
})

/** The same with promises, which a signal aborts. */
export const promiseCallsOf = ({ apiKey, fetch }: Sandboxed): Readonly<Record<Operation, Call>> => {
  const client = createClient({ apiKey, fetch })
  return {
    createAuthCode: () => (signal) => client.createAuthCode(withChallenge, { signal }),
    exchangeAuthCodeForAPIKey:
      ({ code }) =>
      (signal) =>
        client.exchangeAuthCodeForAPIKey({ code, codeVerifier: verifier, codeChallengeMethod: "S256" }, { signal }),
    getCurrentKey:
      ({ apiKey }) =>
      (signal) =>
        client.getCurrentKey(apiKey, { signal }),
    createOauthToken:
      ({ subjectToken }) =>
      (signal) =>
        client.createOauthToken({ subjectToken, federationPolicyId: "policy_sandbox" }, { signal }),
    listOauthJwks: () => (signal) => client.listOauthJwks({ signal })
  }
}

const exchange = (client: OAuthClient.Service, { code }: Pick<Made, "code">) =>
  client.exchangeAuthCodeForAPIKey({
    code: Redacted.make(code),
    codeVerifier: Redacted.make(verifier),
    codeChallengeMethod: "S256"
  })

/** Makes one call after the other: at most one request each, and a code that was not sent still works. */
export const calling = (
  { apiKey, sandbox, sent }: Pick<Sandboxed, "apiKey" | "sandbox" | "sent">,
  client: OAuthClient.Service,
  call: Call | undefined
) => {
  assert(call !== undefined)
  return async (): Promise<Program<unknown, unknown>> => {
    const { id } = await Effect.runPromise(client.createAuthCode(withChallenge))
    const subjectToken = Redacted.value(await Effect.runPromise(sandbox.subjectTokens.issue()))
    const made = { apiKey, code: Redacted.value(id), subjectToken }
    return {
      run: call(made),
      sent,
      holds: async (_, requests) => {
        assert.isAtMost(requests, 1)
        if (requests === 0) await Effect.runPromise(exchange(client, made))
      }
    }
  }
}

/** A sign-in service over a sandbox and a store. */
export const signingIn = async (store: Layer.Layer<PendingSignIns, unknown>) => {
  const sandbox = sandboxed()
  const flow = await built(SignIn.SignIn, SignIn.layer.pipe(Layer.provide([sandbox.client, Pkce.layer, store])))
  return { ...sandbox, flow }
}

export type Completing = "complete" | "completeWithCode"

/** Completes one sign-in after the other: a code is exchanged once at most, and never after an interruption that sent it. */
export const completing =
  ({ consent, flow, keys, sent }: Awaited<ReturnType<typeof signingIn>>, how: Completing) =>
  async (): Promise<Program<SignIn.SignedIn, SignIn.CompleteError>> => {
    const before = await keys()
    const begun = await Effect.runPromise(flow.begin({ callbackUrl }))
    const callback = await consent(begun.authorizationUrl)
    const code = Redacted.make(new URL(callback).searchParams.get("code") ?? "")
    const complete =
      how === "complete" ? flow.complete(callback, begun) : flow.completeWithCode(begun.attempt, code, begun)
    return {
      run: complete,
      sent,
      holds: async (exit, requests) => {
        assert.isAtMost(requests, 1)
        const sentBefore = sent()
        const again = await Effect.runPromiseExit(complete)
        // It is pending, and nothing was sent; or it is over, and nothing will be.
        if (Exit.isSuccess(again)) assert.strictEqual(requests, 0, "its code was sent, and it could be completed again")
        else assert.strictEqual(sent(), sentBefore, "it is over, and its code was sent")
        if (Exit.isSuccess(exit)) assert.strictEqual(requests, 1)
        assert.isAtMost((await keys()) - before, 1)
      }
    }
  }
