/** The endpoints of the API. */
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as String from "effect/String"
import * as Wire from "../internal/wire.js"
import {
  BadRequest,
  Conflict,
  Forbidden,
  InternalServer,
  type OAuthError,
  type Operation,
  Unauthorized
} from "../OAuthError.js"
import * as OAuthSchema from "../OAuthSchema.js"

/** One endpoint: the statuses that its documentation lists, each with its error, what it is sent and what its 200 gives. */
export interface Endpoint<A, E> {
  readonly operation: Operation
  readonly path: string
  readonly errors: { readonly [status: number]: new (fields: never) => E }
  /** Checks an input and gives the body, in names of the wire; undefined where none is sent. */
  readonly encode: ((input: unknown) => Either.Either<Wire.Body, ParseResult.ParseError>) | undefined
  readonly decode: (u: unknown) => Either.Either<A, ParseResult.ParseError>
}

type ErrorOf<Errors> = Errors[keyof Errors] extends new (fields: never) => infer E ? E : never

const make = <Answer, A, const Errors extends { readonly [status: number]: new (fields: never) => OAuthError }>(
  operation: Operation,
  path: string,
  errors: Errors & { readonly [status: number]: new (fields: never) => ErrorOf<Errors> },
  encode: Endpoint<A, unknown>["encode"],
  answer: Schema.Schema<Answer>,
  /** The answer in our names. */
  read: (answer: Answer) => A
): Endpoint<A, ErrorOf<Errors>> => {
  const decode = Wire.validate(answer)
  return { operation, path, errors, encode, decode: (u) => Either.map(decode(u), read) }
}

const all = { errors: "all" } as const

const encodeCreateAuthCode = Schema.encodeUnknownEither(OAuthSchema.CreateAuthCodeRequest, all)

const encodeExchange = Schema.encodeUnknownEither(OAuthSchema.ExchangeAuthCodeRequest, all)

export const createAuthCode = make(
  "createAuthCode",
  "/auth/keys/code",
  { 400: BadRequest, 401: Unauthorized, 403: Forbidden, 409: Conflict, 500: InternalServer },
  (input) => encodeCreateAuthCode(OAuthSchema.canonical(input)),
  Wire.AuthCodeAnswer,
  ({ data: { app_id, created_at, id } }): OAuthSchema.AuthCode => ({
    id: Redacted.make(id),
    appId: app_id,
    createdAt: typeof created_at === "string" || typeof created_at === "number" ? `${created_at}` : ""
  })
)

export const exchange = make(
  "exchangeAuthCodeForAPIKey",
  "/auth/keys",
  { 400: BadRequest, 403: Forbidden, 500: InternalServer },
  (input) => encodeExchange(OAuthSchema.canonical(input)),
  Wire.UserApiKeyAnswer,
  ({ key, user_id = null }): OAuthSchema.UserApiKey => ({ key: Redacted.make(key), userId: user_id })
)

export const currentKey = make(
  "getCurrentKey",
  "/key",
  { 401: Unauthorized },
  undefined,
  Wire.KeyInfoAnswer,
  // Every field in our names; null where it is missing.
  ({ data }): OAuthSchema.KeyInfo =>
    Record.mapEntries(Wire.KeyInfoAnswer.fields.data.fields, (_, name) => [
      String.snakeToCamel(name),
      data[name] ?? null
    ]) as never
)
