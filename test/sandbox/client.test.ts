/** This library's client against the sandbox: both profiles, in process and on a socket, and every fault. */

import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Struct from "effect/Struct"
import * as TestClock from "effect/TestClock"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import type { OAuthError, Operation } from "effect-openrouter-oauth/OAuthError"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import { errorTags } from "../util/client.js"

const apiKey = Redacted.make("sk-or-v1-fake-sandbox-account")

type Everything = OAuthClient.OAuthClient | Pkce.Pkce | Sandbox.Sandbox

const inProcess = (options?: Sandbox.Options, client?: OAuthClient.Options): Layer.Layer<Everything, unknown> =>
  Layer.mergeAll(OAuthClient.layer({ apiKey, ...client }), Pkce.layer).pipe(
    Layer.provideMerge(Sandbox.layerHttpClient({ apiKey, ...options })),
    Layer.provide(RetryPolicy.layer(RetryPolicy.none))
  )

const onSocket = (options?: Sandbox.Options, client?: OAuthClient.Options): Layer.Layer<Everything, unknown> =>
  Layer.unwrapEffect(
    Effect.map(SandboxServer, ({ baseUrl }) =>
      Layer.merge(OAuthClient.layer({ apiKey, baseUrl, ...client }), Pkce.layer).pipe(
        Layer.provide([FetchHttpClient.layer, RetryPolicy.layer(RetryPolicy.none)])
      )
    )
  ).pipe(Layer.provideMerge(layerServer({ apiKey, ...options })))

const callbackUrl = "http://localhost:3000/callback"

/** A code with the verifier of its challenge. */
const created = Effect.gen(function* () {
  const client = yield* OAuthClient.OAuthClient
  const pair = yield* (yield* Pkce.Pkce).generate
  const { codeChallenge, codeChallengeMethod } = pair
  const { id } = yield* client.createAuthCode({
    callbackUrl,
    codeChallenge,
    codeChallengeMethod,
    limit: 2,
    keyLabel: "Test"
  })
  return { client, pair, code: id }
})

const exchanged = Effect.gen(function* () {
  const { client, code, pair } = yield* created
  const user = yield* client.exchangeAuthCodeForAPIKey({ code, codeVerifier: pair.codeVerifier })
  return { client, code, pair, user }
})

for (const [home, layer] of [
  ["in process", inProcess],
  ["on a socket", onSocket]
] as const) {
  for (const profile of ["documented", "observed"] as const) {
    describe(`${profile}, ${home}`, () => {
      const refusal = profile === "documented" ? "Forbidden" : "BadRequest"

      it.effect("create, exchange, check the key", () =>
        Effect.gen(function* () {
          const { client, user } = yield* exchanged
          const info = yield* client.getCurrentKey(user.key)
          assert.strictEqual(info.label, "Test")
          assert.strictEqual(info.limit, 2)
          const { requests } = yield* Sandbox.Sandbox
          assert.strictEqual(yield* requests.count("exchangeAuthCodeForAPIKey"), 1)
        }).pipe(Effect.provide(layer({ profile })))
      )

      it.effect("a code works once", () =>
        Effect.gen(function* () {
          const { client, code, pair } = yield* exchanged
          const error = yield* Effect.flip(client.exchangeAuthCodeForAPIKey({ code, codeVerifier: pair.codeVerifier }))
          assert(error._tag === refusal)
          assert.strictEqual(error.reason, "InvalidGrant")
        }).pipe(Effect.provide(layer({ profile })))
      )

      it.effect("a wrong verifier is refused", () =>
        Effect.gen(function* () {
          const { client, code } = yield* created
          const { codeVerifier } = yield* (yield* Pkce.Pkce).generate
          const error = yield* Effect.flip(client.exchangeAuthCodeForAPIKey({ code, codeVerifier }))
          assert(error._tag === refusal)
          assert.strictEqual(error.reason, "InvalidGrant")
        }).pipe(Effect.provide(layer({ profile })))
      )

      it.effect("another method than the code's is refused", () =>
        Effect.gen(function* () {
          const { client, code, pair } = yield* created
          const error = yield* Effect.flip(
            client.exchangeAuthCodeForAPIKey({ code, codeVerifier: pair.codeVerifier, codeChallengeMethod: "plain" })
          )
          assert(error._tag === "BadRequest")
          assert.strictEqual(error.reason, "InvalidCodeChallengeMethod")
        }).pipe(Effect.provide(layer({ profile })))
      )

      it.effect("an unknown key is Unauthorized", () =>
        Effect.gen(function* () {
          const client = yield* OAuthClient.OAuthClient
          const error = yield* Effect.flip(client.getCurrentKey(Redacted.make("sk-or-v1-fake-unknown")))
          assert.strictEqual(error._tag, "Unauthorized")
        }).pipe(Effect.provide(layer({ profile })))
      )
    })
  }

  describe(`faults, ${home}`, () => {
    const calls: {
      readonly [O in Operation]: Effect.Effect<
        unknown,
        OAuthError,
        OAuthClient.OAuthClient | Pkce.Pkce | Sandbox.Sandbox
      >
    } = {
      createAuthCode: created,
      exchangeAuthCodeForAPIKey: exchanged,
      getCurrentKey: Effect.flatMap(OAuthClient.OAuthClient, (client) => client.getCurrentKey(apiKey)),
      createOauthToken: Effect.gen(function* () {
        const { subjectTokens } = yield* Sandbox.Sandbox
        const client = yield* OAuthClient.OAuthClient
        return yield* client.createOauthToken({
          subjectToken: yield* subjectTokens.issue(),
          federationPolicyId: "policy_sandbox"
        })
      }),
      listOauthJwks: Effect.flatMap(OAuthClient.OAuthClient, (client) => client.listOauthJwks)
    }
    const operations = Struct.keys(calls)

    /** Calls an operation that has this one fault, and then once more without it. */
    const faulty = (operation: Operation, fault: Omit<Sandbox.Fault, "operation">) =>
      Effect.gen(function* () {
        const sandbox = yield* Sandbox.Sandbox
        yield* sandbox.faults.add({ operation, ...fault })
        const error = yield* Effect.flip(calls[operation])
        yield* calls[operation]
        return error
      })

    for (const operation of operations) {
      const documented = errorTags[operation]

      it.effect.each(
        [400, 401, 403, 404, 405, 409, 429, 500, 502, 522].flatMap((status) =>
          Sandbox.errorShapes.map((body) => [status, body] as const)
        )
      )(`${operation}: status %i with the body %s`, ([status, body]) =>
        Effect.gen(function* () {
          const error = yield* faulty(operation, { status, body, message: "Asked for by a fault" })
          assert.strictEqual(error._tag, documented[status] ?? "UnexpectedStatus")
          assert("status" in error)
          assert.strictEqual(error.status, status)
          if (body === "standard") assert.include(error.message, '"Asked for by a fault"')
        }).pipe(Effect.provide(layer()))
      )

      it.effect.each(Sandbox.breakages.filter((breakage) => breakage !== "drip"))(
        `${operation}: every breakage: %s`,
        (breakage) =>
          Effect.gen(function* () {
            const expected: { readonly [B in Exclude<Sandbox.Breakage, "drip">]: readonly [string, string?] } = {
              reset: ["ConnectionLost"],
              resetInBody: ["ConnectionLost"],
              truncated: ["ConnectionLost"],
              oversized: ["MalformedResponse", "TooLarge"],
              contentType: ["MalformedResponse", "ContentType"],
              invalidUtf8: ["MalformedResponse", "Encoding"],
              redirect: ["MalformedResponse", "Redirect"]
            }
            const error = yield* faulty(operation, { breakage })
            const [tag, reason] = expected[breakage]
            assert.strictEqual(error._tag, tag, breakage)
            if (error._tag === "MalformedResponse") assert.strictEqual(error.reason, reason, breakage)
          }).pipe(Effect.provide(layer()))
      )

      it.effect(`${operation}: Retry-After`, () =>
        Effect.gen(function* () {
          const error = yield* faulty(operation, { status: 429, retryAfter: "7 seconds" })
          assert(error._tag === "UnexpectedStatus")
          assert.strictEqual(error.retryAfterMillis, 7000)
          assert.strictEqual(error.reason, "RateLimited")
        }).pipe(Effect.provide(layer()))
      )

      it.effect.each([{ breakage: "drip" }, { delay: "1 hour" }] as const)(
        `${operation}: an answer that drips, or never comes, times out: %o`,
        (fault) =>
          Effect.gen(function* () {
            const arrived = yield* Deferred.make<void>()
            const onRequest = (received: Sandbox.ReceivedRequest) => {
              if (received.operation === operation) Deferred.unsafeDone(arrived, Effect.void)
            }
            const timedOut = Effect.gen(function* () {
              const calling = yield* Effect.fork(faulty(operation, fault))
              yield* Deferred.await(arrived)
              yield* TestClock.adjust("100 millis")
              return yield* Fiber.join(calling)
            })
            const error = yield* Effect.provide(timedOut, layer({ onRequest }, { timeout: "100 millis" }))
            assert.strictEqual(error._tag, "TimedOut")
          })
      )
    }
  })
}

describe("expiry, in process", () => {
  it.effect("a code expires after 10 minutes, by Effect's Clock", () =>
    Effect.gen(function* () {
      const { client, code, pair } = yield* created
      yield* TestClock.adjust("10 minutes")
      const error = yield* Effect.flip(client.exchangeAuthCodeForAPIKey({ code, codeVerifier: pair.codeVerifier }))
      assert(error._tag === "Forbidden")
      assert.strictEqual(error.reason, "CodeExpired")
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("a lost answer is told as of unknown outcome, and the code is used up", () =>
    Effect.gen(function* () {
      const { client, code, pair } = yield* created
      const sandbox = yield* Sandbox.Sandbox
      yield* sandbox.faults.add({ operation: "exchangeAuthCodeForAPIKey", breakage: "reset" })
      const lost = yield* Effect.flip(client.exchangeAuthCodeForAPIKey({ code, codeVerifier: pair.codeVerifier }))
      assert.include(lost.message, "the code may be used up")
      const again = yield* Effect.flip(client.exchangeAuthCodeForAPIKey({ code, codeVerifier: pair.codeVerifier }))
      assert.strictEqual(again._tag, "Forbidden")
      assert.strictEqual(yield* sandbox.requests.count("exchangeAuthCodeForAPIKey"), 2)
    }).pipe(Effect.provide(inProcess()))
  )
})
