/** The endpoints of the API. One value says everything about one endpoint; `call` does the same for all of them. */
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { canonical } from "../internal/canonical.js"
import {
  BadRequest,
  Conflict,
  Forbidden,
  InternalServer,
  type Operation,
  type StatusFields,
  Unauthorized
} from "../OAuthError.js"
import * as OAuthSchema from "../OAuthSchema.js"

/** A request body as it is sent. */
export interface Body {
  readonly contentType: string
  readonly text: string
  /** Values that an answer may echo and that no error may show. */
  readonly secrets: ReadonlyArray<string | undefined>
}

/** The fields of a refusal, without its status. */
export type Refusal = Omit<StatusFields, "status">

/** One endpoint. */
export interface Endpoint<A, E> {
  readonly operation: Operation
  readonly method: "GET" | "POST"
  readonly path: string
  /** Whether a call needs an API key, and the name of the argument or option that gives it. Without it no key is ever sent. */
  readonly apiKey?: { readonly name: string; readonly isRequired: boolean } | undefined
  /** Checks an input and makes the request body. Without it the request has no body. */
  readonly encode?: ((input: unknown) => Either.Either<Body, ParseResult.ParseError>) | undefined
  /** Reads the JSON of a 200. */
  readonly decode: (json: unknown) => Either.Either<A, ParseResult.ParseError>
  /** The statuses that the endpoint's documentation lists, each with its error. */
  readonly errors: { readonly [status: number]: (refusal: Refusal) => E }
}

/** Makes the error of one status. */
const errorOf =
  <Status extends number, E>(status: Status, StatusError: new (fields: StatusFields<Status>) => E) =>
  (refusal: Refusal): E =>
    new StatusError({ ...refusal, status })

const errors = {
  400: errorOf(400, BadRequest),
  401: errorOf(401, Unauthorized),
  403: errorOf(403, Forbidden),
  409: errorOf(409, Conflict),
  500: errorOf(500, InternalServer)
}

const all = { errors: "all" } as const

/** Checks an input, and makes a body of its fields by their names on the wire. */
const encoder = <A, I extends object>(
  schema: Schema.Schema<A, I>,
  { contentType, write }: Format,
  secretsOf: (wire: I) => Body["secrets"]
): Endpoint<unknown, unknown>["encode"] => {
  const encode = Schema.encodeUnknownEither(schema, all)
  return (input) =>
    Either.map(encode(canonical(input)), (wire) => ({ contentType, text: write(wire), secrets: secretsOf(wire) }))
}

interface Format {
  readonly contentType: string
  readonly write: (wire: object) => string
}

const json: Format = { contentType: "application/json", write: JSON.stringify }

const form: Format = {
  contentType: "application/x-www-form-urlencoded",
  write: (wire) => String(new URLSearchParams(Object.entries(wire)))
}

const decodeJson = <A, I>(schema: Schema.Schema<A, I>) => Schema.decodeUnknownEither(schema, all)

/** Reads `data` of an answer. */
const decodeData = <A, I>(schema: Schema.Schema<{ readonly data: A }, I>) => {
  const decode = decodeJson(schema)
  return (json: unknown) => Either.map(decode(json), ({ data }) => data)
}

/** `POST /auth/keys/code` */
export const createAuthCode: Endpoint<
  OAuthSchema.AuthCode,
  BadRequest | Unauthorized | Forbidden | Conflict | InternalServer
> = {
  operation: "createAuthCode",
  method: "POST",
  path: "/auth/keys/code",
  apiKey: { name: "apiKey", isRequired: true },
  // A plain challenge is the verifier itself.
  encode: encoder(OAuthSchema.CreateAuthCodeRequest, json, (wire) => [wire.code_challenge]),
  decode: decodeData(OAuthSchema.AuthCodeResponse),
  errors
}

/** `POST /auth/keys` */
export const exchangeAuthCode: Endpoint<OAuthSchema.UserApiKey, BadRequest | Forbidden | InternalServer> = {
  operation: "exchangeAuthCodeForAPIKey",
  method: "POST",
  path: "/auth/keys",
  apiKey: { name: "apiKey", isRequired: false },
  encode: encoder(OAuthSchema.ExchangeAuthCodeRequest, json, (wire) => [wire.code, wire.code_verifier]),
  decode: decodeJson(OAuthSchema.UserApiKey),
  errors: { 400: errors[400], 403: errors[403], 500: errors[500] }
}

/** `GET /key` */
export const getCurrentKey: Endpoint<OAuthSchema.KeyInfo, Unauthorized> = {
  operation: "getCurrentKey",
  method: "GET",
  path: "/key",
  apiKey: { name: "key", isRequired: true },
  decode: decodeData(OAuthSchema.KeyInfoResponse),
  errors: { 401: errors[401] }
}

/** `POST /oauth/token` */
export const createOauthToken: Endpoint<OAuthSchema.AccessToken, BadRequest | InternalServer> = {
  operation: "createOauthToken",
  method: "POST",
  path: "/oauth/token",
  encode: encoder(OAuthSchema.CreateOauthTokenRequest, form, (wire) => [wire.subject_token]),
  decode: decodeJson(OAuthSchema.AccessToken),
  errors: { 400: errors[400], 500: errors[500] }
}

/** `GET /oauth/jwks` */
export const listOauthJwks: Endpoint<OAuthSchema.OAuthJwks, InternalServer> = {
  operation: "listOauthJwks",
  method: "GET",
  path: "/oauth/jwks",
  decode: decodeJson(OAuthSchema.OAuthJwks),
  errors: { 500: errors[500] }
}
