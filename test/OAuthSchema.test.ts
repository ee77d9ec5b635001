import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import * as fc from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as OAuthSchema from "effect-openrouter-oauth/OAuthSchema"
import { canonical } from "../src/internal/canonical.js"
import { encoded, issuesOf } from "../src/internal/invalid.js"
import type { Issue } from "../src/OAuthError.js"
import { cast } from "./util/cast.js"
import {
  arbitraryCallbackUrl,
  arbitraryChallenge,
  arbitraryVerifier,
  fakeKey,
  rfcChallenge,
  rfcVerifier
} from "./util/words.js"

const callbackUrl = "https://app.example/callback"

const encodeCreate = Schema.encodeUnknownEither(OAuthSchema.CreateAuthCodeRequest, { errors: "all" })
const encodeExchange = Schema.encodeUnknownEither(OAuthSchema.ExchangeAuthCodeRequest, { errors: "all" })

/** What goes over the wire for an input: encoded, then JSON. */
const wire = (result: Either.Either<object, unknown>): Record<string, unknown> =>
  JSON.parse(JSON.stringify(Either.getOrThrow(result)))

const create = (input: OAuthSchema.CreateAuthCodeInput) => encodeCreate(canonical(input))
const exchange = (input: OAuthSchema.ExchangeAuthCodeInput) => encodeExchange(canonical(input))

/** What an input that no types allow is refused for. */
const refused = (of: typeof create | typeof exchange, input: unknown): ReadonlyArray<Issue> => {
  const result = encoded("test", cast<Either.Either<object, never>>(of(cast(input))))
  assert(Either.isLeft(result), "it must be refused")
  return result.left.issues
}

const decoder =
  <A, I>(schema: Schema.Schema<A, I>) =>
  (u: unknown): Either.Either<A, ReadonlyArray<Issue>> =>
    Either.mapLeft(Schema.decodeUnknownEither(schema, { errors: "all" })(u), issuesOf)

const issuesIn = <A>(result: Either.Either<A, ReadonlyArray<Issue>>): ReadonlyArray<Issue> => {
  assert(Either.isLeft(result), "it must be refused")
  return result.left
}

const optional = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: undefined })

// Every millisecond from 1970 to the end of 9999.
const arbitraryDate = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) }).map(DateTime.unsafeMake)

const arbitraryPair = fc.oneof(
  fc.constant({}),
  arbitraryChallenge.map((codeChallenge) => ({ codeChallenge })),
  arbitraryChallenge.map((codeChallenge) => ({ codeChallenge, codeChallengeMethod: "S256" as const })),
  arbitraryVerifier.map((codeChallenge) => ({ codeChallenge, codeChallengeMethod: "plain" as const }))
)

const arbitraryCreate = fc
  .tuple(
    fc.record({
      callbackUrl: arbitraryCallbackUrl,
      limit: optional(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((n) => n + 0)),
      expiresAt: fc.oneof(arbitraryDate, fc.constantFrom(null, undefined)),
      keyLabel: optional(fc.string({ unit: "grapheme", maxLength: 100 }).filter((label) => label.length <= 100)),
      usageLimitType: optional(fc.constantFrom("daily" as const, "weekly" as const, "monthly" as const)),
      workspaceId: optional(fc.uuid())
    }),
    arbitraryPair
  )
  .map(([fields, pair]): OAuthSchema.CreateAuthCodeInput => ({ ...fields, ...pair }))

const arbitraryExchange = fc.record({
  code: fc.string({ unit: "grapheme", minLength: 1 }).map((code) => Redacted.make(code)),
  codeVerifier: optional(arbitraryVerifier.map((verifier) => Redacted.make(verifier))),
  codeChallengeMethod: fc.constantFrom("S256" as const, "plain" as const, null, undefined)
})

/** Without undefined fields, which mean absent; secrets shown. */
const canonicalOf = (value: unknown) =>
  Object.fromEntries(
    Object.entries(cast<object>(value))
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name, Redacted.isRedacted(field) ? { secret: Redacted.value(field) } : field])
  )

describe("CreateAuthCodeRequest", () => {
  it("encoding a request, then decoding it gives the canonical request back", () =>
    fc.assert(
      fc.property(arbitraryCreate, (input) => {
        const back = Schema.decodeUnknownSync(OAuthSchema.CreateAuthCodeRequest)(wire(create(input)))
        const expected = canonicalOf(canonical(input))
        const actual = canonicalOf(back)
        assert.deepStrictEqual(Object.keys(actual).sort(), Object.keys(expected).sort())
        for (const [name, field] of Object.entries(expected)) {
          assert.isTrue(Equal.equals(actual[name], field), `${name}: ${inspect(actual[name])} for ${inspect(field)}`)
        }
      })
    ))

  it("has exactly the contract's names on the wire", () => {
    assert.deepStrictEqual(
      wire(
        create({
          callbackUrl: new URL("http://localhost:3000/callback?a=b"),
          codeChallenge: rfcChallenge,
          codeChallengeMethod: "S256",
          limit: 12.5,
          expiresAt: new Date("2030-01-02T03:04:05.000Z"),
          keyLabel: "My key",
          usageLimitType: "monthly",
          workspaceId: "00000000-0000-4000-8000-000000000000"
        })
      ),
      {
        callback_url: "http://localhost:3000/callback?a=b",
        code_challenge: rfcChallenge,
        code_challenge_method: "S256",
        limit: 12.5,
        expires_at: "2030-01-02T03:04:05.000Z",
        key_label: "My key",
        usage_limit_type: "monthly",
        workspace_id: "00000000-0000-4000-8000-000000000000"
      }
    )
  })

  it("is only a callback URL where nothing else is given, or is given as undefined", () => {
    const expected = { callback_url: callbackUrl }
    assert.deepStrictEqual(wire(create({ callbackUrl })), expected)
    assert.deepStrictEqual(
      wire(
        create({
          callbackUrl,
          codeChallenge: undefined,
          codeChallengeMethod: undefined,
          limit: undefined,
          expiresAt: undefined,
          keyLabel: undefined,
          usageLimitType: undefined,
          workspaceId: undefined
        })
      ),
      expected
    )
  })

  it("sends S256 with a challenge, plain only where it is said by name", () => {
    assert.strictEqual(wire(create({ callbackUrl, codeChallenge: rfcChallenge })).code_challenge_method, "S256")
    assert.strictEqual(
      wire(create({ callbackUrl, codeChallenge: rfcChallenge, codeChallengeMethod: undefined })).code_challenge_method,
      "S256"
    )
    assert.strictEqual(
      wire(create({ callbackUrl, codeChallenge: rfcVerifier, codeChallengeMethod: "plain" })).code_challenge_method,
      "plain"
    )
    assert.notProperty(wire(create({ callbackUrl })), "code_challenge_method")
  })

  it("sends expires_at in UTC and with seconds, always", () =>
    fc.assert(
      fc.property(arbitraryDate, fc.boolean(), (date, asDate) => {
        const sent = wire(create({ callbackUrl, expiresAt: asDate ? DateTime.toDateUtc(date) : date })).expires_at
        assert.match(String(sent), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/)
        assert.strictEqual(Date.parse(String(sent)), DateTime.toEpochMillis(date))
      })
    ))

  it("sends null for a key that never expires", () => {
    assert.isNull(wire(create({ callbackUrl, expiresAt: null })).expires_at)
  })

  it.each(["2030-01-02T03:04:05Z", "2030-01-02T03:04:05.5Z", "2030-01-02T03:04:05.123456Z"])(
    "takes a timestamp with seconds off the wire: %s",
    (date) => {
      const decode = decoder(OAuthSchema.CreateAuthCodeRequest)
      assert.isTrue(Either.isRight(decode({ callback_url: callbackUrl, expires_at: date })), date)
    }
  )

  it.each([
    "2030-01-02T03:04Z",
    "2030-01-02",
    "2030-01-02T03:04:05",
    "2030-01-02T03:04:05+01:00",
    "2030-13-02T03:04:05Z",
    "soon",
    ""
  ])("refuses a timestamp without seconds, and one that is not in UTC: %s", (date) => {
    const decode = decoder(OAuthSchema.CreateAuthCodeRequest)
    const issues = issuesIn(decode({ callback_url: callbackUrl, expires_at: date }))
    assert.deepStrictEqual(
      issues.map(({ path }) => path),
      ["expires_at"],
      date
    )
    assert.match(issues[0]?.message ?? "", /must be a valid date/)
  })

  it.each([
    "https://app.example/cb",
    "https://app.example:8443/cb?a=b",
    "http://localhost/",
    "http://localhost:1/",
    "http://127.0.0.1:65535/cb",
    "http://[::1]:3000/cb",
    "vscode://publisher.extension/cb",
    "com.example.app:/oauth"
  ])("takes every callback URL of the contract, as a string and as a URL: %s", (url) => {
    assert.strictEqual(wire(create({ callbackUrl: url })).callback_url, url)
    assert.strictEqual(wire(create({ callbackUrl: new URL(url) })).callback_url, new URL(url).href)
  })

  const bad: ReadonlyArray<readonly [field: string, value: unknown, message: RegExp]> = [
    ["callbackUrl", undefined, /^is missing$/],
    ["callbackUrl", null, /^must be a string$/],
    ["callbackUrl", 5, /^must be a string$/],
    ["callbackUrl", "", /must be .*https/],
    ["callbackUrl", "/callback", /must be .*https/],
    ["callbackUrl", "http://app.example/cb", /must be .*https/],
    ["callbackUrl", "http://localhost.evil.example/", /must be .*https/],
    ["callbackUrl", "http://10.0.0.1/", /must be .*https/],
    ["callbackUrl", "http://0.0.0.0/", /must be .*https/],
    ["callbackUrl", "javascript:alert(1)", /must be .*https/],
    ["callbackUrl", "JavaScript:alert(1)", /must be .*https/],
    ["callbackUrl", " java\nscript:alert(1)", /must be .*https/],
    ["callbackUrl", "data:text/html,x", /must be .*https/],
    ["callbackUrl", "file:///etc/passwd", /must be .*https/],
    ["callbackUrl", "blob:https://app.example/x", /must be .*https/],
    ["callbackUrl", "https://user:fake-password@app.example/", /user name/],
    ["codeChallenge", 5, /^must be a string$/],
    ["codeChallenge", "", /43 characters/],
    ["codeChallenge", `${rfcChallenge}=`, /43 characters/],
    ["codeChallenge", rfcChallenge.slice(1), /43 characters/],
    ["limit", -1, /must be an amount in US dollars, 0 or more/],
    ["limit", Number.NaN, /must be an amount in US dollars, 0 or more/],
    ["limit", Number.POSITIVE_INFINITY, /must be an amount in US dollars, 0 or more/],
    ["limit", "5", /must be an amount in US dollars, 0 or more/],
    ["expiresAt", new Date(Number.NaN), /must be a valid date/],
    ["expiresAt", "2030-01-01T00:00:00Z", /must be a valid date/],
    ["expiresAt", 5, /must be a valid date/],
    ["expiresAt", new Date(8.64e15), /must be a valid date/],
    ["expiresAt", new Date(-8.64e15), /must be a valid date/],
    ["keyLabel", "x".repeat(101), /must have at most 100 characters/],
    ["keyLabel", 5, /must be a string/],
    ["usageLimitType", "yearly", /must be daily, weekly or monthly/],
    ["usageLimitType", null, /must be daily, weekly or monthly/],
    ["workspaceId", "mine", /must be a UUID/],
    ["workspaceId", "", /must be a UUID/],
    ["workspaceId", 5, /must be a UUID/]
  ]
  for (const [field, value, message] of bad) {
    it(`refuses ${field}: ${inspect(value)}, by its name and with what it must be`, () => {
      const issues = refused(create, { callbackUrl, [field]: value })
      assert.deepStrictEqual(
        issues.map(({ path }) => path),
        [field]
      )
      assert.match(issues[0]?.message ?? "", message)
    })
  }

  it("refuses a challenge that does not fit its method, and a method without a challenge", () => {
    assert.deepStrictEqual(refused(create, { callbackUrl, codeChallenge: rfcChallenge, codeChallengeMethod: "none" }), [
      { path: "codeChallengeMethod", message: "must be S256 or plain" }
    ])
  })

  it.each([
    { codeChallengeMethod: "S256" },
    { codeChallengeMethod: "plain" },
    { codeChallenge: "short", codeChallengeMethod: "plain" },
    { codeChallenge: "a".repeat(44), codeChallengeMethod: "S256" },
    { codeChallenge: "~".repeat(43), codeChallengeMethod: "S256" }
  ])("refuses a challenge that does not fit its method, and a method without a challenge: row %#", (input) => {
    const issues = refused(create, { callbackUrl, ...input })
    assert.deepStrictEqual(
      issues.map(({ path }) => path),
      ["codeChallenge"]
    )
  })

  it("names every bad field at once", () => {
    assert.sameMembers(
      refused(create, {
        callbackUrl: "x",
        limit: -1,
        keyLabel: 5,
        usageLimitType: "y",
        workspaceId: "z",
        expiresAt: 5
      }).map(({ path }) => path),
      ["callbackUrl", "limit", "keyLabel", "usageLimitType", "workspaceId", "expiresAt"]
    )
  })

  for (const [request, of] of [
    ["CreateAuthCodeRequest", create],
    ["ExchangeAuthCodeRequest", exchange]
  ] as const) {
    it.for([undefined, null, 5, "text", [], true])(
      `refuses input that is no object, in words: ${request} of %o`,
      (input) => {
        assert.deepStrictEqual(refused(of, input), [{ path: "", message: "must be an object" }])
      }
    )
  }

  it("ignores fields that it does not know", () => {
    assert.deepStrictEqual(wire(create(cast({ callbackUrl, unknown: 1 }))), { callback_url: callbackUrl })
  })

  it("never shows what it refuses", () => {
    const input = Object.fromEntries(
      [
        "callbackUrl",
        "codeChallenge",
        "codeChallengeMethod",
        "limit",
        "expiresAt",
        "keyLabel",
        "usageLimitType",
        "workspaceId"
      ].map((field) => [field, `${fakeKey}${"x".repeat(100)}`])
    )
    assert.notInclude(inspect(refused(create, input)), "fake")
  })
})

describe("ExchangeAuthCodeRequest", () => {
  it("encoding a request, then decoding it gives the canonical request back", () =>
    fc.assert(
      fc.property(arbitraryExchange, (input) => {
        const back = Schema.decodeUnknownSync(OAuthSchema.ExchangeAuthCodeRequest)(wire(exchange(input)))
        assert.deepStrictEqual(canonicalOf(back), canonicalOf(canonical(input)))
      })
    ))

  it("has exactly the contract's names on the wire", () => {
    assert.deepStrictEqual(
      wire(
        exchange({
          code: Redacted.make("fake-code"),
          codeVerifier: Redacted.make(rfcVerifier),
          codeChallengeMethod: "plain"
        })
      ),
      { code: "fake-code", code_verifier: rfcVerifier, code_challenge_method: "plain" }
    )
    assert.deepStrictEqual(wire(exchange({ code: Redacted.make("fake-code") })), { code: "fake-code" })
    assert.deepStrictEqual(
      wire(exchange({ code: Redacted.make("fake-code"), codeVerifier: undefined, codeChallengeMethod: undefined })),
      { code: "fake-code" }
    )
  })

  it("sends S256 with a verifier unless told otherwise; null stays null", () => {
    const codeVerifier = Redacted.make(rfcVerifier)
    const method = (codeChallengeMethod: "S256" | "plain" | null | undefined) =>
      wire(exchange({ code: Redacted.make("fake-code"), codeVerifier, codeChallengeMethod })).code_challenge_method
    assert.strictEqual(method(undefined), "S256")
    assert.strictEqual(method("S256"), "S256")
    assert.strictEqual(method("plain"), "plain")
    assert.isNull(method(null))
  })

  const code = Redacted.make("fake-code")
  const bad: ReadonlyArray<readonly [field: string, value: unknown, message: RegExp]> = [
    ["code", undefined, /^is missing$/],
    ["code", "fake-bare-code", /^must be Redacted: wrap it with Redacted\.make$/],
    ["code", Redacted.make(""), /must not be empty/],
    ["code", Redacted.make(5), /must be a string/],
    ["code", Redacted.make(undefined), /must be a string/],
    ["codeVerifier", rfcVerifier, /must be Redacted/],
    ["codeVerifier", null, /must be Redacted/],
    ["codeVerifier", Redacted.make("short-fake"), /43 to 128 characters/],
    ["codeVerifier", Redacted.make(`${rfcVerifier}\n`), /43 to 128 characters/],
    ["codeVerifier", Redacted.make("x".repeat(129)), /43 to 128 characters/],
    ["codeVerifier", Redacted.make(5), /must be a string/],
    ["codeChallengeMethod", "none", /must be S256 or plain/],
    ["codeChallengeMethod", 5, /must be S256 or plain/]
  ]
  for (const [field, value, message] of bad) {
    const shown = Redacted.isRedacted(value)
      ? `Redacted ${inspect(Redacted.value(value)).slice(0, 20)}`
      : inspect(value)
    it(`refuses ${field}: ${shown}, by its name and with what it must be`, () => {
      const issues = refused(exchange, { code, [field]: value })
      assert.deepStrictEqual(
        issues.map(({ path }) => path),
        [field]
      )
      assert.match(issues[0]?.message ?? "", message)
    })
  }

  it.each([Redacted.make, (text: string) => text, (text: string) => [text], (text: string) => Redacted.make([text])])(
    "never shows what it refuses: row %#",
    (wrap) => {
      const long = `${fakeKey}${"x".repeat(200)}`
      const shown = inspect(
        refused(exchange, { code: wrap(long), codeVerifier: wrap(long), codeChallengeMethod: long })
      )
      assert.notInclude(shown, "fake")
    }
  )
})

describe("AuthCode", () => {
  const decode = decoder(OAuthSchema.AuthCodeResponse)
  const data = { id: "fake-code", app_id: 1, created_at: "2026-11-21T00:00:00.000Z" }

  it("reads the code, the app and the date as sent; the code is Redacted", () => {
    const { data: code } = Either.getOrThrow(decode({ data }))
    assert.strictEqual(Redacted.value(code.id), "fake-code")
    assert.strictEqual(code.appId, 1)
    assert.strictEqual(code.createdAt, "2026-11-21T00:00:00.000Z")
    assert.notInclude(inspect(code, { showHidden: true }) + JSON.stringify(code), "fake-code")
  })

  describe("an odd date does not cost the code", () => {
    const deep = JSON.parse("[".repeat(30_000) + "]".repeat(30_000))
    const odd: ReadonlyArray<readonly [unknown, string]> = [
      ["yesterday", "yesterday"],
      ["", ""],
      [1764000000, "1764000000"],
      [null, ""],
      [undefined, ""],
      [true, ""],
      [{}, ""],
      [{ toString: 1 }, ""],
      [["2026"], ""],
      [deep, ""]
    ]

    it("nor one that is missing", () => {
      assert.strictEqual(Either.getOrThrow(decode({ data: { id: "fake-code", app_id: 1 } })).data.createdAt, "")
    })

    it.each(odd)("row %#", (created_at, expected) => {
      const { data: code } = Either.getOrThrow(decode({ data: { ...data, created_at } }))
      assert.strictEqual(code.createdAt, expected)
      assert.strictEqual(Redacted.value(code.id), "fake-code")
    })
  })

  it("no JSON as its date costs the code", () =>
    fc.assert(
      fc.property(fc.jsonValue(), (created_at) => {
        assert.strictEqual(
          Redacted.value(Either.getOrThrow(decode({ data: { ...data, created_at } })).data.id),
          "fake-code"
        )
      })
    ))

  it("takes a fractional app id, and unknown fields", () => {
    const { data: code } = Either.getOrThrow(decode({ data: { ...data, app_id: 1.5, more: [1] }, more: {} }))
    assert.deepStrictEqual(Object.keys(code).sort(), ["appId", "createdAt", "id"])
    assert.strictEqual(code.appId, 1.5)
  })

  it("refuses an empty, missing or wrong id, and names it", () => {
    assert.deepStrictEqual(issuesIn(decode({})), [{ path: "data", message: "is missing" }])
  })

  it.for(["", undefined, null, 5, {}, ["x"]])("refuses an empty, missing or wrong id, and names it: %o", (id) => {
    assert.deepStrictEqual(
      issuesIn(decode({ data: { ...data, id } })).map(({ path }) => path),
      ["data.id"]
    )
  })

  it.for([null, 5, "x", []])("refuses an empty, missing or wrong id, and names it: %o", (body) => {
    assert.deepStrictEqual(issuesIn(decode(body)), [{ path: "", message: "must be an object" }])
    assert.deepStrictEqual(issuesIn(decode({ data: body })), [{ path: "data", message: "must be an object" }])
  })
})

describe("UserApiKey", () => {
  const decode = decoder(OAuthSchema.UserApiKey)

  it("reads the key, Redacted, and the user", () => {
    const value = Either.getOrThrow(decode({ key: fakeKey, user_id: "user_fake", extra: 1 }))
    assert.strictEqual(Redacted.value(value.key), fakeKey)
    assert.strictEqual(value.userId, "user_fake")
    assert.deepStrictEqual(Object.keys(value).sort(), ["key", "userId"])
    assert.notInclude(inspect(value, { showHidden: true }) + JSON.stringify(value), fakeKey)
  })

  it("a missing or null user_id is null", () => {
    assert.isNull(Either.getOrThrow(decode({ key: fakeKey })).userId)
    assert.isNull(Either.getOrThrow(decode({ key: fakeKey, user_id: null })).userId)
    assert.isNull(Either.getOrThrow(decode({ key: fakeKey, user_id: undefined })).userId)
  })

  it("refuses an empty, missing or wrong key, and never shows one", () => {
    const wrongUser = issuesIn(decode({ key: fakeKey, user_id: { fakeKey } }))
    assert.deepStrictEqual(
      wrongUser.map(({ path }) => path),
      ["user_id"]
    )
    assert.notInclude(inspect(wrongUser), "fake")
  })

  it.for(["", undefined, null, 5, [fakeKey], { fakeKey }])(
    "refuses an empty, missing or wrong key, and never shows one: %o",
    (key) => {
      const issues = issuesIn(decode({ key }))
      assert.deepStrictEqual(
        issues.map(({ path }) => path),
        ["key"]
      )
      assert.notInclude(inspect(issues), "fake")
    }
  )

  it("a __proto__ in the answer pollutes nothing and gives no field", () => {
    assert.deepStrictEqual(issuesIn(decode(JSON.parse(`{"__proto__":{"key":"${fakeKey}"}}`))), [
      { path: "key", message: "is missing" }
    ])
    const value = Either.getOrThrow(
      decode(
        JSON.parse(`{"key":"${fakeKey}","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}`)
      )
    )
    assert.deepStrictEqual(Object.keys(value).sort(), ["key", "userId"])
    assert.isUndefined(Reflect.get({}, "polluted"))
    assert.isUndefined(Reflect.get(value, "polluted"))
  })

  describe("refuses what is nested thousands of levels deep, without running out of stack", () => {
    const depths: Record<string, string> = {
      arrays: "[".repeat(30_000) + "]".repeat(30_000),
      objects: `${'{"a":'.repeat(15_000)}1${"}".repeat(15_000)}`
    }
    const decoders = {
      UserApiKey: decoder(OAuthSchema.UserApiKey),
      AuthCodeResponse: decoder(OAuthSchema.AuthCodeResponse),
      KeyInfoResponse: decoder(OAuthSchema.KeyInfoResponse)
    }
    for (const [kind, deep] of Object.entries(depths)) {
      for (const [name, decode] of Object.entries(decoders)) {
        it.each([
          ["the answer", () => JSON.parse(deep)],
          ["key", () => ({ key: JSON.parse(deep) })],
          ["data", () => ({ data: JSON.parse(deep) })],
          ["data.id", () => ({ data: { id: JSON.parse(deep) } })]
        ] as const)(`${kind} in ${name}: %s`, (_, make) => {
          for (const { message } of issuesIn<unknown>(decode(make()))) assert.isBelow(message.length, 100)
        })
      }
    }
  })
})

describe("KeyInfo", () => {
  const decode = decoder(OAuthSchema.KeyInfoResponse)

  it("reads everything that the contract names", () => {
    assert.deepStrictEqual(
      Either.getOrThrow(
        decode({
          data: {
            label: "sk-or-v1-fak...e00",
            limit: 10,
            limit_remaining: 8.75,
            limit_reset: "monthly",
            usage: 1.25,
            usage_daily: 0.25,
            usage_weekly: 0.5,
            usage_monthly: 1,
            byok_usage: 4,
            byok_usage_daily: 1.5,
            byok_usage_weekly: 2,
            byok_usage_monthly: 3,
            include_byok_in_limit: true,
            is_free_tier: false,
            is_management_key: false,
            is_provisioning_key: false,
            creator_user_id: "user_fake",
            organization_id: null,
            workspace_id: "c0ffee00-0000-4000-8000-000000000000",
            expires_at: "2030-01-01T00:00:00Z",
            allowed_data_regions: ["global", "europe"],
            free_model_daily_requests: { limit: 50, remaining: 49, used: 1 },
            rate_limit: { interval: "10s", note: "not in use", requests: -1 },
            anything: null
          }
        })
      ).data,
      {
        label: "sk-or-v1-fak...e00",
        limit: 10,
        limitRemaining: 8.75,
        limitReset: "monthly",
        usage: 1.25,
        usageDaily: 0.25,
        usageWeekly: 0.5,
        usageMonthly: 1,
        byokUsage: 4,
        byokUsageDaily: 1.5,
        byokUsageWeekly: 2,
        byokUsageMonthly: 3,
        includeByokInLimit: true,
        isFreeTier: false,
        isManagementKey: false,
        isProvisioningKey: false,
        creatorUserId: "user_fake",
        organizationId: null,
        workspaceId: "c0ffee00-0000-4000-8000-000000000000",
        expiresAt: "2030-01-01T00:00:00Z",
        allowedDataRegions: ["global", "europe"],
        freeModelDailyRequests: { limit: 50, remaining: 49, used: 1 },
        rateLimit: { interval: "10s", note: "not in use", requests: -1 }
      }
    )
  })

  it("a minimal body will do: the rest is null", () => {
    assert.deepStrictEqual(Either.getOrThrow(decode({ data: { label: "", usage: 0 } })).data, {
      label: "",
      usage: 0,
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
  })

  it("refuses one without label or usage, and names them", () => {
    assert.deepStrictEqual(issuesIn(decode({ data: {} })), [
      { path: "data.label", message: "is missing" },
      { path: "data.usage", message: "is missing" }
    ])
  })
})

describe("answers", () => {
  it.each([
    ["AuthCodeResponse", OAuthSchema.AuthCodeResponse],
    ["UserApiKey", OAuthSchema.UserApiKey],
    ["KeyInfoResponse", OAuthSchema.KeyInfoResponse],
    ["ErrorResponse", OAuthSchema.ErrorResponse]
  ])("%s: any JSON is a value or a list of issues, never a throw", (_name, schema) => {
    const decode = decoder<unknown, unknown>(cast<Schema.Schema<unknown, unknown>>(schema))
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.record({ data: fc.jsonValue(), key: fc.jsonValue(), error: fc.jsonValue() })),
        (json) => {
          const result = decode(json)
          assert.isTrue(Either.isRight(result) || result.left.length > 0)
        }
      )
    )
  })
})
