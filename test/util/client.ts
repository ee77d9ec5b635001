/** The client over a mocked HttpClient, and calls of all its endpoints. */

import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Struct from "effect/Struct"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import type { OAuthError, Operation } from "effect-openrouter-oauth/OAuthError"

export const apiKey = "sk-or-v1-fake-api-key-0123456789"
export const code = "fake_code_0123456789abcdef"
export const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
export const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
/** Shaped like a JWT, signed by nobody. */
export const subjectToken = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJmYWtlX3dvcmtsb2FkIn0.ZmFrZV9zaWduYXR1cmU"
export const accessToken = "eyJ0eXAiOiJhdCtqd3QifQ.eyJzdWIiOiJmYWtlX2FjY2VzcyJ9.ZmFrZV9hY2Nlc3M"

export const ok: { readonly [O in Operation]: unknown } = {
  createAuthCode: { data: { id: code, app_id: 7, created_at: "2026-01-02T03:04:05.000Z" } },
  exchangeAuthCodeForAPIKey: { key: "sk-or-v1-fake-user-key", user_id: "user_fake" },
  getCurrentKey: { data: { label: "fake", usage: 1.5, limit: null, limit_remaining: null } },
  createOauthToken: {
    access_token: accessToken,
    issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
    token_type: "Bearer",
    expires_in: 900,
    scope: "inference"
  },
  listOauthJwks: {
    keys: [{ kty: "EC", crv: "P-256", alg: "ES256", use: "sig", kid: "fake-kid", x: "fake-x", y: "fake-y" }]
  }
}

/** The errors of the statuses that each operation's documentation lists. */
export const errorTags: { readonly [O in Operation]: Record<number, string> } = {
  createAuthCode: {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    409: "Conflict",
    500: "InternalServer"
  },
  exchangeAuthCodeForAPIKey: { 400: "BadRequest", 403: "Forbidden", 500: "InternalServer" },
  getCurrentKey: { 401: "Unauthorized" },
  createOauthToken: { 400: "BadRequest", 500: "InternalServer" },
  listOauthJwks: { 500: "InternalServer" }
}

export const operations = Struct.keys(ok)

/** One valid call of an operation. */
export const call = (operation: Operation): Effect.Effect<unknown, OAuthError, OAuthClient.OAuthClient> =>
  Effect.flatMap(OAuthClient.OAuthClient, (client): Effect.Effect<unknown, OAuthError> => {
    switch (operation) {
      case "createAuthCode":
        return client.createAuthCode({ callbackUrl: "https://app.example/callback", codeChallenge: challenge })
      case "exchangeAuthCodeForAPIKey":
        return client.exchangeAuthCodeForAPIKey({ code: Redacted.make(code), codeVerifier: Redacted.make(verifier) })
      case "getCurrentKey":
        return client.getCurrentKey(Redacted.make(apiKey))
      case "createOauthToken":
        return client.createOauthToken({
          subjectToken: Redacted.make(subjectToken),
          federationPolicyId: "policy_fake"
        })
      case "listOauthJwks":
        return client.listOauthJwks
    }
  })

export const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } })

/** A client whose requests are answered by the given function, with the requests it was given. */
export const mocked = (
  answer: (
    request: HttpClientRequest.HttpClientRequest,
    url: URL,
    attempt: number
  ) => Response | Effect.Effect<Response>,
  options: OAuthClient.Options = {}
) => {
  const requests: Array<HttpClientRequest.HttpClientRequest> = []
  const http = HttpClient.make((request, url) => {
    requests.push(request)
    const response = answer(request, url, requests.length)
    return Effect.map(Effect.isEffect(response) ? response : Effect.succeed(response), (web) =>
      HttpClientResponse.fromWeb(request, web)
    )
  })
  const layer = OAuthClient.layer({ apiKey: Redacted.make(apiKey), ...options }).pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, http))
  )
  return { layer, requests }
}

export const bodyOf = (request: HttpClientRequest.HttpClientRequest): unknown => {
  if (request.body._tag !== "Uint8Array") return undefined
  const text = new TextDecoder().decode(request.body.body)
  return request.headers["content-type"] === "application/x-www-form-urlencoded"
    ? Object.fromEntries(new URLSearchParams(text))
    : JSON.parse(text)
}
