/** The part of the API description that no schema of this package describes: tokens, models, credits and the chat. */

type Json = Readonly<Record<string, unknown>>

const text = { type: "string" }
const amount = { type: "number", format: "double" }
const count = { type: "integer" }
const nullable = (schema: Json): Json => ({ anyOf: [schema, { type: "null" }] })
const list = (items: Json): Json => ({ type: "array", items })
/** All properties are required. */
const object = (properties: Readonly<Record<string, Json>>): Json => ({
  type: "object",
  required: Object.keys(properties),
  properties
})
const constant = (value: string): Json => ({ type: "string", enum: [value] })

/** The body of an error as OpenRouter documents it. */
export const envelope = { "application/json": { schema: { $ref: "#/components/schemas/ErrorResponse" } } }
const oauthEnvelope = { "application/json": { schema: { $ref: "#/components/schemas/OAuthErrorResponse" } } }

const done = (schema: Json): Json => ({ description: "Done", content: { "application/json": { schema } } })
const unauthorized = {
  description: "The API key is missing, unknown, revoked or expired",
  content: envelope
}
/** What OpenRouter documents for every operation. */
export const otherStatuses = {
  "4XX": { description: "Any other refusal", content: { "*/*": {} } },
  "5XX": { description: "Any other failure", content: { "*/*": {} } }
}
const failed = { description: "OpenRouter failed", content: envelope }
const bearer = [{ apiKey: [] }]

/** RFC 6749, section 5.2. */
export const OAuthErrorResponse: Json = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "string",
      description:
        "Such as invalid_request, invalid_grant, unsupported_grant_type, invalid_scope, server_error, temporarily_unavailable."
    },
    error_description: text
  }
}

const tokenRequest: Json = {
  type: "object",
  required: ["grant_type", "subject_token_type", "subject_token", "federation_policy_id"],
  properties: {
    grant_type: constant("urn:ietf:params:oauth:grant-type:token-exchange"),
    subject_token_type: constant("urn:ietf:params:oauth:token-type:jwt"),
    subject_token: {
      type: "string",
      minLength: 1,
      maxLength: 16_384,
      description: "The JWT of the identity provider."
    },
    federation_policy_id: { type: "string", minLength: 1, description: "The policy that trusts the provider." },
    requested_token_type: constant("urn:ietf:params:oauth:token-type:access_token"),
    scope: constant("inference")
  }
}

const tokenAnswer = object({
  access_token: { type: "string", minLength: 1, description: "A JWT of type at+jwt, used like an API key." },
  issued_token_type: constant("urn:ietf:params:oauth:token-type:access_token"),
  token_type: constant("Bearer"),
  expires_in: { type: "integer", minimum: 1, maximum: 900, description: "In seconds." },
  scope: constant("inference")
})

const jwks = object({
  keys: list(
    object({
      kty: constant("EC"),
      crv: constant("P-256"),
      alg: constant("ES256"),
      use: constant("sig"),
      kid: text,
      x: text,
      y: text
    })
  )
})

const models = object({
  data: list(object({ id: text, name: text, created: count, pricing: { type: "object" }, context_length: count })),
  links: object({ next: nullable(text) }),
  total_count: count
})

const credits = object({ data: object({ total_credits: amount, total_usage: amount }) })

const content = { anyOf: [text, list({ type: "object" }), { type: "null" }] }

const chatRequest: Json = {
  type: "object",
  required: ["messages"],
  properties: {
    model: nullable(text),
    messages: {
      type: "array",
      minItems: 1,
      items: { type: "object", required: ["role"], properties: { role: text, content } }
    },
    stream: { ...nullable({ type: "boolean" }), description: "Whether to answer with server-sent events." }
  }
}

const chatAnswer = object({
  id: text,
  object: constant("chat.completion"),
  created: count,
  model: text,
  choices: list(
    object({
      index: count,
      finish_reason: text,
      message: object({ role: constant("assistant"), content: text })
    })
  ),
  usage: object({ prompt_tokens: count, completion_tokens: count, total_tokens: count, cost: amount })
})

const modelList = (operationId: string, summary: string, security: ReadonlyArray<Json>): Json => ({
  get: {
    tags: ["Inference"],
    operationId,
    summary,
    description: "The sandbox has one model.",
    parameters: [],
    security,
    responses: { 200: done(models), ...(security.length > 0 && { 401: unauthorized }), 500: failed, ...otherStatuses }
  }
})

/** By path, then by method. */
export const apiPaths: Readonly<Record<string, Json>> = {
  "/oauth/token": {
    post: {
      tags: ["OAuth"],
      operationId: "createOauthToken",
      summary: "Exchange a workload's token for an access token",
      description: "RFC 8693. The body has at most 32 KiB. The access token expires no later than the subject token.",
      parameters: [],
      security: [],
      requestBody: { required: true, content: { "application/x-www-form-urlencoded": { schema: tokenRequest } } },
      responses: {
        200: done(tokenAnswer),
        400: { description: "The request or the subject token was refused", content: oauthEnvelope },
        413: { description: "The body is too large", content: oauthEnvelope },
        429: { description: "Too many requests", content: oauthEnvelope },
        500: { description: "OpenRouter failed", content: oauthEnvelope },
        503: { description: "Try again later", content: oauthEnvelope },
        ...otherStatuses
      }
    }
  },
  "/oauth/jwks": {
    get: {
      tags: ["OAuth"],
      operationId: "listOauthJwks",
      summary: "The public keys of the access tokens",
      description: "A JSON Web Key Set (RFC 7517).",
      parameters: [],
      security: [],
      responses: { 200: done(jwks), 500: failed, ...otherStatuses }
    }
  },
  "/models": modelList("listModels", "The models", []),
  "/models/user": modelList("listModelsUser", "The models that the key may use", bearer),
  "/credits": {
    get: {
      tags: ["Inference"],
      operationId: "getCredits",
      summary: "The credits of the account",
      description: "In US dollars. For management keys only.",
      parameters: [],
      security: bearer,
      responses: {
        200: done(credits),
        401: unauthorized,
        403: { description: "A user's key cannot read credits", content: envelope },
        500: failed,
        ...otherStatuses
      }
    }
  },
  "/chat/completions": {
    post: {
      tags: ["Inference"],
      operationId: "sendChatCompletionRequest",
      summary: "Repeat the user's last message",
      description: "Each request costs 0.001 US dollars.",
      parameters: [],
      security: bearer,
      requestBody: { required: true, content: { "application/json": { schema: chatRequest } } },
      responses: {
        200: {
          description: "Done",
          content: { "application/json": { schema: chatAnswer }, "text/event-stream": { schema: text } }
        },
        400: { description: "The body was refused", content: envelope },
        401: unauthorized,
        402: { description: "The limit of the key is spent", content: envelope },
        500: failed,
        ...otherStatuses
      }
    }
  }
}
