import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import { InvalidRequest, type OAuthError } from "effect-openrouter-oauth/OAuthError"
import { cast } from "./util/cast.js"
import { apiKey, bodyOf, call, challenge, code, json, mocked, ok, operations, verifier } from "./util/client.js"

const { OAuthClient: Client } = OAuthClient

const failure = <A, R>(effect: Effect.Effect<A, OAuthError, R>) => Effect.flip(effect)

describe("requests", () => {
  it.effect("createAuthCode sends every field of the contract under its wire name", () => {
    const { layer, requests } = mocked(() => json(200, ok.createAuthCode))
    return Effect.gen(function* () {
      const client = yield* Client
      const created = yield* client.createAuthCode({
        callbackUrl: new URL("https://app.example/callback?a=1"),
        codeChallenge: challenge,
        limit: 2.5,
        expiresAt: new Date("2030-01-02T03:04:05Z"),
        keyLabel: "My key",
        usageLimitType: "weekly",
        workspaceId: "123e4567-e89b-42d3-a456-426614174000"
      })
      assert.strictEqual(Redacted.value(created.id), code)
      assert.strictEqual(created.appId, 7)
      assert.strictEqual(created.createdAt, "2026-01-02T03:04:05.000Z")
      const request = requests[0]
      assert(request)
      assert.strictEqual(`${request.method} ${request.url}`, "POST https://openrouter.ai/api/v1/auth/keys/code")
      assert.strictEqual(request.headers.authorization, `Bearer ${apiKey}`)
      assert.deepStrictEqual(bodyOf(request), {
        callback_url: "https://app.example/callback?a=1",
        code_challenge: challenge,
        code_challenge_method: "S256",
        limit: 2.5,
        expires_at: "2030-01-02T03:04:05.000Z",
        key_label: "My key",
        usage_limit_type: "weekly",
        workspace_id: "123e4567-e89b-42d3-a456-426614174000"
      })
    }).pipe(Effect.provide(layer))
  })

  it.effect("what throws when it is asked for its JSON is refused, not left out", () => {
    const { layer, requests } = mocked(() => json(200, ok.createAuthCode))
    return Effect.gen(function* () {
      const client = yield* Client
      const limit = {
        toJSON: () => {
          throw new Error("fake")
        }
      }
      const error = yield* failure(client.createAuthCode({ callbackUrl: "https://app.example/", limit: cast(limit) }))
      assert(error._tag === "InvalidRequest")
      assert.strictEqual(error.issues[0]?.path, "limit")
      assert.lengthOf(requests, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a DateTime, null and explicit undefined are as good as a Date and nothing", () => {
    const { layer, requests } = mocked(() => json(200, ok.createAuthCode))
    return Effect.gen(function* () {
      const client = yield* Client
      yield* client.createAuthCode({
        callbackUrl: "vscode://publisher.extension/callback",
        expiresAt: DateTime.unsafeMake("2030-01-02T03:04:05Z"),
        limit: undefined,
        codeChallenge: undefined
      })
      yield* client.createAuthCode({ callbackUrl: "http://[::1]:8080/", expiresAt: null })
      assert.deepStrictEqual(requests.map(bodyOf), [
        { callback_url: "vscode://publisher.extension/callback", expires_at: "2030-01-02T03:04:05.000Z" },
        { callback_url: "http://[::1]:8080/", expires_at: null }
      ])
    }).pipe(Effect.provide(layer))
  })

  it.effect("the exchange is public: no Authorization unless a key was given", () =>
    Effect.gen(function* () {
      const without = mocked(() => json(200, ok.exchangeAuthCodeForAPIKey), { apiKey: undefined })
      const user = yield* call("exchangeAuthCodeForAPIKey").pipe(Effect.provide(without.layer))
      assert.deepStrictEqual(
        JSON.stringify(user),
        JSON.stringify({ key: Redacted.make("x"), userId: "user_fake" }),
        "the key is Redacted"
      )
      const [request] = without.requests
      assert(request)
      assert.isUndefined(request.headers.authorization)
      assert.deepStrictEqual(bodyOf(request), { code, code_verifier: verifier, code_challenge_method: "S256" })

      const withKey = mocked(() => json(200, ok.exchangeAuthCodeForAPIKey))
      yield* call("exchangeAuthCodeForAPIKey").pipe(Effect.provide(withKey.layer))
      assert.strictEqual(withKey.requests[0]?.headers.authorization, `Bearer ${apiKey}`)
    })
  )

  it.effect("getCurrentKey asks with the key that it checks", () => {
    const { layer, requests } = mocked(() => json(200, ok.getCurrentKey), { apiKey: undefined })
    return Effect.gen(function* () {
      const info = yield* Effect.flatMap(Client, (client) => client.getCurrentKey(Redacted.make("sk-or-v1-fake-other")))
      assert.strictEqual(`${requests[0]?.method} ${requests[0]?.url}`, "GET https://openrouter.ai/api/v1/key")
      assert.strictEqual(requests[0]?.headers.authorization, "Bearer sk-or-v1-fake-other")
      assert.deepStrictEqual(info, {
        label: "fake",
        usage: 1.5,
        limit: null,
        limitRemaining: null,
        limitReset: null,
        expiresAt: null,
        isFreeTier: null,
        usageDaily: null,
        usageWeekly: null,
        usageMonthly: null,
        byokUsage: null,
        byokUsageDaily: null,
        byokUsageWeekly: null,
        byokUsageMonthly: null,
        includeByokInLimit: null,
        isManagementKey: null,
        isProvisioningKey: null,
        creatorUserId: null,
        organizationId: null,
        workspaceId: null,
        allowedDataRegions: null,
        freeModelDailyRequests: null,
        rateLimit: null
      })
    }).pipe(Effect.provide(layer))
  })

  it.effect("createAuthCode without an API key is refused at apiKey", () => {
    const { layer, requests } = mocked(() => json(200, ok.createAuthCode), { apiKey: undefined })
    return Effect.gen(function* () {
      const error = yield* failure(call("createAuthCode"))
      assert.instanceOf(error, InvalidRequest)
      assert.deepStrictEqual(
        error.issues.map(({ path }) => path),
        ["apiKey"]
      )
      assert.lengthOf(requests, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("an API key given as an Effect is asked at each call, and may refuse", () => {
    let asked = 0
    const { layer, requests } = mocked(() => json(200, ok.createAuthCode), {
      apiKey: Effect.suspend(() =>
        ++asked < 3
          ? Effect.succeed(Redacted.make(`sk-or-v1-fake-${asked}`))
          : Effect.fail(new InvalidRequest({ operation: "vault", issues: [{ path: "apiKey", message: "is sealed" }] }))
      )
    })
    return Effect.gen(function* () {
      yield* call("createAuthCode")
      yield* call("createAuthCode")
      assert.deepStrictEqual(
        requests.map(({ headers }) => headers.authorization),
        ["Bearer sk-or-v1-fake-1", "Bearer sk-or-v1-fake-2"]
      )
      const error = yield* failure(call("createAuthCode"))
      assert.strictEqual(error.message, "vault refused its input: apiKey is sealed.")
      assert.lengthOf(requests, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("every wrong field is named, with what it must be, before anything is sent", () => {
    const { layer, requests } = mocked(() => json(200, ok.createAuthCode))
    return Effect.gen(function* () {
      const client = yield* Client
      const error = yield* failure(
        client.createAuthCode({
          callbackUrl: "http://app.example/",
          limit: -1,
          expiresAt: new Date(Number.NaN),
          keyLabel: "x".repeat(101),
          workspaceId: "mine"
        })
      )
      assert.instanceOf(error, InvalidRequest)
      assert.sameMembers(
        error.issues.map(({ path }) => path),
        ["callbackUrl", "limit", "expiresAt", "keyLabel", "workspaceId"]
      )
      const exchange = yield* failure(
        client.exchangeAuthCodeForAPIKey({ code: Redacted.make(""), codeVerifier: Redacted.make("too short") })
      )
      assert.instanceOf(exchange, InvalidRequest)
      assert.deepStrictEqual(
        exchange.issues.map(({ path }) => path),
        ["code", "codeVerifier"]
      )
      assert.lengthOf(requests, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect.each([undefined, null, 5, "x", [], () => {}])(
    "what is not even an object is refused, not thrown: %o",
    (nonsense) => {
      const { layer } = mocked(() => json(200, ok.createAuthCode))
      return Effect.gen(function* () {
        const client = yield* Client
        const create = yield* failure(client.createAuthCode(cast(nonsense)))
        const exchange = yield* failure(client.exchangeAuthCodeForAPIKey(cast(nonsense)))
        const check = yield* failure(client.getCurrentKey(cast(nonsense)))
        const url = yield* failure(client.createAuthorizationUrl(cast(nonsense)))
        assert.deepStrictEqual(
          [create._tag, exchange._tag, check._tag, url._tag],
          ["InvalidRequest", "InvalidRequest", "InvalidRequest", "InvalidRequest"]
        )
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("a __proto__ in the input gives no field", () => {
    const { layer, requests } = mocked(() => json(200, ok.exchangeAuthCodeForAPIKey))
    return Effect.gen(function* () {
      const client = yield* Client
      const error = yield* failure(
        client.exchangeAuthCodeForAPIKey(JSON.parse('{"__proto__":{"code":"fake_code_0123456789"}}'))
      )
      assert.instanceOf(error, InvalidRequest)
      assert.deepStrictEqual(error.issues, [{ path: "code", message: "is missing" }])
      assert.lengthOf(requests, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("createAuthorizationUrl is on the client's own origin", () => {
    const { layer } = mocked(() => json(200, {}), { baseUrl: "http://localhost:8787/api/v1/" })
    return Effect.gen(function* () {
      const client = yield* Client
      const url = yield* client.createAuthorizationUrl({ codeChallenge: challenge })
      assert.strictEqual(url.href, `http://localhost:8787/auth?code_challenge=${challenge}&code_challenge_method=S256`)
    }).pipe(Effect.provide(layer))
  })
})

describe("attribution", () => {
  const headersOf = (request: HttpClientRequest.HttpClientRequest | undefined) => [
    request?.headers["http-referer"],
    request?.headers["x-openrouter-title"],
    request?.headers["x-openrouter-categories"]
  ]

  it.effect("from the options, and per call over them, field by field", () => {
    const { layer, requests } = mocked(() => json(200, ok.getCurrentKey), {
      httpReferer: "https://app.example",
      appTitle: "App",
      appCategories: ["cli-agent", "cloud-agent"]
    })
    return Effect.gen(function* () {
      yield* call("getCurrentKey")
      yield* call("getCurrentKey").pipe(
        OAuthClient.withAttribution({ appTitle: "Inner", httpReferer: undefined }),
        OAuthClient.withAttribution({ appTitle: "Outer", appCategories: "ide-extension" })
      )
      assert.deepStrictEqual(requests.map(headersOf), [
        ["https://app.example", "App", "cli-agent,cloud-agent"],
        ["https://app.example", "Inner", "ide-extension"]
      ])
    }).pipe(Effect.provide(layer))
  })

  it.effect("attribution that stands when the service is made holds; the caller's wins over it", () =>
    Effect.gen(function* () {
      const { layer, requests } = mocked(() => json(200, ok.getCurrentKey))
      const client = yield* Client.pipe(Effect.provide(layer))
      const made = yield* Layer.build(layer).pipe(
        OAuthClient.withAttribution({ appTitle: "Made", httpReferer: "https://a" })
      )
      yield* call("getCurrentKey").pipe(Effect.provide(made))
      yield* call("getCurrentKey").pipe(Effect.provide(made), OAuthClient.withAttribution({ appTitle: "Caller" }))
      yield* client.getCurrentKey(Redacted.make(apiKey))
      assert.deepStrictEqual(requests.map(headersOf), [
        ["https://a", "Made", undefined],
        ["https://a", "Caller", undefined],
        [undefined, undefined, undefined]
      ])
    }).pipe(Effect.scoped)
  )

  for (const [name, value] of [
    ["line breaks", "a\r\nX-Evil: 1"],
    ["emoji", "App 🚀"],
    ["CJK", "应用"]
  ] as const) {
    it.effect(`a title with ${name} is refused by name, before anything is sent`, () => {
      const { layer, requests } = mocked(() => json(200, ok.getCurrentKey))
      return Effect.gen(function* () {
        const error = yield* failure(call("getCurrentKey").pipe(OAuthClient.withAttribution({ appTitle: value })))
        assert.instanceOf(error, InvalidRequest)
        assert.strictEqual(error.issues[0]?.path, "appTitle")
        assert.lengthOf(requests, 0)
        const built = yield* failure(Layer.build(mocked(() => json(200, {}), { httpReferer: value }).layer))
        assert.instanceOf(built, InvalidRequest)
        assert.strictEqual(built.issues[0]?.path, "httpReferer")
      }).pipe(Effect.scoped, Effect.provide(layer))
    })
  }
})

describe("options", () => {
  const refused = (options: OAuthClient.Options) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(mocked(() => json(200, {}), options).layer))
      assert.instanceOf(error, InvalidRequest)
      return error.issues.map(({ path }) => path)
    }).pipe(Effect.scoped)

  it.effect("what cannot be right fails the layer with InvalidRequest, every field at once", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* refused({
          appTitle: "a\nb",
          baseUrl: "http://openrouter.example/api/v1",
          timeout: -1,
          apiKey: Redacted.make("two words")
        }),
        ["appTitle", "baseUrl", "timeout", "apiKey"]
      )
    })
  )

  describe("the base URL is https, or http to a literal loopback host, without userinfo, query or fragment", () => {
    it.effect.each([
      { baseUrl: "" },
      { baseUrl: "openrouter.ai" },
      { baseUrl: "/api/v1" },
      { baseUrl: "ftp://openrouter.ai" },
      { baseUrl: "http://openrouter.ai/api/v1" },
      { baseUrl: "http://localhost.example/" },
      { baseUrl: "http://127.0.0.1.example/" },
      { baseUrl: "http://192.168.0.1/" },
      { baseUrl: "https://user:secret@openrouter.ai/" },
      { baseUrl: "https://openrouter.ai/?a" },
      { baseUrl: "https://openrouter.ai/?" },
      { baseUrl: "https://openrouter.ai/#" },
      { baseUrl: "ftp://a/", allowInsecureHttp: true }
    ])("refuses %o", (options) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* refused(options), ["baseUrl"])
      })
    )

    it.scoped.each([
      { baseUrl: "https://proxy.example/openrouter" },
      { baseUrl: new URL("http://localhost:1/") },
      { baseUrl: "http://127.0.0.1:1" },
      { baseUrl: "http://[::1]:1/api" },
      { baseUrl: "http://proxy.example/", allowInsecureHttp: true }
    ])("takes %o", (options) => Layer.build(mocked(() => json(200, {}), options).layer))
  })

  it.effect.each(["https://proxy.example/openrouter", "https://proxy.example/openrouter///"])(
    "a path in the base URL is kept, with or without a slash at its end: %s",
    (baseUrl) =>
      Effect.gen(function* () {
        const { layer, requests } = mocked(() => json(200, ok.getCurrentKey), { baseUrl })
        yield* call("getCurrentKey").pipe(Effect.provide(layer))
        assert.strictEqual(requests[0]?.url, "https://proxy.example/openrouter/key")
      })
  )

  it.effect("transformClient changes the client, and its headers arrive", () => {
    const { layer, requests } = mocked(() => json(200, ok.getCurrentKey), {
      transformClient: HttpClient.mapRequest(HttpClientRequest.setHeader("x-extra", "1"))
    })
    return Effect.gen(function* () {
      yield* call("getCurrentKey")
      assert.strictEqual(requests[0]?.headers["x-extra"], "1")
    }).pipe(Effect.provide(layer))
  })

  it.effect("layerConfig reads the OPENROUTER_* variables; empty ones count as absent", () =>
    Effect.gen(function* () {
      const sent: Array<HttpClientRequest.HttpClientRequest> = []
      const http = Layer.succeed(
        HttpClient.HttpClient,
        HttpClient.mapRequest(
          HttpClient.make(() => Effect.never),
          (request) => {
            sent.push(request)
            return request
          }
        )
      )
      const start = (layer: typeof configured, env: Record<string, string>) =>
        Effect.flatMap(Client, (client) => client.createAuthCode({ callbackUrl: "https://app.example/" })).pipe(
          Effect.provide(layer),
          Effect.provide(http),
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env)))),
          Effect.race(Effect.yieldNow({ priority: 1 })),
          Effect.exit
        )
      const configured = OAuthClient.layerConfig()
      yield* start(configured, {
        OPENROUTER_API_KEY: apiKey,
        OPENROUTER_BASE_URL: "https://one.example/v1",
        OPENROUTER_HTTP_REFERER: "https://app.example",
        OPENROUTER_APP_TITLE: "App",
        OPENROUTER_APP_CATEGORIES: "a,b"
      })
      yield* start(configured, { OPENROUTER_API_KEY: apiKey, OPENROUTER_BASE_URL: "", OPENROUTER_APP_TITLE: " " })
      yield* start(OAuthClient.layerConfig({ apiKey: Config.redacted("MINE"), appTitle: Config.succeed("Given") }), {
        MINE: "sk-or-v1-fake-mine",
        OPENROUTER_BASE_URL: "https://two.example"
      })
      assert.deepStrictEqual(
        sent.map(({ headers, url }) => [
          url,
          headers.authorization,
          headers["http-referer"],
          headers["x-openrouter-title"],
          headers["x-openrouter-categories"]
        ]),
        [
          ["https://one.example/v1/auth/keys/code", `Bearer ${apiKey}`, "https://app.example", "App", "a,b"],
          ["https://openrouter.ai/api/v1/auth/keys/code", `Bearer ${apiKey}`, undefined, undefined, undefined],
          ["https://two.example/auth/keys/code", "Bearer sk-or-v1-fake-mine", undefined, "Given", undefined]
        ]
      )
    })
  )

  it.effect("layerConfig: a missing variable that was asked for is a ConfigError, a bad one InvalidRequest", () =>
    Effect.gen(function* () {
      const build = (layer: ReturnType<typeof OAuthClient.layerConfig>, env: Record<string, string>) =>
        Layer.build(Layer.provide(layer, FetchHttpClient.layer)).pipe(
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env)))),
          Effect.flip,
          Effect.scoped
        )
      const missing = yield* build(OAuthClient.layerConfig({ apiKey: Config.redacted("MINE") }), {})
      assert.include(String(missing), "MINE")
      const bad = yield* build(OAuthClient.layerConfig(), { OPENROUTER_BASE_URL: "http://openrouter.ai" })
      assert.instanceOf(bad, InvalidRequest)
    })
  )
})

describe("answers", () => {
  const standard = (status: number, message: string) => ({
    error: { code: status, message, metadata: { hint: "fake" } },
    openrouter_metadata: null,
    user_id: "user_fake"
  })

  for (const operation of operations) {
    for (const status of [300, 301, 302, 303, 304, 307, 308]) {
      it.effect(`${operation}: ${status} is a redirect that is not followed`, () => {
        const { layer, requests } = mocked(
          () => new Response(null, { status, headers: { location: "https://evil.example/" } })
        )
        return Effect.gen(function* () {
          const error = yield* failure(call(operation))
          assert(error._tag === "MalformedResponse")
          assert.strictEqual(error.reason, "Redirect")
          assert.strictEqual(error.status, status)
          assert.lengthOf(requests, 1)
        }).pipe(Effect.provide(layer))
      })
    }

    it.effect(`${operation}: an opaque redirect (status 0, as browsers show it) is one too`, () => {
      const { layer } = mocked(() => Response.error())
      return Effect.gen(function* () {
        const error = yield* failure(call(operation))
        assert(error._tag === "MalformedResponse")
        assert.strictEqual(error.reason, "Redirect")
        assert.strictEqual(error.status, 0)
      }).pipe(Effect.provide(layer))
    })

    describe(`${operation}: a 200 that is not what is documented is malformed, by its reason`, () => {
      const good = JSON.stringify(ok[operation])
      const cases: ReadonlyArray<readonly [string, BodyInit, string | null]> = [
        ["ContentType", good, "text/html"],
        ["ContentType", good, null],
        ["ContentType", good, "text/plain"],
        ["ContentType", good, "application/jsonp"],
        ["ContentType", good, "application/json-seq"],
        ["ContentType", good, "x-application/json"],
        ["ContentType", good, "text/plain; note=application/json"],
        ["Encoding", Uint8Array.of(0x7b, 0xff, 0x7d), "application/json"],
        ["Schema", `{"data":${"[".repeat(20_000)}${"]".repeat(20_000)},"key":0}`, "application/json"],
        ["Json", "{", "application/json"],
        ["Json", "", "application/json"],
        ["Schema", "{}", "application/json"],
        ["Schema", "null", "application/json"],
        ["Schema", JSON.stringify({ data: null, key: "" }), "application/json"],
        ["TooLarge", JSON.stringify({ pad: "x".repeat(70_000) }), "application/json"]
      ]

      it.effect.each(cases)("%s", ([reason, body, type]) =>
        Effect.gen(function* () {
          const { layer } = mocked(() => {
            const response = new Response(typeof body === "string" ? new TextEncoder().encode(body) : body, {
              status: 200
            })
            if (type !== null) response.headers.set("content-type", type)
            return response
          })
          const error = yield* failure(call(operation)).pipe(Effect.provide(layer))
          assert(error._tag === "MalformedResponse", `${reason} for ${type}: ${error._tag}`)
          assert.strictEqual(error.reason, reason, `${type}`)
          if (reason === "Schema") assert.match(error.message, /not as documented: \w/)
          assert.strictEqual(error.status, 200)
        })
      )
    })

    it.effect.each(["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])(
      `${operation}: JSON by any spelling of its content type is read: %s`,
      (type) => {
        const { layer } = mocked(() => json(200, ok[operation], { "content-type": type }))
        return call(operation).pipe(Effect.provide(layer))
      }
    )
  }

  it.effect("what an error carries: metadata, user id, request id, Retry-After", () =>
    Effect.gen(function* () {
      const { layer } = mocked(() =>
        json(403, standard(403, "Invalid code or code_verifier"), {
          "cf-ray": "ray-1",
          "request-id": "req-1",
          "retry-after": "7"
        })
      )
      const error = yield* failure(call("exchangeAuthCodeForAPIKey")).pipe(Effect.provide(layer))
      assert(error._tag === "Forbidden")
      assert.strictEqual(error.reason, "InvalidGrant")
      assert.deepStrictEqual(error.metadata, { hint: "fake" })
      assert.strictEqual(error.userId, "user_fake")
      assert.strictEqual(error.requestId, "req-1")
      assert.strictEqual(error.retryAfterMillis, 7000)
      assert(error.retryAfter !== undefined && Duration.equals(error.retryAfter, "7 seconds"))
    })
  )

  it.effect.each([
    [{ "request-id": "req-1", "x-generation-id": "gen-1", "cf-ray": "ray-1" }, "req-1"],
    [{ "x-generation-id": "gen-1", "cf-ray": "ray-1" }, "gen-1"],
    [{ "cf-ray": "ray-1" }, "ray-1"],
    [{}, undefined]
  ] as const)(
    "the request id of an error is that of request-id, x-generation-id or cf-ray: %o",
    ([headers, requestId]) =>
      Effect.gen(function* () {
        const { layer } = mocked(() => json(401, standard(401, "No"), headers))
        const error = yield* failure(call("getCurrentKey")).pipe(Effect.provide(layer))
        assert(error._tag === "Unauthorized")
        assert.strictEqual(error.requestId, requestId)
      })
  )

  it.effect("an error answer that is not UTF-8 is read as far as it can be", () =>
    Effect.gen(function* () {
      const { layer } = mocked(() => new Response(Uint8Array.of(0x4e, 0x6f, 0xff), { status: 401 }))
      const error = yield* failure(call("getCurrentKey")).pipe(Effect.provide(layer))
      assert(error._tag === "Unauthorized")
      assert.strictEqual(error.serverMessage, "No\ufffd")
    })
  )

  it.effect.each([
    ["Redirect", new Response(null, { status: 302 }), "a redirect (status 302)"],
    [
      "ContentType",
      new Response("{}", { headers: { "content-type": "text/html" } }),
      "not JSON by its type (status 200)"
    ],
    ["TooLarge", json(200, { pad: "x".repeat(70_000) }), "over 64 KiB (status 200)"],
    ["Json", new Response("{", { headers: { "content-type": "application/json" } }), "not valid JSON (status 200)"],
    [
      "Encoding",
      new Response(Uint8Array.of(0xff), { headers: { "content-type": "application/json" } }),
      "not readable as UTF-8 (status 200)"
    ],
    ["Schema", json(200, {}), "not as documented: data is missing (status 200)"]
  ] as const)("a malformed answer is described: %s", ([reason, response, description]) =>
    Effect.gen(function* () {
      const { layer } = mocked(() => response)
      const error = yield* failure(call("getCurrentKey")).pipe(Effect.provide(layer))
      assert(error._tag === "MalformedResponse")
      assert.strictEqual(error.reason, reason)
      assert.include(error.message, `getCurrentKey got an answer that is ${description}. `)
    })
  )

  it.effect.each([
    [64 * 1024, "read"],
    [64 * 1024 + 1, "TooLarge"]
  ] as const)("an answer may have 64 KiB: %s bytes", ([size, outcome]) =>
    Effect.gen(function* () {
      const text = JSON.stringify(ok.getCurrentKey)
      const { layer } = mocked(
        () => new Response(text + " ".repeat(size - text.length), { headers: { "content-type": "application/json" } })
      )
      const result = yield* Effect.either(call("getCurrentKey")).pipe(Effect.provide(layer))
      assert.strictEqual(
        result._tag === "Right" ? "read" : result.left._tag === "MalformedResponse" && result.left.reason,
        outcome
      )
    })
  )

  it.effect("a character whose bytes arrive in two chunks is read whole", () =>
    Effect.gen(function* () {
      const bytes = new TextEncoder().encode(JSON.stringify({ data: { label: "ключ", usage: 0 } }))
      const middle = bytes.findIndex((byte) => byte > 0x7f) + 1
      const { layer } = mocked(
        () =>
          new Response(
            new ReadableStream({
              start: (controller) => {
                controller.enqueue(bytes.slice(0, middle))
                controller.enqueue(bytes.slice(middle))
                controller.close()
              }
            }),
            { headers: { "content-type": "application/json" } }
          )
      )
      const info = yield* Effect.flatMap(Client, (client) => client.getCurrentKey(Redacted.make(apiKey))).pipe(
        Effect.provide(layer)
      )
      assert.strictEqual(info.label, "ключ")
    })
  )

  it.effect("an unexpected status carries its body, parsed and scrubbed", () =>
    Effect.gen(function* () {
      const { layer } = mocked(() => json(418, { teapot: [1, `said ${code}`], nested: { key: "sk-or-v1-abcdef" } }))
      const error = yield* failure(call("exchangeAuthCodeForAPIKey")).pipe(Effect.provide(layer))
      assert(error._tag === "UnexpectedStatus")
      assert.deepStrictEqual(error.body, { teapot: [1, "said [redacted]"], nested: { key: "[redacted]" } })
    })
  )

  it.effect("an unexpected status without a body carries none", () =>
    Effect.gen(function* () {
      const { layer } = mocked(() => new Response(null, { status: 418 }))
      const error = yield* failure(call("getCurrentKey")).pipe(Effect.provide(layer))
      assert(error._tag === "UnexpectedStatus")
      assert.notProperty(error, "body")
    })
  )
})
