import { assert, describe, it } from "@effect/vitest"
import { cast } from "../util/cast.js"
import { inProcess } from "./support.js"

// biome-ignore lint/suspicious/noExplicitAny: a JSON document
const document = async (): Promise<any> => (await inProcess().send("/openapi.json")).json

// biome-ignore lint/suspicious/noExplicitAny: a JSON document
const without = ({ description: _, title: _1, ...schema }: any): any =>
  schema.anyOf ? { ...schema, anyOf: schema.anyOf.map(without) } : schema

// biome-ignore lint/suspicious/noExplicitAny: a JSON document
const fields = (schema: any) =>
  Object.fromEntries(Object.entries(schema.properties).map(([name, inner]) => [name, without(inner)]))

const bodyOf = (operation: { readonly content: { readonly "application/json": { readonly schema: unknown } } }) =>
  // biome-ignore lint/suspicious/noExplicitAny: a JSON document
  cast<any>(operation.content["application/json"].schema)

describe("/openapi.json, field by field", () => {
  it("has the operations of the contract", async () => {
    const { components, openapi, paths, servers } = await document()
    assert.strictEqual(openapi, "3.1.0")
    assert.deepStrictEqual(servers, [{ url: "/api/v1" }])
    const found = Object.entries(cast<Record<string, Record<string, { operationId: string }>>>(paths)).flatMap(
      ([path, methods]) =>
        Object.entries(methods).map(([method, { operationId }]) => `${method} ${path} ${operationId}`)
    )
    assert.deepStrictEqual(found, [
      "post /auth/keys/code createAuthKeysCode",
      "post /auth/keys exchangeAuthCodeForAPIKey",
      "get /key getCurrentKey",
      "get /auth/key getCurrentKeyByItsOldName",
      "post /oauth/token createOauthToken",
      "get /oauth/jwks listOauthJwks",
      "get /models listModels",
      "get /models/user listModelsUser",
      "get /credits getCredits",
      "post /chat/completions sendChatCompletionRequest"
    ])
    assert.deepStrictEqual(components.securitySchemes, { apiKey: { type: "http", scheme: "bearer" } })
  })

  it("createAuthKeysCode", async () => {
    const { paths } = await document()
    const { post } = paths["/auth/keys/code"]
    assert.deepStrictEqual(Object.keys(post.responses).sort(), ["200", "400", "401", "403", "409", "4XX", "500", "5XX"])
    assert.deepStrictEqual(post.security, [{ apiKey: [] }])
    assert.deepStrictEqual(
      post.parameters.map((parameter: { name: string; in: string; required: boolean }) => [
        parameter.name,
        parameter.in,
        parameter.required
      ]),
      [
        ["HTTP-Referer", "header", false],
        ["X-OpenRouter-Title", "header", false],
        ["X-OpenRouter-Categories", "header", false]
      ]
    )
    assert.isTrue(post.requestBody.required)
    const request = bodyOf(post.requestBody)
    assert.deepStrictEqual(request.required, ["callback_url"])
    assert.deepStrictEqual(fields(request), {
      callback_url: { type: "string", format: "uri" },
      code_challenge: { type: "string" },
      code_challenge_method: { type: "string", enum: ["S256", "plain"] },
      limit: { type: "number", format: "double", minimum: 0 },
      expires_at: {
        anyOf: [
          { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?Z$" },
          { type: "null" }
        ],
        format: "date-time"
      },
      key_label: { type: "string", maxLength: 100 },
      usage_limit_type: { type: "string", enum: ["daily", "weekly", "monthly"] },
      workspace_id: {
        type: "string",
        format: "uuid",
        pattern: "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
      }
    })
    const answer = bodyOf(post.responses["200"])
    assert.deepStrictEqual(answer.required, ["data"])
    assert.deepStrictEqual(answer.properties.data.required, ["id", "app_id", "created_at"])
    assert.deepStrictEqual(fields(answer.properties.data), {
      id: { type: "string" },
      app_id: { type: "number", format: "double" },
      created_at: { type: "string", format: "date-time" }
    })
  })

  it("exchangeAuthCodeForAPIKey", async () => {
    const { paths } = await document()
    const { post } = paths["/auth/keys"]
    assert.deepStrictEqual(Object.keys(post.responses).sort(), ["200", "400", "403", "4XX", "500", "5XX"])
    assert.deepStrictEqual(post.security, [])
    const request = bodyOf(post.requestBody)
    assert.deepStrictEqual(request.required, ["code"])
    assert.deepStrictEqual(fields(request), {
      code: { type: "string", minLength: 1 },
      code_verifier: { type: "string", pattern: "^[A-Za-z0-9\\-._~]{43,128}$" },
      code_challenge_method: { anyOf: [{ type: "string", enum: ["S256", "plain"] }, { type: "null" }] }
    })
    const answer = bodyOf(post.responses["200"])
    assert.deepStrictEqual(answer.required, ["key", "user_id"])
    assert.deepStrictEqual(fields(answer), {
      key: { type: "string", minLength: 1 },
      user_id: { anyOf: [{ type: "string" }, { type: "null" }] }
    })
  })

  it("getCurrentKey", async () => {
    const { paths } = await document()
    const { get } = paths["/key"]
    assert.deepStrictEqual(Object.keys(get.responses).sort(), ["200", "401", "4XX", "500", "5XX"])
    assert.isUndefined(get.requestBody)
    const { data } = bodyOf(get.responses["200"]).properties
    assert.includeMembers(data.required, ["label", "usage", "limit", "limit_remaining"])
    assert.deepStrictEqual(without(data.properties.limit_remaining), {
      anyOf: [{ type: "number" }, { type: "null" }],
      format: "double"
    })
  })

  it("getCurrentKey has every field of the contract, under its old name too", async () => {
    const { paths } = await document()
    const { data } = bodyOf(paths["/key"].get.responses["200"]).properties
    const contract = [
      ...["label", "limit", "limit_remaining", "limit_reset", "usage", "usage_daily", "usage_weekly", "usage_monthly"],
      ...["byok_usage", "byok_usage_daily", "byok_usage_weekly", "byok_usage_monthly", "include_byok_in_limit"],
      ...["is_free_tier", "is_management_key", "is_provisioning_key", "creator_user_id", "organization_id"],
      ...["workspace_id", "expires_at", "allowed_data_regions", "free_model_daily_requests", "rate_limit"]
    ]
    assert.deepStrictEqual(Object.keys(data.properties).sort(), contract.sort())
    assert.deepStrictEqual(paths["/auth/key"].get.responses, paths["/key"].get.responses)
  })

  it("createOauthToken", async () => {
    const { post } = (await document()).paths["/oauth/token"]
    assert.deepStrictEqual(Object.keys(post.responses).sort(), ["200", "400", "413", "429", "4XX", "500", "503", "5XX"])
    assert.deepStrictEqual(post.security, [])
    const request = post.requestBody.content["application/x-www-form-urlencoded"].schema
    assert.deepStrictEqual(request.required, [
      "grant_type",
      "subject_token_type",
      "subject_token",
      "federation_policy_id"
    ])
    assert.deepStrictEqual(fields(request), {
      grant_type: { type: "string", enum: ["urn:ietf:params:oauth:grant-type:token-exchange"] },
      subject_token_type: { type: "string", enum: ["urn:ietf:params:oauth:token-type:jwt"] },
      subject_token: { type: "string", minLength: 1, maxLength: 16_384 },
      federation_policy_id: { type: "string", minLength: 1 },
      requested_token_type: { type: "string", enum: ["urn:ietf:params:oauth:token-type:access_token"] },
      scope: { type: "string", enum: ["inference"] }
    })
    assert.deepStrictEqual(fields(bodyOf(post.responses["200"])), {
      access_token: { type: "string", minLength: 1 },
      issued_token_type: { type: "string", enum: ["urn:ietf:params:oauth:token-type:access_token"] },
      token_type: { type: "string", enum: ["Bearer"] },
      expires_in: { type: "integer", minimum: 1, maximum: 900 },
      scope: { type: "string", enum: ["inference"] }
    })
  })

  it("listOauthJwks", async () => {
    const { get } = (await document()).paths["/oauth/jwks"]
    assert.deepStrictEqual(Object.keys(get.responses).sort(), ["200", "4XX", "500", "5XX"])
    assert.deepStrictEqual(fields(bodyOf(get.responses["200"]).properties.keys.items), {
      kty: { type: "string", enum: ["EC"] },
      crv: { type: "string", enum: ["P-256"] },
      alg: { type: "string", enum: ["ES256"] },
      use: { type: "string", enum: ["sig"] },
      kid: { type: "string" },
      x: { type: "string" },
      y: { type: "string" }
    })
  })

  it("every documented error has OpenRouter's envelope, every other one any body", async () => {
    const { components, paths } = await document()
    const errors = Object.entries<Record<string, { responses: Record<string, { content: object }> }>>(paths).flatMap(
      ([path, { get, post }]) =>
        Object.entries((get ?? post)?.responses ?? {})
          .filter(([status]) => status !== "200")
          .map(([status, { content }]) => ({ path, status, content }))
    )
    const envelope = (path: string) => ({
      "application/json": {
        schema: { $ref: `#/components/schemas/${path === "/oauth/token" ? "OAuthErrorResponse" : "ErrorResponse"}` }
      }
    })
    assert.isNotEmpty(errors)
    assert.deepStrictEqual(
      errors,
      errors.map(({ path, status }) => ({ path, status, content: /X/.test(status) ? { "*/*": {} } : envelope(path) }))
    )
    const { ErrorResponse } = components.schemas
    assert.deepStrictEqual(ErrorResponse.required, ["error"])
    assert.deepStrictEqual(Object.keys(ErrorResponse.properties), ["error", "openrouter_metadata", "user_id"])
    const { error } = ErrorResponse.properties
    assert.deepStrictEqual(error.required, ["code", "message"])
    assert.deepStrictEqual(error.properties.code, { type: "integer" })
    assert.deepStrictEqual(error.properties.message, { type: "string" })
    assert.deepStrictEqual(error.properties.metadata.anyOf[1], { type: "null" })
  })

  it("refers to nothing that is not there, and holds nothing of HttpApi's", async () => {
    const text = JSON.stringify(await document())
    assert.deepStrictEqual([...new Set(text.match(/"#[^"]*"/g))].sort(), [
      '"#/components/schemas/ErrorResponse"',
      '"#/components/schemas/OAuthErrorResponse"'
    ])
    assert.notMatch(text, /HttpApi|\$id|"additionalProperties":false|<redacted>/)
  })
})

it("/docs shows every operation and field, and loads nothing", async () => {
  const { headers, status, text } = await inProcess().send("/docs")
  assert.strictEqual(status, 200)
  assert.notMatch(text, /<script|<link|<img|src=|https?:\/\//)
  assert.match(headers.get("content-security-policy") ?? "", /^default-src 'none'; style-src 'nonce-/)
})

it.each(["createAuthKeysCode", "exchangeAuthCodeForAPIKey", "usage_limit_type", "409", "error.message"])(
  "/docs shows every operation and field: %s",
  async (name) => {
    const { text } = await inProcess().send("/docs")
    assert.include(text, name)
  }
)
