import { createHmac, randomUUID } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as Jose from "jose"
import { cast } from "../util/cast.js"
import { inProcess } from "./support.js"

const grantType = "urn:ietf:params:oauth:grant-type:token-exchange"
const jwtType = "urn:ietf:params:oauth:token-type:jwt"
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token"
const issuer = "https://issuer.sandbox.example"
const audience = "https://openrouter.ai"

/** A sandbox in process, its issuer, and the token endpoint. */
const withIssuer = (options?: Sandbox.Options) => {
  const web = inProcess(options)
  const subjectToken = async (options?: Sandbox.SubjectTokenOptions) =>
    Redacted.value(await Effect.runPromise(web.sandbox.subjectTokens.issue(options)))
  const post = (body: string | URLSearchParams, headers: Record<string, string> = {}) =>
    web.send("/api/v1/oauth/token", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: body.toString()
    })
  const form = (subject: string, changed: Record<string, string | undefined> = {}) => {
    const all: Record<string, string | undefined> = {
      grant_type: grantType,
      subject_token_type: jwtType,
      subject_token: subject,
      federation_policy_id: "policy_sandbox",
      ...changed
    }
    return new URLSearchParams(
      Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
    )
  }
  const exchange = (subject: string, changed?: Record<string, string | undefined>) => post(form(subject, changed))
  const advance = (duration: string) => Effect.runPromise(web.sandbox.clock.advance(cast<"1 second">(duration)))
  return { ...web, subjectToken, post, form, exchange, advance }
}

const now = () => Math.floor(Date.now() / 1000)

/** An identity provider of one's own, and a sandbox whose policy trusts it. */
const withOwnIssuer = async (alg = "RS256", policy: Sandbox.FederationPolicy = {}) => {
  const { privateKey, publicKey } = await Jose.generateKeyPair(alg)
  const jwk = { ...(await Jose.exportJWK(publicKey)), alg, kid: "theirs", use: "sig" }
  const sandbox = withIssuer({ federationPolicy: { jwks: { keys: [jwk] }, ...policy } })
  const sign = (claims: Record<string, unknown> = {}, header: Partial<Jose.JWTHeaderParameters> = {}) =>
    new Jose.SignJWT({ iss: issuer, aud: audience, sub: "job", iat: now(), exp: now() + 600, ...claims })
      .setProtectedHeader({ alg, kid: "theirs", ...header })
      .sign(privateKey)
  return { ...sandbox, sign, jwk }
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

describe("POST /oauth/token", () => {
  it("gives an at+jwt, signed with ES256 by a key of /oauth/jwks", async () => {
    const { exchange, send, subjectToken } = withIssuer()
    const { headers, json, status } = await exchange(await subjectToken({ sub: "repo:acme/app" }))
    assert.strictEqual(status, 200)
    assert.strictEqual(headers.get("cache-control"), "no-store")
    const { access_token, ...rest } = json
    assert.deepStrictEqual(rest, {
      issued_token_type: accessTokenType,
      token_type: "Bearer",
      expires_in: 900,
      scope: "inference"
    })
    const jwks = (await send("/api/v1/oauth/jwks")).json
    const { payload, protectedHeader } = await Jose.jwtVerify(access_token, Jose.createLocalJWKSet(jwks))
    assert.deepStrictEqual(protectedHeader, { alg: "ES256", typ: "at+jwt", kid: jwks.keys[0].kid })
    assert.strictEqual(payload.sub, "repo:acme/app")
    assert.strictEqual(payload.scope, "inference")
    assert.strictEqual((payload.exp ?? 0) - (payload.iat ?? 0), 900)
  })

  it("never outlives the subject token", async () => {
    const { exchange, subjectToken } = withIssuer()
    assert.isAtMost((await exchange(await subjectToken({ expiresIn: "5 minutes" }))).json.expires_in, 300)
  })

  it("takes the optional parameters, and a charset", async () => {
    const { form, post, subjectToken } = withIssuer()
    const { status } = await post(
      form(await subjectToken(), { requested_token_type: accessTokenType, scope: "inference" }),
      { "content-type": "application/x-www-form-urlencoded; charset=utf-8" }
    )
    assert.strictEqual(status, 200)
  })

  it("gives a bearer that chats, and that is gone after its time", async () => {
    const { advance, exchange, key, send, subjectToken } = withIssuer()
    const { access_token } = (await exchange(await subjectToken())).json
    const chat = () =>
      send("/api/v1/chat/completions", {
        method: "POST",
        headers: { authorization: `Bearer ${access_token}` },
        body: JSON.stringify({ messages: [{ role: "user", content: "Hello" }] })
      })
    assert.strictEqual((await chat()).json.choices[0].message.content, "Hello")
    assert.strictEqual((await key(access_token)).json.data.usage, 0.001)
    await advance("15 minutes")
    assert.strictEqual((await chat()).status, 401)
  })

  it("acts as the policy's key, to which every access token's requests are charged", async () => {
    const { exchange, key, sandbox, send, subjectToken } = withIssuer()
    const first = (await exchange(await subjectToken())).json.access_token
    const second = (await exchange(await subjectToken())).json.access_token
    await send("/api/v1/chat/completions", {
      method: "POST",
      headers: { authorization: `Bearer ${first}` },
      body: JSON.stringify({ messages: [{ role: "user", content: "Hello" }] })
    })
    assert.strictEqual((await key(second)).json.data.usage, 0.001)
    assert.deepStrictEqual(
      (await Effect.runPromise(sandbox.keys.all)).map(({ label }) => label),
      ["Sandbox account", "Federation policy policy_sandbox"]
    )
  })
})

describe("what /oauth/token refuses, in the shape of RFC 6749", () => {
  const cases: ReadonlyArray<readonly [name: string, changed: Record<string, string | undefined>, error: string]> = [
    ["no grant_type", { grant_type: undefined }, "invalid_request"],
    ["another grant_type", { grant_type: "authorization_code" }, "unsupported_grant_type"],
    ["no subject_token_type", { subject_token_type: undefined }, "invalid_request"],
    ["another subject_token_type", { subject_token_type: accessTokenType }, "invalid_request"],
    ["another requested_token_type", { requested_token_type: jwtType }, "invalid_request"],
    ["no subject_token", { subject_token: undefined }, "invalid_request"],
    ["an empty subject_token", { subject_token: "" }, "invalid_request"],
    ["a subject_token over 16 KiB", { subject_token: "x".repeat(16 * 1024 + 1) }, "invalid_request"],
    ["no federation_policy_id", { federation_policy_id: undefined }, "invalid_request"],
    ["an unknown policy", { federation_policy_id: "policy_other" }, "invalid_grant"],
    ["another scope", { scope: "inference keys" }, "invalid_scope"],
    ["a token that is none", { subject_token: "not.a.jwt" }, "invalid_grant"]
  ]
  it.each(cases)("%s", async (_, changed, error) => {
    const { exchange, subjectToken } = withIssuer()
    const { headers, json, status } = await exchange(await subjectToken(), changed)
    assert.strictEqual(status, 400)
    assert.strictEqual(headers.get("content-type"), "application/json")
    assert.strictEqual(headers.get("cache-control"), "no-store")
    assert.deepStrictEqual(Object.keys(json), ["error", "error_description"])
    assert.strictEqual(json.error, error)
  })

  it("a parameter that is given twice", async () => {
    const { form, post, subjectToken } = withIssuer()
    assert.strictEqual(
      (await post(`${form(await subjectToken())}&scope=inference&scope=inference`)).json.error,
      "invalid_request"
    )
  })

  it("a JSON body", async () => {
    const { post } = withIssuer()
    const { json, status } = await post("{}", { "content-type": "application/json" })
    assert.deepStrictEqual([status, json.error], [400, "invalid_request"])
  })

  it.each([32 * 1024 + 1, 64 * 1024 + 1])("a body of %i bytes, with 413", async (bytes) => {
    const { json, status } = await withIssuer().post("x".repeat(bytes))
    assert.deepStrictEqual([status, json.error], [413, "invalid_request"])
  })

  it("no body of 32 KiB, whose token has 16", async () => {
    const { form, post } = withIssuer()
    const fits = form("x".repeat(16 * 1024))
    const { json } = await post(
      `${fits}&unknown=${"y".repeat(32 * 1024 - fits.toString().length - "&unknown=".length)}`
    )
    assert.strictEqual(json.error, "invalid_grant")
  })

  it("GET, with 405", async () => {
    assert.strictEqual((await withIssuer().send("/api/v1/oauth/token")).status, 405)
  })
})

describe("a subject token", () => {
  it.each(["RS256", "PS256", "ES256", "ES384", "Ed25519"])(
    "of one's own issuer, signed with %s, is exchanged",
    async (alg) => {
      const { exchange, sign } = await withOwnIssuer(alg)
      assert.strictEqual((await exchange(await sign())).status, 200)
    }
  )

  it("of the sandbox's own issuer is exchanged beside a JWKS", async () => {
    const { exchange, subjectToken } = await withOwnIssuer()
    assert.strictEqual((await exchange(await subjectToken())).status, 200)
  })

  const claims: ReadonlyArray<readonly [string, Record<string, unknown>, string]> = [
    ["another issuer", { iss: "https://evil.example" }, "iss"],
    ["another audience", { aud: "https://api.openai.com" }, "aud"],
    ["another subject", { sub: "other" }, "sub"],
    ["no subject", { sub: undefined }, "sub"],
    ["no end", { exp: undefined }, "exp"],
    ["a time when it is not yet good", { nbf: now() + 600 }, "nbf"],
    ["an end that is over", { exp: now() - 1 }, "expired"]
  ]
  it.each(claims)("with %s is refused", async (_, changed, word) => {
    const { exchange, sign } = await withOwnIssuer("ES256", { subject: "job" })
    const { json, status } = await exchange(await sign(changed))
    assert.deepStrictEqual([status, json.error], [400, "invalid_grant"])
    assert.include(json.error_description, word)
  })

  it("expires by the sandbox's clock", async () => {
    const { advance, exchange, subjectToken } = withIssuer()
    const token = await subjectToken({ expiresIn: "10 minutes" })
    await advance("10 minutes")
    assert.include((await exchange(token)).json.error_description, "expired")
  })

  const refused = async (token: string, sandbox: Pick<ReturnType<typeof withIssuer>, "exchange">) => {
    const { json, status } = await sandbox.exchange(token)
    assert.deepStrictEqual([status, json.error], [400, "invalid_grant"])
  }
  const claimsOf = { iss: issuer, aud: audience, sub: "job", exp: now() + 600 }

  it("with alg none is refused", async () => {
    await refused(`${base64url({ alg: "none" })}.${base64url(claimsOf)}.`, withIssuer())
  })

  it("signed by HMAC with the public key as its secret is refused", async () => {
    const { jwk, ...sandbox } = await withOwnIssuer("RS256")
    const pem = await Jose.exportSPKI(cast<Jose.CryptoKey>(await Jose.importJWK(jwk)))
    const signed = `${base64url({ alg: "HS256", kid: "theirs" })}.${base64url(claimsOf)}`
    await refused(`${signed}.${createHmac("sha256", pem).update(signed).digest("base64url")}`, sandbox)
  })

  it("whose header names another algorithm than its key's is refused", async () => {
    const { sign, ...sandbox } = await withOwnIssuer("RS256")
    const [, payload, signature] = (await sign()).split(".")
    await refused(`${base64url({ alg: "ES256", kid: "theirs" })}.${payload}.${signature}`, sandbox)
  })

  it("that brings its own key is refused", async () => {
    const { privateKey, publicKey } = await Jose.generateKeyPair("ES256")
    const token = await new Jose.SignJWT(claimsOf)
      .setProtectedHeader({ alg: "ES256", jwk: await Jose.exportJWK(publicKey) })
      .sign(privateKey)
    await refused(token, withIssuer())
  })

  it("of another sandbox is refused", async () => {
    await refused(await withIssuer().subjectToken(), withIssuer())
  })

  it("is no bearer itself", async () => {
    const { key, subjectToken } = withIssuer()
    assert.strictEqual((await key(await subjectToken())).status, 401)
  })

  it("that was changed is refused", async () => {
    const { subjectToken, ...sandbox } = withIssuer()
    const [head, , signature] = (await subjectToken()).split(".")
    await refused(`${head}.${base64url({ ...claimsOf, sub: randomUUID() })}.${signature}`, sandbox)
  })
})

describe("GET /oauth/jwks", () => {
  it("shows one public key, with these fields alone", async () => {
    const { keys } = (await withIssuer().send("/api/v1/oauth/jwks")).json
    assert.strictEqual(keys.length, 1)
    const { kid, x, y, ...rest } = keys[0]
    assert.deepStrictEqual(rest, { kty: "EC", crv: "P-256", alg: "ES256", use: "sig" })
    assert.match(`${kid} ${x} ${y}`, /^[\w-]{43} [\w-]{43} [\w-]{43}$/)
  })
})

describe("faults of /oauth/token", () => {
  it.each([
    [429, "invalid_request"],
    [500, "server_error"],
    [503, "temporarily_unavailable"],
    [400, "invalid_grant"]
  ])("%i has the word %s by itself", async (status, error) => {
    const { addFault, exchange, subjectToken } = withIssuer()
    addFault({ operation: "createOauthToken", status, retryAfter: "2 seconds" })
    const answer = await exchange(await subjectToken())
    assert.deepStrictEqual([answer.status, answer.json.error, answer.headers.get("retry-after")], [status, error, "2"])
  })

  it("and of /oauth/jwks, the standard envelope", async () => {
    const { addFault, send } = withIssuer()
    addFault({ operation: "listOauthJwks", status: 500 })
    assert.strictEqual((await send("/api/v1/oauth/jwks")).json.error.code, 500)
  })
})

describe("reset", () => {
  it("forgets access tokens, codes, keys, the log and the moved clock, and brings the first faults back", async () => {
    const { addFault, create, exchange, key, reset, sandbox, subjectToken } = withIssuer({
      faults: [{ operation: "listModels", status: 500 }]
    })
    const { access_token } = (await exchange(await subjectToken())).json
    await create()
    addFault({ status: 500 })
    await Effect.runPromise(sandbox.clock.advance("1 hour"))
    reset()
    assert.deepStrictEqual(await Effect.runPromise(sandbox.faults.pending), [{ operation: "listModels", status: 500 }])
    assert.strictEqual((await Effect.runPromise(sandbox.requests.all)).length, 0)
    assert.strictEqual((await Effect.runPromise(sandbox.keys.all)).length, 1)
    assert.isBelow(Math.abs((await Effect.runPromise(sandbox.clock.now)) - Date.now()), 60_000)
    assert.strictEqual((await key(access_token)).status, 401)
    assert.strictEqual((await key()).status, 200)
  })
})
