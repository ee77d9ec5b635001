/** The client, with promises and with Effects, over the runtime's own `fetch`. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import { type Check, equal, matches, rejection, tagOf } from "./check.js"

const callbackUrl = "https://app.example/callback"

const keyByEffects = Effect.gen(function* () {
  const client = yield* OAuthClient.OAuthClient
  const { codeChallenge, codeVerifier } = yield* (yield* Pkce.Pkce).generate
  const { id } = yield* client.createAuthCode({ callbackUrl, codeChallenge, codeChallengeMethod: "S256" })
  const { key } = yield* client.exchangeAuthCodeForAPIKey({
    code: id,
    codeVerifier,
    codeChallengeMethod: "S256"
  })
  return Redacted.value(key)
})

/** A client whose every answer waits for ever, in process. */
const silent = () => {
  const { addFault, apiKey, dispose, handler } = Sandbox.toWebHandler()
  addFault({ delay: "1 hour", times: Number.POSITIVE_INFINITY })
  const fetch: typeof globalThis.fetch = (input, init) => handler(new Request(input, init))
  return { client: createClient({ apiKey, fetch, retries: { strategy: "none" } }), apiKey, dispose }
}

/** How many POSTs 8 exchanges make, one after the other, where kept connections break. */
export const postsOfExchanges = async (
  breakingUrl: string,
  exchange: (code: string) => Promise<unknown>
): Promise<number> => {
  const posts = async () => Number(await (await fetch(`${breakingUrl}/posts`)).text())
  const before = await posts()
  for (let index = 0; index < 8; index++) await exchange(`code-${index}`).catch(() => {})
  return (await posts()) - before
}

/** The runtime's own fetch repeats about every second one. */
const checkPosts = (posts: number, repeats: boolean): void =>
  repeats ? equal(posts > 8, true, `more than 8 POSTs (${posts})`) : equal(posts, 8, "the number of POSTs")

/** Exchanges codes by a layer's client, until it is disposed of. */
export const exchanging = (layer: Layer.Layer<OAuthClient.OAuthClient, unknown>) => {
  const runtime = ManagedRuntime.make(layer)
  const exchange = (code: string) =>
    runtime.runPromise(
      Effect.flatMap(OAuthClient.OAuthClient, (client) =>
        client.exchangeAuthCodeForAPIKey({ code: Redacted.make(code) })
      )
    )
  return { exchange, dispose: () => runtime.dispose() }
}

export const clientChecks: ReadonlyArray<Check> = [
  {
    name: "Pkce: the challenge of RFC 7636, appendix B",
    run: async () => {
      const verifier = Redacted.make("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
      const challenge = await Effect.runPromise(
        Effect.flatMap(Pkce.Pkce, (pkce) => pkce.challenge(verifier)).pipe(Effect.provide(Pkce.layer))
      )
      equal(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    }
  },
  {
    name: "PromiseClient: creates a code, exchanges it for a key, and reads what the key may do",
    run: async ({ apiKey, baseUrl }) => {
      const client = createClient({ apiKey, baseUrl })
      const { codeChallenge, codeVerifier } = await client.createSHA256CodeChallenge()
      const request = { callbackUrl, codeChallenge, codeChallengeMethod: "S256", limit: 5 } as const
      const { id } = await client.createAuthCode(request)
      const { key, userId } = await client.exchangeAuthCodeForAPIKey({ code: id, codeVerifier })
      matches(key, /^sk-or-/)
      equal(userId, "user_sandbox")
      equal((await client.getCurrentKey(key)).limit, 5)
      await client.dispose()
    }
  },
  {
    name: "PromiseClient: a wrong code rejects with the typed error, which holds no secret",
    run: async ({ baseUrl }) => {
      const client = createClient({ baseUrl })
      const error = await rejection(client.exchangeAuthCodeForAPIKey({ code: "wrong-code-0123456789" }))
      equal(tagOf(error), "Forbidden")
      if (String(error).includes("wrong-code-0123456789")) throw new Error("the code is in the error")
    }
  },
  {
    name: "PromiseClient: a call ends at its deadline",
    run: async () => {
      const { apiKey, client, dispose } = silent()
      equal(tagOf(await rejection(client.getCurrentKey(apiKey, { timeoutMs: 20 }))), "TimedOut")
      await dispose()
    }
  },
  {
    name: "PromiseClient: a call ends when its signal aborts, with the reason",
    run: async () => {
      const { apiKey, client, dispose } = silent()
      const controller = new AbortController()
      const call = rejection(client.getCurrentKey(apiKey, { signal: controller.signal }))
      const reason = { because: "the user left" }
      controller.abort(reason)
      equal((await call) === reason, true, "the reason itself")
      await dispose()
    }
  },
  {
    name: "PromiseClient: a refused connection is ConnectionFailed only where the runtime proves it",
    run: async ({ apiKey, closedUrl, refused }) => {
      const client = createClient({ baseUrl: closedUrl, retries: { strategy: "none" } })
      equal(tagOf(await rejection(client.getCurrentKey(apiKey))), refused)
    }
  },
  {
    name: "PromiseClient: a redirect is not followed",
    run: async ({ apiKey, redirectUrl }) => {
      const client = createClient({ baseUrl: redirectUrl, retries: { strategy: "none" } })
      const error = await rejection(client.getCurrentKey(apiKey))
      equal(tagOf(error), "MalformedResponse")
      equal(error instanceof Error && "reason" in error && error.reason, "Redirect")
    }
  },
  {
    name: "OAuthClient.layerFetch: the same for Effect programs",
    run: async ({ apiKey, baseUrl }) => {
      const layer = OAuthClient.layerFetch({ apiKey: Redacted.make(apiKey), baseUrl })
      matches(await Effect.runPromise(Effect.provide(keyByEffects, layer)), /^sk-or-/)
    }
  },
  {
    name: "OAuthClient.layer: over the platform's own client",
    run: async ({ apiKey, baseUrl }) => {
      const layer = OAuthClient.layer({ apiKey: Redacted.make(apiKey), baseUrl }).pipe(
        Layer.provide(FetchHttpClient.layer),
        Layer.merge(Pkce.layer)
      )
      matches(await Effect.runPromise(Effect.provide(keyByEffects, layer)), /^sk-or-/)
    }
  },
  {
    name: "OAuthClient.layer: a refused connection, over the platform's own client",
    run: async ({ apiKey, closedUrl, refused }) => {
      const layer = OAuthClient.layer({ baseUrl: closedUrl }).pipe(
        Layer.provide([FetchHttpClient.layer, RetryPolicy.layer(RetryPolicy.none)])
      )
      const error = await Effect.runPromise(
        Effect.flatMap(OAuthClient.OAuthClient, (client) =>
          Effect.flip(client.getCurrentKey(Redacted.make(apiKey)))
        ).pipe(Effect.provide(layer))
      )
      equal(tagOf(error), refused)
    }
  },
  {
    name: "PromiseClient: a code is sent once where a kept connection breaks, unless the runtime repeats it",
    run: async ({ breakingUrl, repeats }) => {
      const client = createClient({ baseUrl: breakingUrl })
      checkPosts(await postsOfExchanges(breakingUrl, (code) => client.exchangeAuthCodeForAPIKey({ code })), repeats)
      await client.dispose()
    }
  },
  {
    name: "OAuthClient.layerFetch: a code is sent once where a kept connection breaks, unless the runtime repeats it",
    run: async ({ breakingUrl, repeats }) => {
      const { dispose, exchange } = exchanging(OAuthClient.layerFetch({ baseUrl: breakingUrl }))
      checkPosts(await postsOfExchanges(breakingUrl, exchange), repeats)
      await dispose()
    }
  },
  {
    name: "OAuthClient.layerFetch with transformClient: a code is sent once where a kept connection breaks, unless the runtime repeats it",
    run: async ({ breakingUrl, repeats }) => {
      const layer = OAuthClient.layerFetch({ baseUrl: breakingUrl, transformClient: (client) => client })
      const { dispose, exchange } = exchanging(layer)
      checkPosts(await postsOfExchanges(breakingUrl, exchange), repeats)
      await dispose()
    }
  }
]
