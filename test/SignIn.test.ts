import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { parseCallback } from "effect-openrouter-oauth/AuthorizationUrl"
import { layerMemory, make as makeStore, PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import { cast } from "./util/cast.js"
import { code, json, ok } from "./util/client.js"
import { callback, fixture, tampering } from "./util/signIn.js"

const callbackUrl = "https://app.example/callback?app=1"

const begin = (options: SignIn.BeginOptions = { callbackUrl }) =>
  Effect.flatMap(SignIn.SignIn, (signIn) => signIn.begin(options))

const complete = (url: string | URL, { browserBinding }: Pick<SignIn.SignInStarted, "browserBinding">) =>
  Effect.flatMap(SignIn.SignIn, (signIn) => signIn.complete(url, { browserBinding }))

const granted = (started: SignIn.SignInStarted, more: Record<string, string | undefined> = {}) =>
  callback(started, { code, state: started.attempt, ...more })

describe("begin", () => {
  const { exchanged, layer } = fixture()

  it.effect("gives a URL that holds the attempt twice and neither verifier nor binding", () =>
    Effect.gen(function* () {
      const started = yield* begin({ callbackUrl, limit: 3, keyLabel: "App", returnTo: "/settings" })
      const query = started.authorizationUrl.searchParams
      assert.strictEqual(
        `${started.authorizationUrl.origin}${started.authorizationUrl.pathname}`,
        "https://openrouter.ai/auth"
      )
      assert.strictEqual(query.get("callback_url"), `${callbackUrl}&attempt=${started.attempt}`)
      assert.strictEqual(query.get("state"), started.attempt)
      assert.strictEqual(query.get("code_challenge_method"), "S256")
      assert.match(query.get("code_challenge") ?? "", /^[\w-]{43}$/)
      assert.strictEqual(query.get("limit"), "3")
      assert.strictEqual(query.get("key_label"), "App")
      assert.notInclude(started.authorizationUrl.href, Redacted.value(started.browserBinding))
      assert.match(started.attempt, /^[\w-]{22}$/, "128 bits")
      assert.match(Redacted.value(started.browserBinding), /^[\w-]{43}$/, "256 bits")
      assert.strictEqual(DateTime.toEpochMillis(started.expiresAt), 600_000)
      assert.lengthOf(exchanged, 0)
    }).pipe(Effect.provide(layer))
  )

  it.effect("a reader of the store learns neither attempt nor binding: it keeps their SHA-256", () => {
    const rows: Array<string> = []
    const store = Layer.succeed(
      PendingSignIns,
      makeStore({
        put: (key, text) => Effect.sync(() => rows.push(key, text) > 0),
        get: () => Effect.succeed(null),
        take: () => Effect.succeed(null)
      })
    )
    return Effect.gen(function* () {
      const { attempt, browserBinding } = yield* begin({ callbackUrl: "https://app.example/callback" })
      const sha256 = (text: string) => createHash("sha256").update(text).digest("base64url")
      const [key, row = ""] = rows
      assert.strictEqual(key, sha256(attempt))
      assert.strictEqual(JSON.parse(row).bindingDigest, sha256(Redacted.value(browserBinding)))
      assert.notInclude(row, Redacted.value(browserBinding))
    }).pipe(Effect.provide(fixture(undefined, store).layer))
  })

  it.effect("everything is fresh each time", () =>
    Effect.gen(function* () {
      const all = yield* Effect.all(Array.from({ length: 50 }, () => begin()))
      assert.strictEqual(new Set(all.map(({ attempt }) => attempt)).size, 50)
      assert.strictEqual(new Set(all.map(({ browserBinding }) => Redacted.value(browserBinding))).size, 50)
      const challenges = all.map(({ authorizationUrl }) => authorizationUrl.searchParams.get("code_challenge"))
      assert.strictEqual(new Set(challenges).size, 50)
    }).pipe(Effect.provide(layer))
  )

  it.effect("without a callback URL it is headless: no callback, no state, a challenge", () =>
    Effect.gen(function* () {
      const { authorizationUrl } = yield* begin({})
      assert.deepStrictEqual(Array.from(authorizationUrl.searchParams.keys()), [
        "code_challenge",
        "code_challenge_method"
      ])
    }).pipe(Effect.provide(layer))
  )

  for (const name of ["code", "state", "error", "attempt"]) {
    it.effect(`refuses a callback URL that already carries ${name}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(begin({ callbackUrl: `https://app.example/?${name}=1` }))
        assert(error._tag === "InvalidRequest")
        assert.strictEqual(error.issues[0]?.path, "callbackUrl")
        assert.include(error.message, name)
      }).pipe(Effect.provide(layer))
    )
  }

  for (const returnTo of [
    "settings",
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/a\n",
    `/${"x".repeat(2048)}`,
    "",
    "/a\\b"
  ]) {
    it.effect(`refuses to return to ${JSON.stringify(returnTo.slice(0, 40))}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(begin({ callbackUrl, returnTo }))
        assert(error._tag === "InvalidRequest")
        assert.strictEqual(error.issues[0]?.path, "returnTo")
      }).pipe(Effect.provide(layer))
    )
  }

  it.effect("a path of 2,048 characters is short enough to return to", () =>
    Effect.asVoid(begin({ callbackUrl, returnTo: `/${"x".repeat(2047)}` })).pipe(Effect.provide(layer))
  )

  for (const subject of ["", "x".repeat(257)]) {
    it.effect(`refuses a subject of ${subject.length} characters`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(begin({ callbackUrl, subject }))
        assert(error._tag === "InvalidRequest")
        assert.strictEqual(error.issues[0]?.path, "subject")
      }).pipe(Effect.provide(layer))
    )
  }

  it.effect("refuses what the authorization URL refuses", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(begin({ callbackUrl: "http://app.example/", limit: -1 }))
      assert(error._tag === "InvalidRequest")
      assert.deepStrictEqual(
        error.issues.map(({ path }) => path),
        ["callbackUrl", "limit"]
      )
    }).pipe(Effect.provide(layer))
  )
})

describe("complete", () => {
  for (const [name, parameters] of [
    ["attempt and state", {}],
    ["the attempt alone (state not echoed)", { state: undefined }],
    ["the state alone (query of the callback URL lost)", { attempt: undefined }],
    ["parameters that nobody knows", { utm_source: "x" }]
  ] as const) {
    it.effect(`exchanges the code with the verifier of its challenge, tied by ${name}`, () => {
      const { exchanged, layer } = fixture()
      return Effect.gen(function* () {
        const started = yield* begin({ callbackUrl, returnTo: "/settings" })
        const signedIn = yield* complete(granted(started, parameters), started)
        assert.strictEqual(Redacted.value(signedIn.key), "sk-or-v1-fake-user-key")
        assert.strictEqual(signedIn.userId, "user_fake")
        assert.strictEqual(signedIn.returnTo, "/settings")
        const [body] = cast<Array<Record<string, string>>>(exchanged)
        assert.strictEqual(body?.code, code)
        assert.strictEqual(body?.code_challenge_method, "S256")
        const challenge = yield* Effect.flatMap(Pkce.Pkce, (pkce) =>
          pkce.challenge(Redacted.make(body?.code_verifier ?? ""))
        )
        assert.strictEqual(started.authorizationUrl.searchParams.get("code_challenge"), challenge)
      }).pipe(Effect.provide([layer, Pkce.layer]))
    })
  }

  it.effect("takes the path and query alone, as a server sees them", () => {
    const { layer } = fixture()
    return Effect.gen(function* () {
      const started = yield* begin()
      const url = granted(started)
      yield* complete(`${url.pathname}${url.search}`, started)
    }).pipe(Effect.provide(layer))
  })

  it.effect("works once", () => {
    const { exchanged, layer } = fixture()
    return Effect.gen(function* () {
      const started = yield* begin()
      yield* complete(granted(started), started)
      const error = yield* Effect.flip(complete(granted(started), started))
      assert.strictEqual(error._tag, "UnknownAttempt")
      assert.lengthOf(exchanged, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("of 100 identical callbacks at once exactly one exchanges", () => {
    const { exchanged, layer } = fixture()
    return Effect.gen(function* () {
      const started = yield* begin()
      const ends = yield* Effect.all(
        Array.from({ length: 100 }, () => Effect.either(complete(granted(started), started))),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(ends.filter(Either.isRight), 1)
      assert.isTrue(ends.every((end) => Either.isRight(end) || end.left._tag === "UnknownAttempt"))
      assert.lengthOf(exchanged, 1)
    }).pipe(Effect.provide(layer))
  })

  const forged: ReadonlyArray<
    readonly [string, string, (mine: SignIn.SignInStarted, theirs: SignIn.SignInStarted) => string | URL, boolean]
  > = [
    ["a state that is not the attempt's", "StateMismatch", (mine) => granted(mine, { state: "forged" }), true],
    [
      "another sign-in's state beside its attempt",
      "StateMismatch",
      (mine, theirs) => granted(mine, { state: theirs.attempt }),
      true
    ],
    [
      "an attempt that nobody began",
      "UnknownAttempt",
      (mine) => granted(mine, { state: undefined, attempt: "x".repeat(22) }),
      true
    ],
    [
      "neither attempt nor state",
      "UnknownAttempt",
      (mine) => granted(mine, { state: undefined, attempt: undefined }),
      true
    ],
    ["another browser's sign-in", "StateMismatch", (_, theirs) => granted(theirs), true],
    ["no binding", "StateMismatch", (mine) => granted(mine), false],
    ["a denial without the binding", "StateMismatch", (mine) => callback(mine, { error: "access_denied" }), false],
    [
      "a forged denial",
      "UnknownAttempt",
      (mine) => callback(mine, { error: "access_denied", attempt: "forged" }),
      true
    ],
    ["another host", "CallbackMalformed", (mine) => String(granted(mine)).replace("app.example", "evil.example"), true],
    ["another scheme", "CallbackMalformed", (mine) => String(granted(mine)).replace("https:", "http:"), true],
    ["another path", "CallbackMalformed", (mine) => String(granted(mine)).replace("/callback", "/other"), true],
    ["two codes", "CallbackMalformed", (mine) => `${granted(mine)}&code=other`, true],
    ["two attempts", "CallbackMalformed", (mine) => `${granted(mine)}&attempt=${mine.attempt}`, true],
    ["code and error", "CallbackMalformed", (mine) => granted(mine, { error: "access_denied" }), true],
    ["9 KiB", "CallbackMalformed", (mine) => granted(mine, { pad: "x".repeat(9000) }), true],
    ["what is no URL", "CallbackMalformed", () => "code", true]
  ]
  for (const [name, tag, url, bound] of forged) {
    it.effect(`${name}: refused before the exchange, and the sign-in stays pending`, () => {
      const { exchanged, layer } = fixture()
      return Effect.gen(function* () {
        const mine = yield* begin()
        const theirs = yield* begin()
        const binding = bound ? mine : { browserBinding: Redacted.make("") }
        const error = yield* Effect.flip(complete(url(mine, theirs), binding))
        assert.strictEqual(error._tag, tag)
        assert.lengthOf(exchanged, 0)
        yield* complete(granted(mine), mine)
        yield* complete(granted(theirs), theirs)
      }).pipe(Effect.provide(layer))
    })
  }

  for (const [name, parameters] of [
    ["an error", { error: "access_denied", error_description: "The user said no" }],
    ["the bare callback", {}],
    ["an empty code", { code: "" }]
  ] as const) {
    it.effect(`${name} is a denial, which ends the sign-in`, () => {
      const { exchanged, layer } = fixture()
      return Effect.gen(function* () {
        const started = yield* begin()
        const error = yield* Effect.flip(complete(callback(started, parameters), started))
        assert(error._tag === "AuthorizationDenied")
        assert.strictEqual(error.error, "error" in parameters ? "access_denied" : undefined)
        assert.strictEqual(error.description, "error" in parameters ? "The user said no" : undefined)
        assert.strictEqual((yield* Effect.flip(complete(granted(started), started)))._tag, "UnknownAttempt")
        assert.lengthOf(exchanged, 0)
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("an error other than access_denied is a failure, which ends the sign-in", () => {
    const { exchanged, layer } = fixture()
    return Effect.gen(function* () {
      const started = yield* begin()
      const url = callback(started, { error: "server_error", error_description: "Try later" })
      const error = yield* Effect.flip(complete(url, started))
      assert(error._tag === "AuthorizationFailed")
      assert.strictEqual(error.error, "server_error")
      assert.strictEqual(error.description, "Try later")
      assert.include(error.message, 'server_error: "Try later"')
      assert.strictEqual((yield* Effect.flip(complete(granted(started), started)))._tag, "UnknownAttempt")
      assert.lengthOf(exchanged, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("an attempt expires after 10 minutes", () => {
    const { exchanged, layer } = fixture()
    return Effect.gen(function* () {
      const early = yield* begin()
      const late = yield* begin()
      yield* TestClock.adjust("599999 millis")
      yield* complete(granted(early), early)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Effect.flip(complete(granted(late), late)))._tag, "UnknownAttempt")
      assert.lengthOf(exchanged, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("an exchange that provably never left puts the attempt back, for its remaining time", () => {
    const { exchanged, layer } = fixture((n) => (n < 3 ? "offline" : json(200, ok.exchangeAuthCodeForAPIKey)))
    return Effect.gen(function* () {
      const started = yield* begin()
      const other = yield* begin()
      yield* TestClock.adjust("9 minutes")
      assert.strictEqual((yield* Effect.flip(complete(granted(started), started)))._tag, "ConnectionFailed")
      assert.strictEqual((yield* Effect.flip(complete(granted(other), other)))._tag, "ConnectionFailed")
      yield* complete(granted(started), started)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Effect.flip(complete(granted(other), other)))._tag, "UnknownAttempt")
      assert.lengthOf(exchanged, 3)
    }).pipe(Effect.provide(layer))
  })

  it.effect("the store keeps what was put back until the sign-in expires, and no longer", () => {
    const kept: Array<number> = []
    const store = Layer.map(layerMemory, (context) => {
      const inner = Context.get(context, PendingSignIns)
      const put: typeof inner.put = (key, pending, ttl) => {
        kept.push(Duration.toMillis(ttl))
        return inner.put(key, pending, ttl)
      }
      return Context.make(PendingSignIns, { ...inner, put })
    })
    return Effect.gen(function* () {
      const started = yield* begin()
      yield* TestClock.adjust("9 minutes")
      yield* Effect.flip(complete(granted(started), started))
      assert.deepStrictEqual(kept, [600_000, 60_000])
    }).pipe(Effect.provide(fixture(() => "offline", store).layer))
  })

  it.effect("what was not given to begin does not come back", () =>
    Effect.gen(function* () {
      const started = yield* begin()
      assert.hasAllKeys(yield* complete(granted(started), started), ["key", "userId"])
    }).pipe(Effect.provide(fixture().layer))
  )

  it.effect("an exchange that may have been processed does not put it back", () => {
    const { exchanged, layer } = fixture(() => json(500, {}))
    return Effect.gen(function* () {
      const started = yield* begin()
      assert.strictEqual((yield* Effect.flip(complete(granted(started), started)))._tag, "InternalServer")
      assert.strictEqual((yield* Effect.flip(complete(granted(started), started)))._tag, "UnknownAttempt")
      assert.lengthOf(exchanged, 1)
    }).pipe(Effect.provide(layer))
  })
})

describe("subject", () => {
  it.effect("comes back with the key, and stands in no URL", () => {
    const { layer } = fixture()
    return Effect.gen(function* () {
      const started = yield* begin({ callbackUrl, subject: "user-1" })
      assert.notInclude(started.authorizationUrl.href, "user-1")
      const signIn = yield* SignIn.SignIn
      const { browserBinding } = started
      const signedIn = yield* signIn.complete(granted(started), { browserBinding, subject: "user-1" })
      assert.strictEqual(signedIn.subject, "user-1")
    }).pipe(Effect.provide(layer))
  })

  for (const [name, began, completes] of [
    ["another subject", "user-1", "user-2"],
    ["nobody, where somebody began", "user-1", undefined],
    ["somebody, where nobody began", undefined, "user-2"]
  ] as const) {
    it.effect(`${name} cannot complete it, and the sign-in stays pending`, () => {
      const { exchanged, layer } = fixture()
      return Effect.gen(function* () {
        const signIn = yield* SignIn.SignIn
        const started = yield* begin({ callbackUrl, subject: began })
        const { attempt, browserBinding } = started
        const other = { browserBinding, subject: completes }
        const byCode = signIn.completeWithCode(attempt, Redacted.make(code), other)
        const denied = signIn.complete(callback(started, { error: "access_denied" }), other)
        for (const completing of [signIn.complete(granted(started), other), byCode, denied]) {
          assert.strictEqual((yield* Effect.flip(completing))._tag, "StateMismatch")
        }
        assert.lengthOf(exchanged, 0)
        yield* signIn.complete(granted(started), { browserBinding, subject: began })
      }).pipe(Effect.provide(layer))
    })
  }
})

describe("input of the wrong type is a typed error", () => {
  for (const [name, options] of [
    ["no options", undefined],
    ["null", null],
    ["{}", {}],
    ["a plain-string binding", { browserBinding: "binding" }]
  ] as const) {
    it.effect.each(["complete", "completeWithCode"] as const)(
      `${name}: InvalidRequest of %s, before the store is asked`,
      (method) => {
        const { exchanged, layer } = fixture()
        return Effect.gen(function* () {
          const signIn = yield* SignIn.SignIn
          const started = yield* begin()
          const completing: Record<typeof method, () => ReturnType<typeof signIn.complete>> = {
            complete: () => Reflect.apply(signIn.complete, signIn, [granted(started), options]),
            completeWithCode: () =>
              Reflect.apply(signIn.completeWithCode, signIn, [started.attempt, Redacted.make(code), options])
          }
          const error = yield* Effect.flip(completing[method]())
          assert(error._tag === "InvalidRequest")
          assert.strictEqual(error.operation, method)
          assert.strictEqual(error.issues[0]?.path, "browserBinding")
          yield* complete(granted(started), started)
          assert.lengthOf(exchanged, 1)
        }).pipe(Effect.provide(layer))
      }
    )
  }

  it.effect("begin without options is headless", () => {
    const { layer } = fixture()
    return Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const beginning: ReturnType<typeof signIn.begin> = Reflect.apply(signIn.begin, signIn, [])
      const { authorizationUrl } = yield* beginning
      assert.isFalse(authorizationUrl.searchParams.has("callback_url"))
    }).pipe(Effect.provide(layer))
  })
})

describe("an error names the function that was called", () => {
  const operations: ReadonlyArray<
    readonly [
      string,
      (signIn: SignIn.Service, started: SignIn.SignInStarted) => Effect.Effect<unknown, { readonly operation: string }>
    ]
  > = [
    ["begin", (signIn) => signIn.begin({ callbackUrl, keyLabel: "x".repeat(101) })],
    ["complete", (signIn, started) => signIn.complete(`${callbackUrl}&code=${code}&attempt=other`, started)],
    ["complete", (signIn, started) => signIn.complete(granted(started), { browserBinding: Redacted.make("other") })],
    ["completeWithCode", (signIn, started) => signIn.completeWithCode("other", Redacted.make(code), started)],
    ["completeWithCode", (signIn, started) => signIn.completeWithCode(started.attempt, Redacted.make(""), started)],
    [
      "completeWithCode",
      (signIn, started) =>
        signIn.completeWithCode(started.attempt, Redacted.make(code), { ...started, subject: "somebody else" })
    ]
  ]
  it.effect.each(operations)("%s", ([operation, run]) =>
    Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const error = yield* Effect.flip(run(signIn, yield* begin()))
      assert.strictEqual(error.operation, operation)
    }).pipe(Effect.provide(fixture().layer))
  )
})

describe("a row of the store is checked as if it came from outside", () => {
  for (const returnTo of ["https://evil.example/", "//evil.example", `/${"x".repeat(2048)}`]) {
    it.effect(`refuses to return to ${returnTo.slice(0, 30)}`, () => {
      const { exchanged, layer } = fixture(undefined, tampering({ returnTo }))
      return Effect.gen(function* () {
        const started = yield* begin()
        const error = yield* Effect.flip(complete(granted(started), started))
        assert.strictEqual(error._tag, "StoreError")
        assert.notInclude(error.message, "evil")
        assert.lengthOf(exchanged, 0)
      }).pipe(Effect.provide(layer))
    })
  }
})

describe("complete with a callback that was read before", () => {
  it.effect("takes what parseCallback gave", () => {
    const { layer } = fixture()
    return Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const started = yield* begin()
      const parsed = yield* parseCallback(granted(started))
      const { key } = yield* signIn.complete(parsed, { browserBinding: started.browserBinding })
      assert.strictEqual(Redacted.value(key), "sk-or-v1-fake-user-key")
    }).pipe(Effect.provide(layer))
  })
})

describe("completeWithCode", () => {
  it.effect.each<ReadonlyArray<string>>([["exit"], ["exit", "y"]])(
    "codes that OpenRouter refuses change nothing, and the right one completes: %s",
    (words) => {
      const { exchanged, layer } = fixture((n) =>
        n <= words.length
          ? json(403, { error: { code: 403, message: "Invalid code or code_verifier" } })
          : json(200, ok.exchangeAuthCodeForAPIKey)
      )
      return Effect.gen(function* () {
        const signIn = yield* SignIn.SignIn
        const started = yield* begin()
        const { attempt, browserBinding } = started
        const refusals = yield* Effect.forEach(words, (word) =>
          Effect.flip(signIn.completeWithCode(attempt, Redacted.make(word), { browserBinding }))
        )
        assert.deepStrictEqual(
          refusals.map((error) => ("reason" in error ? `${error._tag} ${error.reason}` : error._tag)),
          words.map(() => "Forbidden InvalidGrant")
        )
        yield* complete(granted(started), started)
        assert.lengthOf(exchanged, words.length + 1)
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("an expired code is not put back", () => {
    const { layer } = fixture(() => json(403, { error: { code: 403, message: "Authorization code expired" } }))
    return Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const { attempt, browserBinding } = yield* begin()
      const completing = signIn.completeWithCode(attempt, Redacted.make(code), { browserBinding })
      assert.strictEqual((yield* Effect.flip(completing))._tag, "Forbidden")
      assert.strictEqual((yield* Effect.flip(completing))._tag, "UnknownAttempt")
    }).pipe(Effect.provide(layer))
  })

  it.effect("completes a headless sign-in, once, with its binding", () => {
    const { exchanged, layer } = fixture()
    return Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const { attempt, browserBinding } = yield* begin({})
      const refused = yield* Effect.flip(
        signIn.completeWithCode(attempt, Redacted.make(code), { browserBinding: Redacted.make("other") })
      )
      assert.strictEqual(refused._tag, "StateMismatch")
      assert.strictEqual(
        (yield* Effect.flip(signIn.completeWithCode("unknown", Redacted.make(code), { browserBinding })))._tag,
        "UnknownAttempt"
      )
      const empty = yield* Effect.flip(signIn.completeWithCode(attempt, Redacted.make(""), { browserBinding }))
      assert.strictEqual(empty._tag, "InvalidRequest", "nothing was sent: the attempt stays")
      assert.lengthOf(exchanged, 0)
      const { key } = yield* signIn.completeWithCode(attempt, Redacted.make(code), { browserBinding })
      assert.strictEqual(Redacted.value(key), "sk-or-v1-fake-user-key")
      const again = yield* Effect.flip(signIn.completeWithCode(attempt, Redacted.make(code), { browserBinding }))
      assert.strictEqual(again._tag, "UnknownAttempt")
    }).pipe(Effect.provide(layer))
  })
})
