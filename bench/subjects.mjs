/**
 * Who is measured. Each one gives the same functions, made for a `fetch` (undefined: the global one), a base URL and a deadline:
 *
 * exchange(n)         n exchanges, one after another
 * turns(n)            n calls, one after another: create and exchange take turns
 * workers(n, many)    n such calls, shared by so many workers
 * refused(n)          the same, where each exchange is answered by 403 and told apart from other failures
 * pkce(n)             n PKCE pairs, one after another
 * create()            one create, checked
 * key()               the key and the user of one exchange
 *
 * A call that does not give what it should ends the run. Everything is imported when it is asked for: a subject runs in a process of
 * its own, without the others' modules.
 */
import { apiKey, created, sent, timeoutMs } from "./exchange.mjs"

const requireTrue = (condition, what) => {
  if (!condition) throw new Error(`${what} gave something else than it should`)
}

/** The functions of a subject whose calls are promises. */
const ofPromises = ({ create, key, once, pair, refusedOnce }) => {
  const times = async (n, run) => {
    for (let i = 0; i < n; i++) await run()
  }
  const turns = (n, exchange) => times(n / 2, () => create().then(exchange))
  return {
    exchange: (n) => times(n, once),
    turns: (n) => turns(n, once),
    workers: async (n, many) => {
      let left = n / 2
      const work = async () => {
        while (left-- > 0) {
          await create()
          await once()
        }
      }
      await Promise.all(Array.from({ length: many }, work))
    },
    refused: (n) => turns(n, refusedOnce),
    pkce: (n) => times(n, pair),
    create,
    key
  }
}

/** The functions of a layer: all calls of a function are in one fiber, but for the workers, which have one each. */
const ofLayer = async (layer) => {
  const Effect = await import("effect/Effect")
  const ManagedRuntime = await import("effect/ManagedRuntime")
  const Redacted = await import("effect/Redacted")
  const { OAuthClient } = await import("effect-openrouter-oauth/OAuthClient")
  const { Pkce } = await import("effect-openrouter-oauth/Pkce")
  const runtime = ManagedRuntime.make(layer)
  const client = await runtime.runPromise(OAuthClient)
  const pkce = await runtime.runPromise(Pkce)
  const request = {
    ...sent,
    code: Redacted.make(sent.code),
    codeVerifier: Redacted.make(sent.codeVerifier)
  }
  const times = (n, effect) =>
    runtime.runPromise(
      Effect.gen(function* () {
        for (let i = 0; i < n; i++) yield* effect
      })
    )
  const once = Effect.suspend(() => client.exchangeAuthCodeForAPIKey(request))
  const create = Effect.suspend(() => client.createAuthCode(created)).pipe(
    Effect.tap(({ id }) => requireTrue((Redacted.isRedacted(id) ? Redacted.value(id) : id) === sent.code, "a create"))
  )
  const turns = (n, exchange) => times(n / 2, Effect.zipRight(create, exchange))
  return {
    exchange: (n) => times(n, once),
    turns: (n) => turns(n, once),
    workers: (n, many) => {
      let left = n / 2
      const worker = Effect.gen(function* () {
        while (left-- > 0) {
          yield* create
          yield* once
        }
      })
      return runtime.runPromise(
        Effect.all(
          Array.from({ length: many }, () => worker),
          { concurrency: "unbounded", discard: true }
        )
      )
    },
    refused: (n) =>
      turns(
        n,
        Effect.zipRight(once, Effect.die(new Error("a 403 gave a key"))).pipe(
          Effect.catchTag("Forbidden", ({ reason }) =>
            Effect.sync(() => requireTrue(reason === "InvalidGrant", "a 403"))
          )
        )
      ),
    pkce: (n) => times(n, pkce.generate),
    create: () => runtime.runPromise(create),
    key: async () => {
      const { key, userId } = await runtime.runPromise(once)
      return { key: Redacted.value(key), userId }
    }
  }
}

const serviceOptions = async ({ baseUrl, deadline }) => {
  const Redacted = await import("effect/Redacted")
  return {
    apiKey: Redacted.make(apiKey),
    baseUrl,
    timeout: deadline ? timeoutMs : Number.POSITIVE_INFINITY
  }
}

const sdkOptions = async ({ baseUrl, fetch }) => {
  const { HTTPClient } = await import("@openrouter/sdk/lib/http.js")
  return {
    apiKey,
    serverURL: baseUrl,
    ...(fetch === undefined ? {} : { httpClient: new HTTPClient({ fetcher: fetch }) })
  }
}

export const subjects = {
  /** `OAuthClient.layerFetch`, as an Effect program uses it. */
  effect: async (settings) => {
    const Layer = await import("effect/Layer")
    const FetchHttpClient = await import("@effect/platform/FetchHttpClient")
    const { layerFetch } = await import("effect-openrouter-oauth/OAuthClient")
    const layer = layerFetch(await serviceOptions(settings))
    return ofLayer(
      settings.fetch === undefined ? layer : Layer.provide(layer, Layer.succeed(FetchHttpClient.Fetch, settings.fetch))
    )
  },

  /** `NodeOAuthClient.layerUndici`. */
  undici: async (settings) => {
    requireTrue(settings.fetch === undefined, "layerUndici over a stub of fetch")
    const { layerUndici } = await import("effect-openrouter-oauth/node/NodeOAuthClient")
    return ofLayer(layerUndici(await serviceOptions(settings)))
  },

  /** `createClient`, as plain async code uses it. */
  promise: async ({ baseUrl, deadline, fetch }) => {
    const { createClient } = await import("effect-openrouter-oauth/PromiseClient")
    const { Forbidden } = await import("effect-openrouter-oauth/OAuthError")
    const client = createClient({ apiKey, baseUrl, fetch, timeoutMs: deadline ? timeoutMs : Number.POSITIVE_INFINITY })
    const once = () => client.exchangeAuthCodeForAPIKey(sent)
    return ofPromises({
      once,
      key: once,
      create: async () => requireTrue((await client.createAuthCode(created)).id === sent.code, "a create"),
      pair: () => client.createSHA256CodeChallenge(),
      refusedOnce: () =>
        once().then(
          () => requireTrue(false, "a 403"),
          (error) => requireTrue(error instanceof Forbidden && error.reason === "InvalidGrant", "a 403")
        )
    })
  },

  /** The official SDK's standalone functions: what the ratios are to. */
  sdk: async (settings) => {
    const { OpenRouterCore } = await import("@openrouter/sdk/core.js")
    const { oAuthCreateAuthCode } = await import("@openrouter/sdk/funcs/oAuthCreateAuthCode.js")
    const { oAuthExchangeAuthCodeForAPIKey } = await import("@openrouter/sdk/funcs/oAuthExchangeAuthCodeForAPIKey.js")
    const { oAuthCreateSHA256CodeChallenge } = await import("@openrouter/sdk/funcs/oAuthCreateSHA256CodeChallenge.js")
    const { ForbiddenResponseError } = await import("@openrouter/sdk/models/errors/forbiddenresponseerror.js")
    const core = new OpenRouterCore(await sdkOptions(settings))
    const options = settings.deadline ? { timeoutMs } : undefined
    const call = () => oAuthExchangeAuthCodeForAPIKey(core, { requestBody: sent }, options)
    const once = async () => {
      const result = await call()
      if (!result.ok) throw result.error
      return result.value
    }
    return ofPromises({
      once,
      key: once,
      create: async () => {
        const result = await oAuthCreateAuthCode(core, { requestBody: created }, options)
        if (!result.ok) throw result.error
        requireTrue(result.value.data.id === sent.code, "a create")
      },
      pair: async () => requireTrue((await oAuthCreateSHA256CodeChallenge()).ok, "a PKCE pair"),
      refusedOnce: async () => {
        const { error, ok } = await call()
        requireTrue(!ok && error instanceof ForbiddenResponseError, "a 403")
      }
    })
  },

  /** The official SDK's class. */
  sdkClass: async (settings) => {
    const { OpenRouter } = await import("@openrouter/sdk")
    const { ForbiddenResponseError } = await import("@openrouter/sdk/models/errors/forbiddenresponseerror.js")
    const sdk = new OpenRouter(await sdkOptions(settings))
    const options = settings.deadline ? { timeoutMs } : undefined
    const once = () => sdk.oAuth.exchangeAuthCodeForAPIKey({ requestBody: sent }, options)
    return ofPromises({
      once,
      key: once,
      create: async () => {
        const { data } = await sdk.oAuth.createAuthCode({ requestBody: created }, options)
        requireTrue(data.id === sent.code, "a create")
      },
      pair: () => sdk.oAuth.createSHA256CodeChallenge(),
      refusedOnce: () =>
        once().then(
          () => requireTrue(false, "a 403"),
          (error) => requireTrue(error instanceof ForbiddenResponseError, "a 403")
        )
    })
  },

  /** The floor: `fetch` and `JSON.parse`, without a check of what comes. */
  fetch: async ({ baseUrl, deadline, fetch = globalThis.fetch }) => {
    const post = (path, body, more) =>
      fetch(baseUrl + path, {
        method: "POST",
        headers: { accept: "application/json", "content-type": "application/json", ...more },
        body: JSON.stringify(body),
        ...(deadline ? { signal: AbortSignal.timeout(timeoutMs) } : {})
      })
    const send = () =>
      post("/auth/keys", {
        code: sent.code,
        code_verifier: sent.codeVerifier,
        code_challenge_method: sent.codeChallengeMethod
      })
    const once = async () => {
      const response = await send()
      requireTrue(response.ok, "fetch")
      return response.json()
    }
    return ofPromises({
      once,
      create: async () => {
        const body = {
          callback_url: created.callbackUrl,
          code_challenge: created.codeChallenge,
          code_challenge_method: created.codeChallengeMethod
        }
        const response = await post("/auth/keys/code", body, { authorization: `Bearer ${apiKey}` })
        requireTrue((await response.json()).data.id === sent.code, "a create")
      },
      key: async () => {
        const { key, user_id } = await once()
        return { key, userId: user_id }
      },
      refusedOnce: async () => {
        const response = await send()
        requireTrue(response.status === 403 && (await response.json()).error.code === 403, "a 403")
      }
    })
  }
}
