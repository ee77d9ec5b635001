import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as AuthorizationUrl from "effect-openrouter-oauth/AuthorizationUrl"
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

const made = (request: AuthorizationUrl.AuthorizationUrlInput): URL => Either.getOrThrow(AuthorizationUrl.make(request))

const query = (request: AuthorizationUrl.AuthorizationUrlInput) => Object.fromEntries(made(request).searchParams)

/** What a request that no types need allow is refused for. */
const refused = (request: unknown) => {
  const result = AuthorizationUrl.make(cast<AuthorizationUrl.AuthorizationUrlInput>(request))
  assert(Either.isLeft(result), "it must be refused")
  assert.strictEqual(result.left._tag, "InvalidRequest")
  assert.strictEqual(result.left.operation, "AuthorizationUrl.make")
  return result.left.issues
}

const paths = (request: unknown) => refused(request).map(({ path }) => path)

describe("make", () => {
  it("stands at /auth of OpenRouter's origin, outside /api/v1, without parameters that were not given", () => {
    const url = made({ callbackUrl })
    assert.strictEqual(url.origin + url.pathname, "https://openrouter.ai/auth")
    assert.deepStrictEqual(Object.fromEntries(url.searchParams), { callback_url: callbackUrl })
  })

  it("has exactly the contract's parameter names", () => {
    assert.deepStrictEqual(
      query({
        callbackUrl,
        codeChallenge: rfcChallenge,
        codeChallengeMethod: "S256",
        state: "fake state",
        limit: 5.5,
        keyLabel: "My key",
        workspaceId: "ws-1",
        requiredWorkspaceId: "ws-2"
      }),
      {
        callback_url: callbackUrl,
        code_challenge: rfcChallenge,
        code_challenge_method: "S256",
        state: "fake state",
        limit: "5.5",
        key_label: "My key",
        workspace_id: "ws-1",
        required_workspace_id: "ws-2"
      }
    )
  })

  it("takes undefined as absent, in every field", () => {
    assert.deepStrictEqual(
      query({
        baseUrl: undefined,
        callbackUrl,
        codeChallenge: undefined,
        codeChallengeMethod: undefined,
        state: undefined,
        limit: undefined,
        keyLabel: undefined,
        workspaceId: undefined,
        requiredWorkspaceId: undefined
      }),
      { callback_url: callbackUrl }
    )
  })

  describe("the callback URL", () => {
    const allowed = [
      "https://app.example",
      "https://app.example:8443/a/b?c=d&e",
      "https://10.0.0.1/cb",
      "http://localhost",
      "http://localhost:1/cb",
      "http://LOCALHOST:3000/cb",
      "http://127.0.0.1:65535/cb",
      "http://[::1]/cb",
      "http://[::1]:8080/cb",
      "vscode://publisher.extension/callback",
      "cursor://anysphere.cursor/callback",
      "com.example.app:/oauth2redirect"
    ]
    for (const url of allowed) {
      it(`may be ${url}`, () => {
        assert.strictEqual(query({ callbackUrl: url }).callback_url, url)
        assert.strictEqual(query({ callbackUrl: new URL(url) }).callback_url, new URL(url).href)
      })
    }

    const refusedUrls = [
      "http://app.example/cb",
      "http://localhost.evil.example/cb",
      "http://127.0.0.1.evil.example/cb",
      "http://127.0.0.2/cb",
      "http://0.0.0.0/cb",
      "http://[::]/cb",
      "http://10.0.0.1/cb",
      "http://app.localhost/cb",
      "HTTP://app.example",
      "ws://localhost/",
      "wss://app.example/",
      "ftp://app.example/",
      "javascript:alert(1)",
      "JavaScript:alert(1)",
      "\u0001javascript:alert(1)",
      "java\tscript:alert(1)",
      "vbscript:x",
      "data:text/html,<script>alert(1)</script>",
      "file:///etc/passwd",
      "blob:https://app.example/0",
      "about:blank",
      "view-source:https://app.example/",
      "filesystem:https://app.example/x"
    ]
    for (const url of refusedUrls) {
      it(`may not be ${JSON.stringify(url)}`, () => {
        assert.deepStrictEqual(paths({ callbackUrl: url }), ["callbackUrl"])
        assert.match(
          refused({ callbackUrl: url })[0]?.message ?? "",
          /https.*http on localhost, 127\.0\.0\.1 or \[::1\]/
        )
      })
    }

    for (const url of ["", " ", "/callback", "app.example/cb", "https://", "http://[::1", "://", "a b"]) {
      it(`must be absolute: ${JSON.stringify(url)}`, () => {
        const [issue, ...more] = refused({ callbackUrl: url })
        assert.deepStrictEqual(more, [])
        assert.strictEqual(issue?.path, "callbackUrl")
        assert.match(issue?.message ?? "", /must be https/)
      })
    }

    it.each([`https://${fakeKey}@app.example/`, `https://:${fakeKey}@app.example/`, `http://u:${fakeKey}@localhost/`])(
      "may not hold a user name or a password, and they are not shown: %o",
      (url) => {
        const issues = refused({ callbackUrl: url })
        assert.deepStrictEqual(
          issues.map(({ path }) => path),
          ["callbackUrl"]
        )
        assert.match(issues[0]?.message ?? "", /user name/)
        assert.notInclude(inspect(issues), "fake")
      }
    )

    it("keeps the query that it already has", () => {
      const url = "https://app.example/cb?tenant=a%20b&attempt=1&x=%26y%3D#frag"
      const back = new URL(query({ callbackUrl: url }).callback_url ?? "")
      assert.deepStrictEqual(Object.fromEntries(back.searchParams), { tenant: "a b", attempt: "1", x: "&y=" })
      assert.strictEqual(query({ callbackUrl: url }).callback_url, url)
    })
  })

  describe("the challenge", () => {
    it("is needed without a callback URL (headless)", () => {
      assert.deepStrictEqual(paths({}), ["codeChallenge"])
      assert.deepStrictEqual(paths({ state: "x", limit: 1 }), ["codeChallenge"])
      assert.match(refused({})[0]?.message ?? "", /is missing: needed without a callbackUrl/)
      assert.deepStrictEqual(paths({ codeChallengeMethod: "S256" }), ["codeChallenge"])
      assert.deepStrictEqual(query({ codeChallenge: rfcChallenge }), {
        code_challenge: rfcChallenge,
        code_challenge_method: "S256"
      })
    })

    it("is S256 unless plain is said by name, and the method is always sent with it", () => {
      assert.strictEqual(
        query({ callbackUrl, codeChallenge: rfcVerifier, codeChallengeMethod: "plain" }).code_challenge_method,
        "plain"
      )
      assert.notProperty(query({ callbackUrl }), "code_challenge_method")
    })

    it.each([undefined, "S256"] as const)(
      "is S256 unless plain is said by name, and the method is always sent with it: %o",
      (codeChallengeMethod) => {
        assert.strictEqual(
          query({ callbackUrl, codeChallenge: rfcChallenge, codeChallengeMethod }).code_challenge_method,
          "S256"
        )
      }
    )

    it.each([
      { codeChallengeMethod: "S256" },
      { codeChallengeMethod: "plain" },
      { codeChallenge: "" },
      { codeChallenge: "short" },
      { codeChallenge: `${rfcChallenge}=` },
      { codeChallenge: rfcChallenge.slice(1) },
      { codeChallenge: `${rfcChallenge}\n` },
      { codeChallenge: "~".repeat(43) },
      { codeChallenge: "a".repeat(44), codeChallengeMethod: "S256" },
      { codeChallenge: "a".repeat(42), codeChallengeMethod: "plain" },
      { codeChallenge: "a".repeat(129), codeChallengeMethod: "plain" },
      { codeChallenge: null },
      { codeChallenge: 5 }
    ])("must fit its method, and a method needs a challenge: %o", (pair) => {
      assert.deepStrictEqual(paths({ callbackUrl, ...pair }), ["codeChallenge"], inspect(pair))
    })

    it.each(["s256", "PLAIN", "none", "", 5])("has no other method, in any spelling: %s", (codeChallengeMethod) => {
      assert.include(paths({ callbackUrl, codeChallenge: rfcChallenge, codeChallengeMethod }), "codeChallengeMethod")
    })
  })

  describe("the limit", () => {
    it.each([0, 0.01, 5, 1e6, Number.MAX_VALUE])("is 0 or more US dollars: %o", (limit) => {
      assert.strictEqual(query({ callbackUrl, limit }).limit, String(limit))
    })

    it.each([-0.01, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, "5", null, {}])(
      "is 0 or more US dollars: %o",
      (limit) => {
        assert.deepStrictEqual(paths({ callbackUrl, limit }), ["limit"], inspect(limit))
      }
    )
  })

  describe("texts", () => {
    it("a key label has at most 100 characters", () => {
      assert.strictEqual(query({ callbackUrl, keyLabel: "x".repeat(100) }).key_label, "x".repeat(100))
      assert.deepStrictEqual(refused({ callbackUrl, keyLabel: "x".repeat(101) }), [
        { path: "keyLabel", message: "must have at most 100 characters" }
      ])
    })

    for (const field of ["state", "keyLabel", "workspaceId", "requiredWorkspaceId"]) {
      it.for([...(field === "keyLabel" ? [] : [""]), null, 5, {}, [], ["x"], Symbol("x")])(
        `${field} must be text: %o`,
        (value) => {
          assert.deepStrictEqual(paths({ callbackUrl, [field]: value }), [field])
        }
      )
    }
  })

  describe("the base URL", () => {
    describe.each([
      ["https://openrouter.ai/api/v1", "https://openrouter.ai/auth"],
      ["https://openrouter.ai/api/v1/", "https://openrouter.ai/auth"],
      ["https://proxy.example:8443/deep/er/api/v1", "https://proxy.example:8443/auth"],
      ["http://localhost:4000/api/v1", "http://localhost:4000/auth"],
      ["http://127.0.0.1:4000", "http://127.0.0.1:4000/auth"],
      ["http://[::1]:4000/api/v1", "http://[::1]:4000/auth"]
    ] as const)("gives its origin: the page is at /auth of it, wherever the API is: %s", (baseUrl, expected) => {
      it.each([
        ["text", baseUrl],
        ["a URL", new URL(baseUrl)]
      ] as const)("as %s", (_, given) => {
        const url = made({ baseUrl: given, callbackUrl })
        assert.strictEqual(url.origin + url.pathname, expected)
      })
    })

    const bad: ReadonlyArray<unknown> = [
      "",
      "openrouter.ai",
      5,
      "http://openrouter.ai/api/v1",
      "http://192.168.0.1/api/v1",
      "http://localhost.evil.example/",
      "ftp://openrouter.ai/",
      "javascript:alert(1)",
      "file:///x",
      "https://user@openrouter.ai/api/v1",
      "https://:fake@openrouter.ai/api/v1",
      "https://openrouter.ai/api/v1?x=1",
      "https://openrouter.ai/api/v1?",
      "https://openrouter.ai/api/v1#x",
      "https://openrouter.ai/api/v1#"
    ]
    for (const baseUrl of bad) {
      it(`may not be ${JSON.stringify(baseUrl)}`, () => {
        const [issue, ...more] = refused({ baseUrl, callbackUrl })
        assert.deepStrictEqual(more, [])
        assert.strictEqual(issue?.path, "baseUrl")
        assert.match(issue?.message ?? "", /^must be .*https/)
        assert.notInclude(issue?.message ?? "", "fake")
      })
    }
  })

  it("names every bad field at once", () => {
    assert.sameMembers(
      paths({
        callbackUrl: "x",
        codeChallenge: "y",
        codeChallengeMethod: "z",
        state: "",
        limit: -1,
        keyLabel: 5,
        workspaceId: "",
        requiredWorkspaceId: 0
      }),
      ["callbackUrl", "codeChallengeMethod", "state", "limit", "keyLabel", "workspaceId", "requiredWorkspaceId"]
    )
  })

  it.for([undefined, null, 5, "text", [], () => {}])(
    "refuses what is no request at all, and never throws: %o",
    (request) => {
      assert.include(["", "codeChallenge"], paths(request).join())
    }
  )

  it("never throws, whatever the fields are", () =>
    fc.assert(
      fc.property(
        fc.record(
          Object.fromEntries(
            [
              "baseUrl",
              "callbackUrl",
              "codeChallenge",
              "codeChallengeMethod",
              "state",
              "limit",
              "keyLabel",
              "workspaceId",
              "requiredWorkspaceId"
            ].map((field) => [field, fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true })])
          ),
          { requiredKeys: [] }
        ),
        (request) => {
          AuthorizationUrl.make(cast<AuthorizationUrl.AuthorizationUrlInput>(request))
        }
      ),
      { numRuns: 500 }
    ))

  it("every parameter comes back from the URL as it was given, unicode too", () => {
    // A lone surrogate is no text: a URL cannot carry it.
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).filter((value) => value.length <= 100)
    const optional = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: undefined })
    const pair = fc.oneof(
      arbitraryChallenge.map((codeChallenge) => ({ codeChallenge, codeChallengeMethod: "S256" as const })),
      arbitraryVerifier.map((codeChallenge) => ({ codeChallenge, codeChallengeMethod: "plain" as const }))
    )
    fc.assert(
      fc.property(
        optional(arbitraryCallbackUrl),
        pair,
        fc.record({
          state: optional(text),
          limit: optional(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
          keyLabel: optional(text),
          workspaceId: optional(text),
          requiredWorkspaceId: optional(text)
        }),
        (callbackUrl, pair, rest) => {
          // As a browser reads it: from text.
          const params = new URLSearchParams(new URL(made({ callbackUrl, ...pair, ...rest }).href).search)
          const expected = {
            callback_url: callbackUrl,
            code_challenge: pair.codeChallenge,
            code_challenge_method: pair.codeChallengeMethod,
            state: rest.state,
            limit: rest.limit === undefined ? undefined : String(rest.limit),
            key_label: rest.keyLabel,
            workspace_id: rest.workspaceId,
            required_workspace_id: rest.requiredWorkspaceId
          }
          for (const [name, value] of Object.entries(expected)) {
            assert.deepStrictEqual(params.getAll(name), value === undefined ? [] : [value], name)
          }
          assert.isTrue(Array.from(params.keys()).every((name) => name in expected))
        }
      )
    )
  })
})

describe("parseCallback", () => {
  const at = (search: string) => `http://localhost:3000/callback${search}`

  const parsed = (url: string | URL): AuthorizationUrl.Callback =>
    Either.getOrThrow(AuthorizationUrl.parseCallback(url))

  const shown = (callback: AuthorizationUrl.Callback) =>
    callback._tag === "Granted" ? { ...callback, code: Redacted.value(callback.code) } : callback

  const malformed = (url: string | URL) => {
    const result = AuthorizationUrl.parseCallback(url)
    assert(Either.isLeft(result), "it must be refused")
    assert.strictEqual(result.left._tag, "CallbackMalformed")
    return result.left
  }

  it("with a code it is granted", () => {
    assert.deepStrictEqual(shown(parsed(at("?code=fake-code"))), { _tag: "Granted", code: "fake-code" })
    assert.deepStrictEqual(shown(parsed(at("?tenant=1&attempt=fake-a&code=fake-code&state=fake-s"))), {
      _tag: "Granted",
      code: "fake-code",
      state: "fake-s",
      attempt: "fake-a"
    })
  })

  describe("the code is Redacted: it shows nowhere", () => {
    const callback = parsed(at("?code=fake-code-123&state=s"))
    assert(callback._tag === "Granted")

    it("as a value", () => {
      assert.isTrue(Redacted.isRedacted(callback.code))
    })

    it.each([inspect(callback, { showHidden: true, depth: 9 }), JSON.stringify(callback), String(callback.code)])(
      "printed as %s",
      (text) => {
        assert.notInclude(text, "fake-code")
      }
    )
  })

  it("with an error it is denied", () => {
    assert.deepStrictEqual(
      parsed(at("?error=access_denied&error_description=The+user+said+no&state=fake-s&attempt=fake-a")),
      {
        _tag: "Denied",
        error: "access_denied",
        description: "The user said no",
        state: "fake-s",
        attempt: "fake-a"
      }
    )
    assert.deepStrictEqual(parsed(at("?error=access_denied")), { _tag: "Denied", error: "access_denied" })
  })

  for (const error of [
    "server_error",
    "temporarily_unavailable",
    "invalid_request",
    "ACCESS_DENIED",
    "access_denied2"
  ]) {
    it(`with ${error} it failed: nobody refused`, () => {
      assert.deepStrictEqual(parsed(at(`?error=${error}&error_description=Sorry&state=fake-s&attempt=fake-a`)), {
        _tag: "Failed",
        error,
        description: "Sorry",
        state: "fake-s",
        attempt: "fake-a"
      })
    })
  }

  it("with neither it is denied too, as OpenRouter was seen to do", () => {
    assert.deepStrictEqual(parsed(at("")), { _tag: "Denied" })
    assert.deepStrictEqual(parsed(at("?attempt=fake-a")), { _tag: "Denied", attempt: "fake-a" })
    assert.deepStrictEqual(parsed("vscode://publisher.extension/callback"), { _tag: "Denied" })
  })

  for (const name of ["code", "state", "error", "attempt"]) {
    it.each([
      `?${name}=fake1&${name}=fake2`,
      `?${name}=fake1&${name}=fake1`,
      `?${name}=&${name}=fake2`,
      `?${name}=fake1&${name}`,
      `?${name}=fake1&%${name.charCodeAt(0).toString(16)}${name.slice(1)}=x`
    ])(`refuses a second ${name}, also an empty or an equal one: %o`, (search) => {
      const error = malformed(at(search))
      assert.deepStrictEqual(error.issues, [{ path: name, message: "is given more than once" }], search)
      assert.notInclude(inspect(error, { showHidden: true }), "fake")
    })
  }

  it("ignores parameters that it does not know, also where they stand twice", () => {
    assert.deepStrictEqual(shown(parsed(at("?x=1&x=2&code=fake-code&Code=no&CODE=no&code[]=no&__proto__=1"))), {
      _tag: "Granted",
      code: "fake-code"
    })
  })

  it("empty counts as absent", () => {
    assert.deepStrictEqual(parsed(at("?code=&state=&error=&attempt=&error_description=")), { _tag: "Denied" })
    assert.deepStrictEqual(shown(parsed(at("?code=fake-code&error="))), { _tag: "Granted", code: "fake-code" })
    assert.deepStrictEqual(parsed(at("?code=&error=access_denied")), { _tag: "Denied", error: "access_denied" })
  })

  it("refuses a code beside an error", () => {
    const error = malformed(at("?code=fake-code&error=access_denied"))
    assert.deepStrictEqual(
      error.issues.map(({ path }) => path),
      ["error"]
    )
    assert.match(error.message, /is given together with a code/)
    assert.notInclude(inspect(error, { showHidden: true }), "fake-code")
  })

  it("a fragment is no query: what stands in it is not believed", () => {
    assert.deepStrictEqual(parsed(at("#code=fake-code")), { _tag: "Denied" })
    assert.deepStrictEqual(shown(parsed(at("?code=fake-code#_=_"))), { _tag: "Granted", code: "fake-code" })
  })

  it.each([
    at("?code=fake-code&state=s"),
    new URL(at("?code=fake-code&state=s")),
    "/callback?code=fake-code&state=s",
    "/?code=fake-code&state=s",
    "?code=fake-code&state=s",
    "//evil.example/callback?code=fake-code&state=s",
    "vscode://publisher.extension/callback?code=fake-code&state=s"
  ])("takes a URL, a path with its query, and a query alone: %o", (input) => {
    const granted = { _tag: "Granted" as const, code: "fake-code", state: "s" }
    assert.deepStrictEqual(shown(parsed(input)), granted, String(input))
  })

  describe("a whole callback is at most 8 KiB, in bytes: 8,192 pass, 8,193 do not", () => {
    const ofLength = (length: number, filler: string) => {
      const start = at("?code=fake-code&x=")
      return start + filler.repeat((length - start.length) / new TextEncoder().encode(filler).length)
    }

    it("8,192 pass", () => {
      assert.strictEqual(ofLength(8192, "y").length, 8192)
      assert.strictEqual(parsed(ofLength(8192, "y"))._tag, "Granted")
      assert.strictEqual(parsed(`/${"é".repeat(4095)}x`)._tag, "Denied")
    })

    it.each([ofLength(8193, "y"), "y".repeat(8193), at(`?code=${"y".repeat(1_000_000)}`), `/${"é".repeat(4096)}`])(
      "more do not: row %#",
      (url) => {
        assert.deepStrictEqual(malformed(url).issues, [{ path: "", message: "it is longer than 8 KiB" }])
      }
    )
  })

  it.each(["", " ", "fake-code", "code=fake-code", "callback?code=fake-code", "https://", "http://[", "://"])(
    "refuses what is no URL, and does not repeat it: %s",
    (url) => {
      const error = malformed(url)
      assert.deepStrictEqual(error.issues, [{ path: "", message: "it is not a URL" }])
      assert.notInclude(inspect(error, { showHidden: true }), "fake-code")
    }
  )

  describe("what an error says is untrusted: stripped, scrubbed of keys, cut to 500 characters", () => {
    const hostile = `\u001b[31mNo\r\n\u202E ${fakeKey} sk%2Dor%2Dv1%2Dfake \u0000${"x".repeat(1000)}`
    const callback = parsed(at(`?${new URLSearchParams({ error: hostile, error_description: hostile })}`))
    assert(callback._tag === "Failed")

    it.each([
      ["error", callback.error],
      ["description", callback.description ?? ""]
    ])("%s", (_, text) => {
      assert.match(text, /^\[31mNo {3}\[redacted\] \[redacted\] x+…$/)
      assert.strictEqual(text.length, 500)
      assert.notMatch(text, /[\p{Cc}\p{Cf}]/u)
      assert.notInclude(text, "fake")
    })
  })

  it.each([
    ["error=%00", { _tag: "Denied" }],
    ["error=access_denied%00", { _tag: "Denied", error: "access_denied" }],
    ["error=server_error&error_description=%E2%80%AE", { _tag: "Failed", error: "server_error" }]
  ])("reads %s by what is left of it without control characters", (query, expected) => {
    assert.deepStrictEqual(AuthorizationUrl.parseCallback(at(`?${query}`)), Either.right(cast(expected)))
  })

  it("never throws, at any text", () =>
    fc.assert(
      fc.property(
        fc.constantFrom(
          "",
          "/",
          "?",
          "?code=",
          "?error=",
          at("?"),
          at("?error_description=%"),
          "http://",
          "http://[",
          "javascript:",
          "//"
        ),
        fc.string({
          unit: fc.oneof(
            fc.string({ unit: "binary", maxLength: 2 }),
            fc.constantFrom("%", "%FF", "&code=", "&state=", "=", "#", "\uD800", "[", "@", ":")
          )
        }),
        (before, text) => {
          const result = AuthorizationUrl.parseCallback(before + text)
          if (Either.isRight(result) && result.right._tag !== "Granted") {
            assert.notMatch(`${result.right.error}${result.right.description}`, /[\p{Cc}\p{Cf}]/u)
          }
        }
      ),
      { numRuns: 1000 }
    ))

  it("reads back every code and state that a callback URL can carry", () =>
    fc.assert(
      fc.property(
        arbitraryCallbackUrl,
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 99 }),
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 99 }),
        (callbackUrl, code, state) => {
          const url = new URL(callbackUrl)
          for (const name of ["code", "state", "error", "attempt"]) url.searchParams.delete(name)
          url.searchParams.append("code", code)
          url.searchParams.append("state", state)
          assert.deepStrictEqual(shown(parsed(url)), { _tag: "Granted", code, state })
          assert.deepStrictEqual(shown(parsed(url.href)), { _tag: "Granted", code, state })
        }
      )
    ))
})
