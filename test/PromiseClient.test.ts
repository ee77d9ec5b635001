import { getEventListeners } from "node:events"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import {
  BadRequest,
  ConnectionFailed,
  Forbidden,
  InternalServer,
  InvalidRequest,
  isOAuthError,
  TimedOut,
  Unauthorized,
  UnexpectedStatus
} from "effect-openrouter-oauth/OAuthError"
import * as PromiseClient from "effect-openrouter-oauth/PromiseClient"
import { afterEach, vi } from "vitest"
import { cast } from "./util/cast.js"
import { json, serve, type TestServer } from "./util/server.js"
import { fakeKey, rfcChallenge, rfcVerifier } from "./util/words.js"

const callbackUrl = "https://app.example/callback"
const code = "fake-code-0123456789"
const apiKey = "sk-or-v1-fake-api-key-0123456789"

const answers = {
  "/auth/keys/code": { data: { id: code, app_id: 7, created_at: "2026-11-21T00:00:00Z" } },
  "/auth/keys": { key: fakeKey, user_id: "user_fake" },
  "/key": { data: { label: "fake", usage: 1.5, limit: 10, limit_remaining: 8.5 } }
}

type Handler = Parameters<typeof serve>[0]

const answering: Handler = (request, response) => {
  const path = cast<keyof typeof answers>(request.url.replace(/^.*\/api\/v1/, ""))
  json(response, 200, answers[path])
}

const hanging: Handler = () => {}

const withServer = async (handler: Handler, use: (server: TestServer) => Promise<void>): Promise<void> => {
  const scope = await Effect.runPromise(Scope.make())
  try {
    await use(await Effect.runPromise(Scope.extend(serve(handler), scope)))
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

/** A `fetch` that answers by itself, and what it was asked. */
const stubFetch = (answer: (attempt: number) => Response | Promise<Response>) => {
  const asked: Array<{ readonly url: string; readonly init: RequestInit }> = []
  const fetch = (input: string | URL | Request, init: RequestInit = {}) => {
    asked.push({ url: String(input), init })
    return Promise.resolve(answer(asked.length))
  }
  return { fetch, asked }
}

const jsonResponse = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } })

/** Whatever is asked, it is answered. */
const anyAnswer = () =>
  jsonResponse(200, { ...answers["/auth/keys"], data: { ...answers["/auth/keys/code"].data, ...answers["/key"].data } })

/** What a promise rejects with. */
const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  assert.fail(`it must reject, and gave ${inspect(value)}`)
}

/** A call that must not throw, but reject with InvalidRequest; the fields that it names. */
const refusal = async (call: () => Promise<unknown>): Promise<ReadonlyArray<string>> => {
  let promise: Promise<unknown> | undefined
  try {
    promise = call()
  } catch (error) {
    assert.fail(`it threw ${inspect(error)}`)
  }
  assert.instanceOf(promise, Promise)
  const error = await rejection(promise)
  assert.instanceOf(error, InvalidRequest, inspect(error))
  return error.issues.map(({ path }) => path)
}

const methodsOf = (client: PromiseClient.PromiseClient, call?: PromiseClient.CallOptions) => ({
  createAuthCode: () => client.createAuthCode({ callbackUrl }, call),
  exchangeAuthCodeForAPIKey: () => client.exchangeAuthCodeForAPIKey({ code, codeVerifier: rfcVerifier }, call),
  getCurrentKey: () => client.getCurrentKey(fakeKey, call)
})

const methods = ["createAuthCode", "exchangeAuthCodeForAPIKey", "getCurrentKey"] as const

/** The official SDK's settings, in a hurry. */
const soon: PromiseClient.SharedOptions["retries"] = {
  strategy: "backoff",
  backoff: { initialInterval: 0, maxInterval: 0, exponent: 1, maxElapsedTime: 3_600_000 }
}

describe("over a real socket", () => {
  it("gives plain values: secrets are strings", () =>
    withServer(answering, async ({ baseUrl, received }) => {
      const client = PromiseClient.createClient({ baseUrl, apiKey })
      assert.deepStrictEqual(
        await client.createAuthCode({ callbackUrl, codeChallenge: rfcChallenge, limit: 5, expiresAt: new Date(0) }),
        { id: code, appId: 7, createdAt: "2026-11-21T00:00:00Z" }
      )
      assert.deepStrictEqual(await client.exchangeAuthCodeForAPIKey({ code, codeVerifier: rfcVerifier }), {
        key: fakeKey,
        userId: "user_fake"
      })
      const info = await client.getCurrentKey(fakeKey)
      assert.strictEqual(info.label, "fake")
      assert.strictEqual(info.limitRemaining, 8.5)
      assert.deepStrictEqual(
        received.map(({ body, headers, method, url }) => ({
          line: `${method} ${url}`,
          authorization: headers.authorization,
          body: body === "" ? undefined : JSON.parse(body)
        })),
        [
          {
            line: "POST /api/v1/auth/keys/code",
            authorization: `Bearer ${apiKey}`,
            body: {
              callback_url: callbackUrl,
              code_challenge: rfcChallenge,
              code_challenge_method: "S256",
              limit: 5,
              expires_at: "1970-01-01T00:00:00.000Z"
            }
          },
          {
            line: "POST /api/v1/auth/keys",
            authorization: `Bearer ${apiKey}`,
            body: { code, code_verifier: rfcVerifier, code_challenge_method: "S256" }
          },
          { line: "GET /api/v1/key", authorization: `Bearer ${fakeKey}`, body: undefined }
        ]
      )
      await client.dispose()
    }))

  it("sends no Authorization with an exchange unless a key was given", () =>
    withServer(answering, async ({ baseUrl, received }) => {
      await PromiseClient.createClient({ baseUrl }).exchangeAuthCodeForAPIKey({ code })
      assert.notProperty(received[0]?.headers, "authorization")
    }))

  it("rejects with the tagged error itself", () =>
    withServer(
      (request, response) =>
        json(response, Number(request.headers["x-status"]), { error: { code: 400, message: "Invalid code" } }),
      async ({ baseUrl }) => {
        const client = PromiseClient.createClient({ baseUrl, apiKey, retries: { strategy: "none" } })
        const failing = async (status: number, method: (typeof methods)[number]) =>
          rejection(methodsOf(client, { headers: { "x-status": String(status) } })[method]())
        const forbidden = await failing(403, "exchangeAuthCodeForAPIKey")
        assert.instanceOf(forbidden, Forbidden)
        assert.instanceOf(forbidden, Error)
        assert.strictEqual(forbidden._tag, "Forbidden")
        assert.strictEqual(forbidden.status, 403)
        assert.strictEqual(forbidden.reason, "InvalidGrant")
        assert.instanceOf(await failing(400, "createAuthCode"), BadRequest)
        assert.instanceOf(await failing(401, "getCurrentKey"), Unauthorized)
        assert.instanceOf(await failing(500, "exchangeAuthCodeForAPIKey"), InternalServer)
        assert.instanceOf(await failing(418, "createAuthCode"), UnexpectedStatus)
      }
    ))

  it.each(methods)("no secret is in what %s rejects with, also where the server echoes all of it", (method) =>
    withServer(
      (request, response) =>
        json(response, 400, { error: { code: 400, message: `${request.body} ${request.headers.authorization}` } }),
      async ({ baseUrl }) => {
        const error = await rejection(methodsOf(PromiseClient.createClient({ baseUrl, apiKey }))[method]())
        assert.isTrue(isOAuthError(error))
        const shown =
          inspect(error, { showHidden: true, depth: 9 }) + JSON.stringify(error) + String(cast<Error>(error).stack)
        for (const secret of [apiKey, code, rfcVerifier, fakeKey]) assert.notInclude(shown, secret)
      }
    )
  )

  it.each(methods)(
    "a call that is aborted before it begins sends nothing, and rejects with the signal's reason: %s",
    (method) =>
      withServer(answering, async ({ baseUrl, received }) => {
        const reason = { why: "changed my mind" }
        const client = PromiseClient.createClient({ baseUrl, apiKey })
        const calls = methodsOf(client, { signal: AbortSignal.abort(reason) })
        assert.strictEqual(await rejection(calls[method]()), reason)
        assert.deepStrictEqual(received, [])
      })
  )

  it("a call that is aborted without a reason rejects with an AbortError", () =>
    withServer(answering, async ({ baseUrl, received }) => {
      const client = PromiseClient.createClient({ baseUrl, apiKey })
      const bare = await rejection(client.getCurrentKey(fakeKey, { signal: AbortSignal.abort() }))
      assert.instanceOf(bare, DOMException)
      assert.strictEqual(bare.name, "AbortError")
      assert.deepStrictEqual(received, [])
    }))

  it("a call that is aborted under way closes its connection, and rejects with the signal's reason", () => {
    const controller = new AbortController()
    const reason = new Error("The user went away")
    return withServer(
      () => controller.abort(reason),
      async ({ baseUrl, closed, received }) => {
        const client = PromiseClient.createClient({ baseUrl, apiKey })
        const error = await rejection(client.exchangeAuthCodeForAPIKey({ code }, { signal: controller.signal }))
        assert.strictEqual(error, reason)
        await closed
        assert.strictEqual(received.length, 1)
      }
    )
  })

  it("a call that is aborted within the body closes its connection too", () => {
    const controller = new AbortController()
    return withServer(
      (_, response) => {
        response.writeHead(200, { "content-type": "application/json" })
        response.write('{"key":', () => controller.abort("enough"))
      },
      async ({ baseUrl, closed }) => {
        const client = PromiseClient.createClient({ baseUrl })
        assert.strictEqual(
          await rejection(client.exchangeAuthCodeForAPIKey({ code }, { signal: controller.signal })),
          "enough"
        )
        await closed
      }
    )
  })

  it("AbortSignal.timeout ends a call with its own TimeoutError", () =>
    withServer(hanging, async ({ baseUrl, closed }) => {
      const client = PromiseClient.createClient({ baseUrl })
      const error = await rejection(client.exchangeAuthCodeForAPIKey({ code }, { signal: AbortSignal.timeout(30) }))
      assert.instanceOf(error, DOMException)
      assert.strictEqual(error.name, "TimeoutError")
      await closed
    }))

  it("timeoutMs, of the client or of a call, ends an attempt with TimedOut", () =>
    withServer(hanging, async ({ baseUrl, closed }) => {
      const retries = { strategy: "none" } as const
      const error = await rejection(
        PromiseClient.createClient({ baseUrl, timeoutMs: 30, retries }).exchangeAuthCodeForAPIKey({ code })
      )
      assert.instanceOf(error, TimedOut)
      await closed
      const patient = PromiseClient.createClient({ baseUrl, timeoutMs: 3_600_000 })
      assert.instanceOf(await rejection(patient.exchangeAuthCodeForAPIKey({ code }, { timeoutMs: 30 })), TimedOut)
    }))

  it("dispose aborts what is under way, and refuses what comes later", () =>
    withServer(hanging, async ({ baseUrl, closed, received }) => {
      const client = PromiseClient.createClient({ baseUrl, apiKey })
      const running = Object.values(methodsOf(client)).map((run) => rejection(run()))
      await vi.waitUntil(() => received.length === running.length)
      await client.dispose()
      for (const error of await Promise.all(running)) {
        assert.instanceOf(error, DOMException)
        assert.strictEqual(error.name, "AbortError")
        assert.match(error.message, /disposed/)
      }
      await closed
      for (const run of Object.values(methodsOf(client))) {
        const error = await rejection(run())
        assert.instanceOf(error, DOMException)
        assert.match(error.message, /disposed/)
      }
      assert.strictEqual(received.length, running.length)
      await client.dispose()
    }))

  it("dispose works in a runtime without DOMException", () =>
    withServer(hanging, async ({ baseUrl, received }) => {
      const client = PromiseClient.createClient({ baseUrl })
      const running = rejection(client.exchangeAuthCodeForAPIKey({ code }))
      await vi.waitUntil(() => received.length === 1)
      vi.stubGlobal("DOMException", undefined)
      await client.dispose()
      const errors = [await running, await rejection(client.exchangeAuthCodeForAPIKey({ code }))]
      vi.unstubAllGlobals()
      for (const error of errors) {
        assert.instanceOf(error, Error)
        assert.strictEqual(error.name, "AbortError")
        assert.strictEqual(error.message, "The client was disposed")
      }
    }))

  it("what is set for one call reaches the wire, and stays with that call", () =>
    withServer(answering, async ({ baseUrl, port, received }) => {
      const client = PromiseClient.createClient({
        baseUrl,
        apiKey,
        httpReferer: "https://client.example",
        appTitle: "Client",
        appCategories: ["cli-agent", "cloud-agent"]
      })
      await client.createAuthCode({ callbackUrl })
      await client.createAuthCode(
        { callbackUrl },
        {
          baseUrl: new URL(`http://127.0.0.1:${port}/other/api/v1/`),
          httpReferer: "https://call.example",
          appTitle: "Größe",
          appCategories: "one,two",
          headers: { "X-Extra": "extra", "x-title": "old" },
          fetchOptions: { headers: { "x-more": "more" }, keepalive: true }
        }
      )
      await client.createAuthCode({ callbackUrl }, { appTitle: "Only this", httpReferer: undefined })
      const [first, second, third] = received.map(({ headers, url }) => ({
        url,
        referer: headers["http-referer"],
        title: headers["x-openrouter-title"],
        categories: headers["x-openrouter-categories"],
        authorization: headers.authorization,
        extra: headers["x-extra"],
        old: headers["x-title"],
        more: headers["x-more"]
      }))
      const plain = {
        url: "/api/v1/auth/keys/code",
        referer: "https://client.example",
        title: "Client",
        categories: "cli-agent,cloud-agent",
        authorization: `Bearer ${apiKey}`,
        extra: undefined,
        old: undefined,
        more: undefined
      }
      assert.deepStrictEqual(first, plain)
      assert.deepStrictEqual(second, {
        url: "/other/api/v1/auth/keys/code",
        referer: "https://call.example",
        title: "Größe",
        categories: "one,two",
        authorization: `Bearer ${apiKey}`,
        extra: "extra",
        old: "old",
        more: "more"
      })
      assert.deepStrictEqual(third, { ...plain, title: "Only this" })
    }))

  it("an exchange that got a 500 is not sent again, unless retries and retryCodes ask for it", () =>
    withServer(
      (_, response) => json(response, 500, { error: { code: 500, message: "Internal" } }),
      async ({ baseUrl, received }) => {
        const count = async (client: PromiseClient.ClientOptions, call?: PromiseClient.CallOptions) => {
          received.length = 0
          const error = await rejection(
            PromiseClient.createClient({ baseUrl, ...client }).exchangeAuthCodeForAPIKey({ code }, call)
          )
          assert.instanceOf(error, InternalServer)
          return received.length
        }
        const thrice = {
          retries: {
            strategy: "backoff",
            backoff: { initialInterval: 1, maxInterval: 1, exponent: 1, maxElapsedTime: 25 }
          }
        } as const
        assert.strictEqual(await count({}), 1)
        assert.strictEqual(await count({ retries: { strategy: "none" }, retryCodes: ["500"] }), 1)
        assert.strictEqual(await count({ ...thrice, retryCodes: ["429"] }), 1)
        assert.isAbove(await count({ ...thrice, retryCodes: ["500"] }), 1)
        assert.isAbove(await count({ ...thrice, retryCodes: ["5xx"] }), 1)
        assert.isAbove(await count({}, thrice), 1)
        assert.strictEqual(await count(thrice, { retries: { strategy: "none" } }), 1)
      }
    ))
})

describe("with a fetch of one's own", () => {
  it("asks that, and tells it not to follow redirects", async () => {
    const { asked, fetch } = stubFetch(anyAnswer)
    const client = PromiseClient.createClient({ apiKey, fetch })
    for (const run of Object.values(methodsOf(client))) await run()
    assert.deepStrictEqual(
      asked.map(({ init, url }) => `${init.method} ${url} ${init.redirect}`),
      [
        "POST https://openrouter.ai/api/v1/auth/keys/code manual",
        "POST https://openrouter.ai/api/v1/auth/keys manual",
        "GET https://openrouter.ai/api/v1/key manual"
      ]
    )
    for (const { init } of asked) assert.instanceOf(init.signal, AbortSignal)
  })

  it.each([301, 302, 303, 307, 308])("a redirect is an error, and is not followed: %s", async (status) => {
    const { asked, fetch } = stubFetch(
      () => new Response(null, { status, headers: { location: "https://evil.example/" } })
    )
    const error = await rejection(PromiseClient.createClient({ fetch }).exchangeAuthCodeForAPIKey({ code }))
    assert.isTrue(isOAuthError(error) && error._tag === "MalformedResponse" && error.reason === "Redirect")
    assert.strictEqual(asked.length, 1)
  })

  it.each(methods)("fetchOptions reach it, of that call only: %s", async (method) => {
    const { asked, fetch } = stubFetch(anyAnswer)
    const client = PromiseClient.createClient({ apiKey, fetch })
    await methodsOf(client, { fetchOptions: { cache: "no-store", credentials: "omit", keepalive: true } })[method]()
    const init = asked.at(-1)?.init
    assert.strictEqual(init?.cache, "no-store")
    assert.strictEqual(init?.credentials, "omit")
    assert.strictEqual(init?.keepalive, true)
    assert.strictEqual(init?.redirect, "manual")
    await client.getCurrentKey(fakeKey)
    assert.notProperty(asked.at(-1)?.init, "cache")
  })

  it.each([new Error(`fake ${fakeKey}`), "text", undefined, null, { code: Object.create(null) }])(
    "one that throws at once, or something odd, is a rejection: %o",
    async (thrown) => {
      const fetch = () => {
        throw thrown
      }
      const error = await rejection(
        PromiseClient.createClient({ fetch, retries: { strategy: "none" } }).exchangeAuthCodeForAPIKey({ code })
      )
      assert.isTrue(isOAuthError(error) && error._tag === "ConnectionLost", inspect(error))
      assert.notInclude(inspect(error, { showHidden: true }), fakeKey)
    }
  )

  it("a signal that never aborts is not listened to any more once its calls are over", async () => {
    const { fetch } = stubFetch((attempt) => (attempt % 3 === 0 ? jsonResponse(400, {}) : anyAnswer()))
    const client = PromiseClient.createClient({ apiKey, fetch, retries: { strategy: "none" } })
    const { signal } = new AbortController()
    for (let round = 0; round < 30; round++) {
      await Promise.allSettled(Object.values(methodsOf(client, { signal })).map((run) => run()))
      await rejection(client.getCurrentKey("", { signal }))
      assert.strictEqual(getEventListeners(signal, "abort").length, 0)
    }
  })

  it("one signal aborts all of its calls, and none of the others", async () => {
    const pending: Array<(response: Response) => void> = []
    const { asked, fetch } = stubFetch(() => new Promise<Response>((resolve) => pending.push(resolve)))
    const client = PromiseClient.createClient({ apiKey, fetch })
    const controller = new AbortController()
    const aborted = Object.values(methodsOf(client, { signal: controller.signal })).map((run) => rejection(run()))
    const kept = client.getCurrentKey(fakeKey)
    await vi.waitUntil(() => asked.length === 4)
    controller.abort("all of them")
    assert.deepStrictEqual(await Promise.all(aborted), ["all of them", "all of them", "all of them"])
    assert.deepStrictEqual(
      asked.map(({ init }) => init.signal?.aborted),
      [true, true, true, false]
    )
    pending[3]?.(anyAnswer())
    assert.strictEqual((await kept).label, "fake")
  })

  describe("retries", () => {
    afterEach(() => {
      vi.useRealTimers()
    })

    const unreachable = () =>
      Promise.reject(
        new TypeError("fetch failed", {
          cause: Object.assign(new Error("x"), { code: "ECONNREFUSED", syscall: "connect" })
        })
      )

    it.each(methods)("what was never sent is sent again, the exchange too: 4 attempts of %s", async (method) => {
      vi.useFakeTimers()
      const { asked, fetch } = stubFetch(unreachable)
      const failed = rejection(methodsOf(PromiseClient.createClient({ apiKey, fetch }))[method]())
      await vi.advanceTimersByTimeAsync(60_000)
      assert.instanceOf(await failed, ConnectionFailed)
      assert.strictEqual(asked.length, 4)
    })

    it.each([
      ["createAuthCode", 4],
      ["exchangeAuthCodeForAPIKey", 1],
      ["getCurrentKey", 4]
    ] as const)(
      "what may have been sent is sent again, but not the exchange: attempts of %s: %s",
      async (method, attempts) => {
        vi.useFakeTimers()
        const { asked, fetch } = stubFetch(() => Promise.reject(new TypeError("Failed to fetch")))
        const failed = rejection(methodsOf(PromiseClient.createClient({ apiKey, fetch }))[method]())
        await vi.advanceTimersByTimeAsync(60_000)
        const error = await failed
        assert.isTrue(isOAuthError(error) && error._tag === "ConnectionLost")
        assert.strictEqual(asked.length, attempts)
      }
    )

    it.each([
      [{ retries: soon, retryCodes: ["429", "5XX"] }, {}],
      [{}, { retries: soon, retryCodes: ["429", "5XX"] }],
      [{ retries: soon }, { retryCodes: ["429", "500"] }],
      [
        { retryCodes: undefined, retries: { strategy: "none" } },
        { retries: soon, retryCodes: ["429", "5xx"] }
      ]
    ] as const)(
      "retries until it succeeds, where the settings of the client or of the call say so: %o",
      async (client, call) => {
        const { asked, fetch } = stubFetch((attempt) =>
          attempt < 3 ? jsonResponse(attempt === 1 ? 429 : 500, {}) : anyAnswer()
        )
        const { key } = await PromiseClient.createClient({ fetch, ...client }).exchangeAuthCodeForAPIKey({ code }, call)
        assert.strictEqual(key, fakeKey)
        assert.strictEqual(asked.length, 3)
      }
    )

    it("connection errors are retried by such settings only where retryConnectionErrors is on", async () => {
      const attempts = async (retryConnectionErrors: boolean | undefined) => {
        const { asked, fetch } = stubFetch((attempt) => (attempt < 3 ? unreachable() : anyAnswer()))
        const client = PromiseClient.createClient({
          fetch,
          retries: cast<typeof soon>({ ...soon, retryConnectionErrors })
        })
        await client.exchangeAuthCodeForAPIKey({ code }).catch(() => {})
        return asked.length
      }
      assert.strictEqual(await attempts(true), 3)
      assert.strictEqual(await attempts(false), 1)
      assert.strictEqual(await attempts(undefined), 1)
    })
  })

  describe("an API key that is a function", () => {
    it.each([
      ["a text", (n: number) => `sk-or-v1-fake-${n}`],
      ["a promise", async (n: number) => `sk-or-v1-fake-${n}`]
    ] as const)("is asked at each call, and may give %s", async (_, keyOf) => {
      const { asked, fetch } = stubFetch(anyAnswer)
      let calls = 0
      const client = PromiseClient.createClient({ apiKey: () => keyOf(++calls), fetch })
      await client.createAuthCode({ callbackUrl })
      await client.createAuthCode({ callbackUrl }, { appTitle: "Another service" })
      await client.exchangeAuthCodeForAPIKey({ code })
      assert.deepStrictEqual(
        asked.map(({ init }) => new Headers(init.headers).get("authorization")),
        [1, 2, 3].map((n) => `Bearer sk-or-v1-fake-${n}`)
      )
    })

    it("is not asked before a call, nor for what needs none", async () => {
      const { fetch } = stubFetch(anyAnswer)
      const apiKey = vi.fn(() => fakeKey)
      const client = PromiseClient.createClient({ apiKey, fetch })
      await client.getCurrentKey(fakeKey)
      await client.createAuthorizationUrl({ callbackUrl })
      await rejection(client.createAuthCode({ callbackUrl: "bad" }))
      assert.strictEqual(apiKey.mock.calls.length, 0)
    })

    describe("that throws or gives no key is refused, and what it threw is not shown", () => {
      const bad: ReadonlyArray<() => unknown> = [
        () => {
          throw new Error(`no access to ${fakeKey}`)
        },
        () => Promise.reject(new Error(`no access to ${fakeKey}`)),
        () => Promise.reject(fakeKey),
        () => undefined,
        () => "",
        () => `${fakeKey}\n`,
        () => ({ fakeKey }),
        () => Redacted.make(fakeKey)
      ]

      describe.each(["createAuthCode", "exchangeAuthCodeForAPIKey"] as const)("%s", (method) => {
        it.each(bad)("row %#", async (apiKey) => {
          const { asked, fetch } = stubFetch(anyAnswer)
          const client = PromiseClient.createClient({ apiKey: cast<() => string>(apiKey), fetch })
          const error = await rejection(methodsOf(client)[method]())
          assert.instanceOf(error, InvalidRequest)
          assert.deepStrictEqual(
            error.issues.map(({ path }) => path),
            ["apiKey"]
          )
          assert.notInclude(inspect(error, { showHidden: true, depth: 9 }) + error.stack, "fake0123")
          assert.deepStrictEqual(asked, [])
        })
      })
    })
  })
})

describe("refuses what cannot be right, before anything is sent: a rejection, never a throw", () => {
  const { asked, fetch } = stubFetch(anyAnswer)
  afterEach(() => {
    assert.deepStrictEqual(asked, [])
  })

  const badOptions: ReadonlyArray<readonly [options: object, path: string]> = [
    [{ apiKey: 5 }, "apiKey"],
    [{ apiKey: "" }, "apiKey"],
    [{ apiKey: null }, "apiKey"],
    [{ apiKey: `${fakeKey}\r\nx-evil: 1` }, "apiKey"],
    [{ apiKey: Redacted.make(fakeKey) }, "apiKey"],
    [{ baseUrl: "http://openrouter.ai/api/v1" }, "baseUrl"],
    [{ baseUrl: "openrouter.ai" }, "baseUrl"],
    [{ baseUrl: "" }, "baseUrl"],
    [{ baseUrl: 5 }, "baseUrl"],
    [{ baseUrl: "https://user:fake@openrouter.ai" }, "baseUrl"],
    [{ baseUrl: "https://openrouter.ai/api/v1?x=1" }, "baseUrl"],
    [{ allowInsecureHttp: "yes", baseUrl: "http://openrouter.ai" }, "baseUrl"],
    [{ timeoutMs: 0 }, "timeoutMs"],
    [{ timeoutMs: -1 }, "timeoutMs"],
    [{ timeoutMs: Number.NaN }, "timeoutMs"],
    [{ timeoutMs: "30" }, "timeoutMs"],
    [{ timeoutMs: 30n }, "timeoutMs"],
    [{ timeoutMs: null }, "timeoutMs"],
    [{ timeoutMs: Symbol("x") }, "timeoutMs"],
    [{ httpReferer: "https://x\r\ny: z" }, "httpReferer"],
    [{ httpReferer: 5 }, "httpReferer"],
    [{ appTitle: "emoji 😀" }, "appTitle"],
    [{ appTitle: null }, "appTitle"],
    [{ appCategories: "漢字" }, "appCategories"],
    [{ appCategories: ["ok", "not\nok"] }, "appCategories"],
    [{ appCategories: 5 }, "appCategories"],
    [{ appCategories: null }, "appCategories"],
    [{ appCategories: {} }, "appCategories"],
    [{ retries: { strategy: "forever" } }, "retries.strategy"],
    [{ retries: {} }, "retries.strategy"],
    [{ retries: null }, "retries.strategy"],
    [{ retries: "backoff" }, "retries.strategy"],
    [{ retries: { strategy: "backoff", backoff: { initialInterval: -1 } } }, "retries.backoff.initialInterval"],
    [{ retries: { strategy: "backoff", backoff: { initialInterval: "500" } } }, "retries.backoff.initialInterval"],
    [{ retries: { strategy: "backoff", backoff: { maxInterval: Number.NaN } } }, "retries.backoff.maxInterval"],
    [{ retries: { strategy: "backoff", backoff: { exponent: null } } }, "retries.backoff.exponent"],
    [{ retryCodes: ["5XX"] }, "retryCodes"],
    [{ retries: soon, retryCodes: ["5X"] }, "retryCodes"],
    [{ retries: soon, retryCodes: ["600"] }, "retryCodes"],
    [{ retries: soon, retryCodes: [500] }, "retryCodes"],
    [{ retries: soon, retryCodes: 500 }, "retryCodes"],
    [{ retries: soon, retryCodes: "5XX" }, "retryCodes"],
    [{ retries: soon, retryCodes: null }, "retryCodes"]
  ]

  for (const [options, path] of badOptions) {
    const shown = inspect(options, { breakLength: Number.POSITIVE_INFINITY })

    it.each(methods)(`option ${shown}: %s`, async (method) => {
      const client = PromiseClient.createClient(cast<PromiseClient.ClientOptions>({ fetch, ...options }))
      assert.include(await refusal(methodsOf(client)[method]), path)
      await client.dispose()
    })

    it(`option ${shown}: the refusal does not show it`, async () => {
      const client = PromiseClient.createClient(cast<PromiseClient.ClientOptions>({ fetch, ...options }))
      const error = await rejection(client.getCurrentKey(fakeKey))
      assert.notInclude(inspect(error, { showHidden: true }) + JSON.stringify(error), "fake")
      await client.dispose()
    })

    if (path !== "apiKey" && !("allowInsecureHttp" in options)) {
      it.each(methods)(`option of one call ${shown}: %s`, async (method) => {
        const client = PromiseClient.createClient({ apiKey, fetch })
        assert.include(await refusal(methodsOf(client, cast<PromiseClient.CallOptions>(options))[method]), path)
      })
    }
  }

  it.for([null, 5, "text", true, [], () => {}])("options that are no object count as none: %o", async (options) => {
    const client = PromiseClient.createClient(cast<PromiseClient.ClientOptions>(options))
    assert.match(await client.createAuthorizationUrl({ callbackUrl }), /^https:\/\/openrouter\.ai\/auth\?/)
    await client.dispose()
  })

  describe.each(methods)("%s", (method) => {
    it.each([null, 5, "fetch", {}])("a fetch that is no function: %o", async (fetch) => {
      const client = PromiseClient.createClient({ fetch: cast(fetch) })
      assert.deepStrictEqual(await refusal(methodsOf(client)[method]), ["fetch"])
    })

    it.each([
      ["redirect", "follow"],
      ["method", "PUT"],
      ["body", "x"],
      ["signal", AbortSignal.abort()]
    ] as const)("fetchOptions that are the client's, by name: %s", async (name, value) => {
      const client = PromiseClient.createClient({ apiKey, fetch })
      const fetchOptions = cast<RequestInit>({ [name]: value })
      assert.deepStrictEqual(await refusal(methodsOf(client, { fetchOptions })[method]), [`fetchOptions.${name}`])
    })

    it.each([5, "abort", {}, new AbortController(), true])("a signal that is none: %o", async (signal) => {
      const client = PromiseClient.createClient({ apiKey, fetch })
      assert.deepStrictEqual(await refusal(methodsOf(client, { signal: cast(signal) })[method]), ["signal"])
    })
  })

  describe.each([
    "authorization",
    "Authorization",
    "AUTHORIZATION",
    "content-type",
    "Content-Length",
    "host",
    "Connection",
    "keep-alive",
    "Transfer-Encoding",
    "upgrade",
    "expect"
  ])("headers that the client or the connection sets, by name, in any case: %s", (name) => {
    const client = PromiseClient.createClient({ apiKey, fetch })

    it.each(methods)("of %s", async (method) => {
      const calls = methodsOf(client, { headers: { [name]: "x" } })
      assert.deepStrictEqual(await refusal(calls[method]), [`headers.${name}`])
    })

    it.for([
      ["an object", { [name]: "x" }],
      ["a list", [[name, "x"]]],
      ["Headers", new Headers({ [name]: "x" })]
    ] as const)("of fetchOptions, in %s", async ([, headers]) => {
      const [path] = await refusal(() => client.getCurrentKey(fakeKey, { fetchOptions: { headers: cast(headers) } }))
      assert.strictEqual(path?.toLowerCase(), `fetchOptions.headers.${name}`.toLowerCase())
    })
  })

  it.each([
    ["x-test", "a\r\nx-evil: 1"],
    ["x-test", "😀"],
    ["x-test", "漢字"],
    ["x-test", 5],
    ["x-test", undefined],
    ["x-test", null],
    ["x test", "x"],
    ["x\r\ny", "x"],
    ["é", "x"],
    ["", "x"],
    ["x:", "x"]
  ] as const)("headers that no request can carry, by name: %o: %o", async (name, value) => {
    const client = PromiseClient.createClient({ apiKey, fetch })
    const headers = cast<Record<string, string>>({ [name]: value })
    assert.deepStrictEqual(await refusal(() => client.getCurrentKey(fakeKey, { headers })), [`headers.${name}`])
  })

  it.for([undefined, null, 5, "text", [], true, () => {}])(
    "requests that are missing or of a wrong type: %o",
    async (request) => {
      const client = PromiseClient.createClient({ apiKey, fetch })
      assert.deepStrictEqual(await refusal(() => client.createAuthCode(cast(request))), [""])
      assert.include(await refusal(() => client.exchangeAuthCodeForAPIKey(cast(request))), "code")
      assert.include(["", "codeChallenge"], (await refusal(() => client.createAuthorizationUrl(cast(request)))).join())
    }
  )

  it.for([undefined, null, 5, "", " ", {}, [], `${fakeKey}é`])(
    "a key that is missing or of a wrong type: %o",
    async (key) => {
      const client = PromiseClient.createClient({ apiKey, fetch })
      assert.deepStrictEqual(await refusal(() => client.getCurrentKey(cast(key))), ["key"])
    }
  )

  it.for([null, 5, {}, [], true])("fields of a wrong type: %o", async (wrong) => {
    const client = PromiseClient.createClient({ apiKey, fetch })
    assert.deepStrictEqual(await refusal(() => client.exchangeAuthCodeForAPIKey({ code: cast(wrong) })), ["code"])
    assert.deepStrictEqual(await refusal(() => client.exchangeAuthCodeForAPIKey({ code, codeVerifier: cast(wrong) })), [
      "codeVerifier"
    ])
    assert.include(await refusal(() => client.createAuthCode({ callbackUrl: cast(wrong) })), "callbackUrl")
  })

  it.each(["", "short", 5, null, {}, `${rfcVerifier}\n`])("a verifier that is none: %o", async (codeVerifier) => {
    const client = PromiseClient.createClient({ apiKey, fetch })
    assert.deepStrictEqual(
      await refusal(() => client.createSHA256CodeChallenge({ codeVerifier: cast(codeVerifier) })),
      ["codeVerifier"]
    )
  })

  it("createAuthCode without an API key", async () => {
    const client = PromiseClient.createClient({ fetch })
    assert.deepStrictEqual(await refusal(() => client.createAuthCode({ callbackUrl })), ["apiKey"])
  })

  it("plain http to other hosts, unless it is allowed by name", async () => {
    const open = stubFetch(anyAnswer)
    const client = PromiseClient.createClient({
      fetch: open.fetch,
      baseUrl: "http://box.lan/api/v1",
      allowInsecureHttp: true
    })
    await client.exchangeAuthCodeForAPIKey({ code })
    assert.strictEqual(open.asked[0]?.url, "http://box.lan/api/v1/auth/keys")
  })
})

describe("call options that are null or undefined mean none", () => {
  const none = {
    signal: undefined,
    timeoutMs: undefined,
    retries: undefined,
    retryCodes: undefined,
    headers: undefined,
    baseUrl: undefined,
    httpReferer: undefined,
    appTitle: undefined,
    appCategories: undefined,
    fetchOptions: undefined
  }
  const rows: ReadonlyArray<readonly [name: string, options: unknown]> = [
    ["undefined", undefined],
    ["null", null],
    ["an empty object", {}],
    ["each option undefined", none],
    ["options that are null", { signal: null, headers: null, fetchOptions: null }]
  ]
  for (const [name, options] of rows) {
    it.each(methods)(`${name}: %s`, async (method) => {
      const { asked, fetch } = stubFetch(anyAnswer)
      const client = PromiseClient.createClient({ apiKey, fetch })
      await methodsOf(client, cast<PromiseClient.CallOptions>(options))[method]()
      assert.strictEqual(asked.length, 1)
    })
  }
})

describe("createSHA256CodeChallenge", () => {
  it("gives the challenge of the verifier it is given", async () => {
    const client = PromiseClient.createClient()
    assert.deepStrictEqual(await client.createSHA256CodeChallenge({ codeVerifier: rfcVerifier }), {
      codeVerifier: rfcVerifier,
      codeChallenge: rfcChallenge
    })
  })

  const noVerifier = [undefined, {}, { codeVerifier: undefined }, cast<undefined>(null)]

  it("makes a fresh verifier where none is given", async () => {
    const client = PromiseClient.createClient()
    const made = await Promise.all(noVerifier.map((params) => client.createSHA256CodeChallenge(params)))
    assert.strictEqual(new Set(made.map(({ codeVerifier }) => codeVerifier)).size, made.length)
  })

  it.each(noVerifier)("gives the challenge of the verifier that it makes: %o", async (params) => {
    const client = PromiseClient.createClient()
    const { codeChallenge, codeVerifier } = await client.createSHA256CodeChallenge(params)
    assert.match(codeVerifier, /^[\w-]{43}$/)
    assert.strictEqual((await client.createSHA256CodeChallenge({ codeVerifier })).codeChallenge, codeChallenge)
  })
})

describe("without crypto.subtle", () => {
  it("createSHA256CodeChallenge says what the runtime lacks and what to do", async () => {
    vi.stubGlobal("crypto", { getRandomValues: () => assert.fail("asked for random bytes") })
    const error = await rejection(PromiseClient.createClient().createSHA256CodeChallenge())
    vi.unstubAllGlobals()
    assert.instanceOf(error, Error)
    assert.strictEqual(
      error.message,
      "crypto.subtle is missing: use https or localhost in a browser. In another runtime, load a polyfill of Web Crypto first."
    )
  })
})

describe("parseCallback", () => {
  const callbacks: Record<string, PromiseClient.PlainCallback> = {
    "http://localhost:3000/callback?code=abc&state=xyz": { _tag: "Granted", code: "abc", state: "xyz" },
    "/callback?code=abc": { _tag: "Granted", code: "abc" },
    "https://app.example/callback?error=access_denied&state=xyz": {
      _tag: "Denied",
      error: "access_denied",
      state: "xyz"
    },
    "https://app.example/callback": { _tag: "Denied" },
    "https://app.example/callback?error=server_error&error_description=Later": {
      _tag: "Failed",
      error: "server_error",
      description: "Later"
    }
  }
  for (const [url, value] of Object.entries(callbacks)) {
    it(`gives plain strings: ${url}`, () => {
      assert.deepStrictEqual<unknown>(PromiseClient.parseCallback(url), { ok: true, value })
    })
  }

  it("gives what is wrong, and does not throw", () => {
    const callback = PromiseClient.parseCallback("/callback?code=a&code=b")
    assert(!callback.ok)
    assert.strictEqual(callback.error._tag, "CallbackMalformed")
  })
})

describe("the operation of a refusal", () => {
  const client = PromiseClient.createClient({ apiKey })
  const call = { headers: { host: "example" } }
  const calls: Record<string, () => Promise<unknown>> = {
    createAuthCode: () => client.createAuthCode({ callbackUrl }, call),
    exchangeAuthCodeForAPIKey: () => client.exchangeAuthCodeForAPIKey({ code }, call),
    getCurrentKey: () => client.getCurrentKey(fakeKey, call)
  }
  for (const [operation, run] of Object.entries(calls)) {
    it(`is the function that was called: ${operation}`, async () => {
      const error = await rejection(run())
      assert.instanceOf(error, InvalidRequest)
      assert.strictEqual(error.operation, operation)
    })
  }
})

describe("createAuthorizationUrl", () => {
  it("is on the client's own origin", async () => {
    const client = PromiseClient.createClient({ baseUrl: "http://localhost:4000/api/v1" })
    assert.strictEqual(
      await client.createAuthorizationUrl({ callbackUrl, state: "s" }),
      "http://localhost:4000/auth?callback_url=https%3A%2F%2Fapp.example%2Fcallback&state=s"
    )
  })
})

describe("the standalone functions", () => {
  const ok = async () => {
    const { fetch } = stubFetch(anyAnswer)
    return PromiseClient.createClient({ apiKey, fetch })
  }

  it("give a Result with the value", async () => {
    const client = await ok()
    assert.deepStrictEqual(await PromiseClient.oAuthCreateAuthCode(client, { callbackUrl }), {
      ok: true,
      value: { id: code, appId: 7, createdAt: "2026-11-21T00:00:00Z" }
    })
    assert.deepStrictEqual(await PromiseClient.oAuthExchangeAuthCodeForAPIKey(client, { code }), {
      ok: true,
      value: { key: fakeKey, userId: "user_fake" }
    })
    const info = await PromiseClient.oAuthGetCurrentKey(client, fakeKey)
    assert.isTrue(info.ok && info.value.label === "fake")
    assert.deepStrictEqual(await PromiseClient.oAuthCreateSHA256CodeChallenge({ codeVerifier: rfcVerifier }), {
      ok: true,
      value: { codeVerifier: rfcVerifier, codeChallenge: rfcChallenge }
    })
    const fresh = await PromiseClient.oAuthCreateSHA256CodeChallenge()
    assert.isTrue(fresh.ok && /^[\w-]{43}$/.test(fresh.value.codeVerifier))
  })

  it("oAuthCreateAuthorizationUrl gives its Result at once", () => {
    const client = PromiseClient.createClient({ baseUrl: "http://127.0.0.1:4000/api/v1" })
    assert.deepStrictEqual(PromiseClient.oAuthCreateAuthorizationUrl(client, { callbackUrl }), {
      ok: true,
      value: "http://127.0.0.1:4000/auth?callback_url=https%3A%2F%2Fapp.example%2Fcallback"
    })
    const bad = PromiseClient.createClient({ baseUrl: "http://openrouter.ai" })
    const result = PromiseClient.oAuthCreateAuthorizationUrl(bad, { callbackUrl })
    assert(!result.ok)
    assert.deepStrictEqual(
      result.error.issues.map(({ path }) => path),
      ["baseUrl"]
    )
  })

  it.each([
    undefined,
    null,
    5,
    {},
    { callbackUrl: 5 },
    { callbackUrl, keyLabel: null },
    { callbackUrl, limit: Symbol("x") }
  ])("oAuthCreateAuthorizationUrl gives its Result at once: %o", (request) => {
    const client = PromiseClient.createClient({ baseUrl: "http://127.0.0.1:4000/api/v1" })
    const result = PromiseClient.oAuthCreateAuthorizationUrl(client, cast(request))
    assert.isTrue(!result.ok && result.error instanceof InvalidRequest, inspect(result))
  })

  it("never reject, and never throw: what failed is in the Result", async () => {
    const { fetch } = stubFetch(() =>
      jsonResponse(403, { error: { code: 403, message: "Invalid code or code_verifier" } })
    )
    const client = PromiseClient.createClient({ apiKey, fetch })
    const forbidden = await PromiseClient.oAuthExchangeAuthCodeForAPIKey(client, { code })
    assert.isTrue(!forbidden.ok && forbidden.error instanceof Forbidden && forbidden.error.reason === "InvalidGrant")
  })

  describe.each([undefined, null, 5, {}])("never reject, and never throw, at a request that is none: %o", (request) => {
    const client = PromiseClient.createClient({ apiKey, fetch: stubFetch(anyAnswer).fetch })
    const calls = {
      createAuthCode: () => PromiseClient.oAuthCreateAuthCode(client, cast(request)),
      exchangeAuthCodeForAPIKey: () => PromiseClient.oAuthExchangeAuthCodeForAPIKey(client, cast(request)),
      getCurrentKey: () => PromiseClient.oAuthGetCurrentKey(client, cast(request))
    }

    it.each(methods)("%s", async (method) => {
      const result = await calls[method]()
      assert.isTrue(!result.ok && result.error instanceof InvalidRequest, inspect(result))
    })
  })

  it("never reject, and never throw, at a verifier that is none", async () => {
    const result = await PromiseClient.oAuthCreateSHA256CodeChallenge({ codeVerifier: cast(5) })
    assert.isTrue(!result.ok && result.error instanceof InvalidRequest, inspect(result))
  })

  /** The standalone functions that send a request, as `methodsOf` are the methods. */
  const standaloneOf = (client: PromiseClient.PromiseClient, call?: PromiseClient.CallOptions) => ({
    createAuthCode: () => PromiseClient.oAuthCreateAuthCode(client, { callbackUrl }, call),
    exchangeAuthCodeForAPIKey: () => PromiseClient.oAuthExchangeAuthCodeForAPIKey(client, { code }, call),
    getCurrentKey: () => PromiseClient.oAuthGetCurrentKey(client, fakeKey, call)
  })

  it.each(methods)("do not reject when they are aborted either: %s", async (method) => {
    const calls = standaloneOf(await ok(), { signal: AbortSignal.abort("no more") })
    assert.deepStrictEqual<unknown>(await calls[method](), { ok: false, error: "no more" })
  })

  it("do not reject when they are disposed either", async () => {
    const client = await ok()
    await client.dispose()
    const result = await PromiseClient.oAuthGetCurrentKey(client, fakeKey)
    assert.isTrue(!result.ok && result.error instanceof DOMException)
  })

  describe.each(cast<ReadonlyArray<PromiseClient.PromiseClient>>([undefined, null, 5, {}]))(
    "do not throw at a client that is none: %o",
    (client) => {
      it.each(methods)("%s", async (method) => assert.isFalse((await standaloneOf(client)[method]()).ok))

      it("createAuthorizationUrl", () =>
        assert.isFalse(PromiseClient.oAuthCreateAuthorizationUrl(client, { callbackUrl }).ok))
    }
  )
})
