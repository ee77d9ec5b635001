/** Describes the endpoints as an HttpApi, for `/openapi.json`. `endpoints.ts` answers them. */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as OAuthSchema from "../../OAuthSchema.js"
import { apiPaths, envelope, OAuthErrorResponse, otherStatuses } from "./apiPaths.js"

const { ErrorResponse } = OAuthSchema

/** Only describes that a bearer token is needed. */
class ApiKey extends HttpApiMiddleware.Tag<ApiKey>()("effect-openrouter-oauth/sandbox/ApiKey", {
  security: { apiKey: HttpApiSecurity.bearer }
}) {}

const attribution = Schema.Struct({
  "HTTP-Referer": Schema.optional(Schema.String),
  "X-OpenRouter-Title": Schema.optional(Schema.String),
  "X-OpenRouter-Categories": Schema.optional(Schema.String)
})

const createAuthKeysCode = HttpApiEndpoint.post("createAuthKeysCode", "/auth/keys/code")
  .setHeaders(attribution)
  .setPayload(OAuthSchema.CreateAuthCodeRequest)
  .addSuccess(OAuthSchema.AuthCodeResponse)
  .addError(ErrorResponse, { status: 400 })
  .addError(ErrorResponse, { status: 401 })
  .addError(ErrorResponse, { status: 403 })
  .addError(ErrorResponse, { status: 409 })
  .addError(ErrorResponse, { status: 500 })
  .middleware(ApiKey)
  .annotate(OpenApi.Identifier, "createAuthKeysCode")
  .annotate(OpenApi.Summary, "Create an authorization code")
  .annotate(
    OpenApi.Description,
    "The code is for the account of the API key. Its PKCE challenge binds it to one verifier."
  )

const exchangeAuthCodeForAPIKey = HttpApiEndpoint.post("exchangeAuthCodeForAPIKey", "/auth/keys")
  .setHeaders(attribution)
  .setPayload(OAuthSchema.ExchangeAuthCodeRequest)
  .addSuccess(OAuthSchema.UserApiKey)
  .addError(ErrorResponse, { status: 400 })
  .addError(ErrorResponse, { status: 403 })
  .addError(ErrorResponse, { status: 500 })
  .annotate(OpenApi.Identifier, "exchangeAuthCodeForAPIKey")
  .annotate(OpenApi.Summary, "Exchange an authorization code for an API key")
  .annotate(
    OpenApi.Description,
    "Needs no API key: the code and its verifier are the proof. A code works once, for 10 minutes."
  )

const getCurrentKey = HttpApiEndpoint.get("getCurrentKey", "/key")
  .addSuccess(OAuthSchema.KeyInfoResponse)
  .addError(ErrorResponse, { status: 401 })
  .addError(ErrorResponse, { status: 500 })
  .middleware(ApiKey)
  .annotate(OpenApi.Identifier, "getCurrentKey")
  .annotate(OpenApi.Summary, "The key that the request carries")

/** The rules that the schemas check by code, and the meaning of the fields, by their names on the wire. */
const fields: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  callback_url: {
    format: "uri",
    description:
      "The URL that the browser is sent to with the code: https, http on localhost, 127.0.0.1 or [::1], or an app's own scheme."
  },
  code_challenge: { description: "base64url of the SHA-256 of the verifier (S256), or the verifier itself (plain)." },
  code_challenge_method: { description: "How the challenge was made." },
  code_verifier: {
    pattern: "^[A-Za-z0-9\\-._~]{43,128}$",
    description: "The text that the challenge was made from. Required if the code has a challenge."
  },
  code: { minLength: 1, description: "The authorization code." },
  limit: { format: "double", minimum: 0, description: "The credit limit of the key, in US dollars." },
  limit_remaining: { format: "double", description: "The rest of the limit, in US dollars." },
  usage: { format: "double", description: "The amount spent, in US dollars." },
  expires_at: {
    format: "date-time",
    description: "The time at which the key (not the code) expires: ISO 8601, UTC, with seconds."
  },
  key_label: { description: "The name of the key. Defaults to the name of the app." },
  usage_limit_type: { description: "How often the limit is reset." },
  workspace_id: { description: "The workspace the key belongs to." },
  id: { description: "The authorization code." },
  app_id: { format: "double", description: "The app the code was made for." },
  created_at: { type: "string", format: "date-time", description: "The time at which the code was made: ISO 8601." },
  key: { minLength: 1, description: "The API key of the user." },
  user_id: { description: "The id of the user who owns the key." },
  "HTTP-Referer": { description: "The URL of the app, its primary identifier in rankings." },
  "X-OpenRouter-Title": { description: "The display name of the app." },
  "X-OpenRouter-Categories": { description: "Categories of the app, comma-separated." }
}

const statuses: Readonly<Record<string, string>> = {
  200: "Done",
  400: "A field, the body or the code challenge method was refused",
  401: "The API key is missing, unknown, revoked or expired",
  403: "The code, its verifier or the account was refused",
  409: "The request conflicts with another one",
  500: "OpenRouter failed"
}

type Json = Readonly<Record<string, unknown>>

const isJson = Predicate.isReadonlyRecord as (value: unknown) => value is Json

/** Removes what HttpApi adds about its own decoding and about values of any type, and adds `notes` to the properties. */
const tidy = (value: unknown, notes: Readonly<Record<string, Json>>, isAnswer: boolean): unknown => {
  if (Array.isArray(value)) return value.map((item) => tidy(item, notes, isAnswer))
  if (!isJson(value)) return value
  if (value.$id === "/schemas/unknown") return {}
  if (value.$ref === "#/components/schemas/Int") return { type: "integer" }
  const { additionalProperties, description, properties, ...rest } = value
  return {
    ...Object.fromEntries(Object.entries(rest).map(([name, inner]) => [name, tidy(inner, notes, isAnswer)])),
    ...(isJson(additionalProperties) && { additionalProperties: tidy(additionalProperties, notes, isAnswer) }),
    ...(description !== undefined && description !== "Redacted(<redacted>)" && { description }),
    ...(isJson(properties) && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, schema]) => [
          name,
          { ...(tidy(schema, notes, isAnswer) as Json), ...notes[name] }
        ])
      ),
      // The sandbox always sends every field of an answer.
      ...(isAnswer && { required: Object.keys(properties) })
    })
  }
}

const api = HttpApi.make("OpenRouter")
  .add(HttpApiGroup.make("OAuth").add(createAuthKeysCode).add(exchangeAuthCodeForAPIKey).add(getCurrentKey))
  .annotate(OpenApi.Title, "OpenRouter sandbox")
  .annotate(OpenApi.Version, "1.0.0")
  .annotate(OpenApi.Description, "The endpoints of OpenRouter for a sign-in and its key, answered by a local sandbox.")
  .annotate(OpenApi.Servers, [{ url: "/api/v1" }])

const responsesOf = (operation: OpenApi.OpenAPISpecOperation, documented: ReadonlyArray<string>) => ({
  ...Object.fromEntries(
    documented.map((status) => [
      status,
      {
        description: statuses[status],
        content: status === "200" ? tidy(operation.responses[200]?.content, fields, true) : envelope
      }
    ])
  ),
  ...otherStatuses
})

const build = (): Json => {
  const spec = OpenApi.fromApi(api)
  const documented: Readonly<Record<string, Readonly<Record<string, Json>>>> = Object.fromEntries(
    Object.entries(spec.paths).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => [
          method,
          {
            ...operation,
            parameters: operation.parameters.map((parameter) => ({ ...parameter, ...fields[parameter.name] })),
            ...(operation.requestBody && { requestBody: tidy(operation.requestBody, fields, false) }),
            responses: responsesOf(
              operation,
              // A request without a body cannot be refused for it.
              Object.keys(operation.responses).filter(
                (status) => status !== "400" || operation.requestBody !== undefined
              )
            )
          }
        ])
      )
    ])
  )
  const oldName = {
    get: {
      ...documented["/key"]?.get,
      operationId: "getCurrentKeyByItsOldName",
      summary: "The old name of /key",
      deprecated: true
    }
  }
  const error = spec.paths["/key"]?.get?.responses[500]?.content?.["application/json"]?.schema
  return {
    ...spec,
    paths: { ...documented, "/auth/key": oldName, ...apiPaths },
    components: { ...spec.components, schemas: { ErrorResponse: tidy(error, {}, false), OAuthErrorResponse } }
  }
}

let built: Json | undefined

/** Returns the OpenAPI description, made at the first call. */
export const openApi = (): Json => {
  built ??= build()
  return built
}
