/**
 * The words of OpenRouter's OAuth endpoints: camelCase here, snake_case on the wire.
 *
 * Inputs are plain and forgiving (`CreateAuthCodeInput`: a `URL` or a string, a `Date` or a `DateTime`); the schemas know
 * one canonical form of each.
 *
 * @since 0.1.0
 * @see https://openrouter.ai/docs/api-reference/o-auth
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { challengeFault, verifierFault } from "./internal/pkce.js"
import * as Wire from "./internal/wire.js"

/**
 * How a challenge is made from its verifier.
 *
 * @since 0.1.0
 * @category requests
 * @see https://www.rfc-editor.org/rfc/rfc7636#section-4.2
 */
export const CodeChallengeMethod = Wire.CodeChallengeMethod

type SnakeCase<Name> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : ""

type OnTheWire<Fields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends Schema.PropertySignature<
    infer TypeToken,
    infer Type,
    PropertyKey,
    infer EncodedToken,
    infer Encoded,
    infer HasDefault,
    infer R
  >
    ? Schema.PropertySignature<TypeToken, Type, SnakeCase<Name>, EncodedToken, Encoded, HasDefault, R>
    : Fields[Name] extends Schema.Schema<infer A, infer I, infer R>
      ? Schema.PropertySignature<":", A, SnakeCase<Name>, ":", I, false, R>
      : never
}

/** Fields whose names are camelCase here and snake_case on the wire. */
const onTheWire = <Fields extends Record<string, Schema.Schema.Any | Schema.PropertySignature.Any>>(fields: Fields) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      Schema.fromKey(
        Schema.isPropertySignature(field) ? field : Schema.propertySignature(field),
        name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      )
    ])
  ) as OnTheWire<Fields>

/** A text that is never shown. */
const Hidden = Schema.transform(
  Schema.String,
  Schema.RedactedFromSelf(Schema.String).annotations({ message: () => "must be Redacted: wrap it with Redacted.make" }),
  { strict: true, decode: (text) => Redacted.make(text), encode: Redacted.value }
)

/** One that is not empty. The refinement stands outside: inside, its failure would print the value. */
const Secret = Hidden.pipe(Schema.filter((secret) => Redacted.value(secret) !== "" || "must not be empty"))

const nullable = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.optionalWith(Schema.NullOr(schema), { default: () => null })

/**
 * Where the browser goes after consent: https, http on loopback, or an app's own scheme.
 *
 * @since 0.1.0
 * @category requests
 */
export const CallbackUrl = Wire.CallbackUrl

/**
 * A credit limit in US dollars.
 *
 * @since 0.1.0
 * @category requests
 */
export const Limit = Wire.Limit

/**
 * What the key is called in the user's list of keys: at most 100 characters.
 *
 * @since 0.1.0
 * @category requests
 */
export const KeyLabel = Wire.KeyLabel

const challengeIssue = (pair: {
  readonly codeChallenge?: string | undefined
  readonly codeChallengeMethod?: "S256" | "plain" | undefined
}) => {
  const message = challengeFault(pair.codeChallenge, pair.codeChallengeMethod)
  return message && { path: ["codeChallenge"], message }
}

/**
 * The body of `POST /auth/keys/code`.
 *
 * @since 0.1.0
 * @category requests
 */
export const CreateAuthCodeRequest = Schema.Struct(
  onTheWire({
    callbackUrl: CallbackUrl,
    codeChallenge: Schema.optional(Schema.String),
    codeChallengeMethod: Schema.optional(CodeChallengeMethod),
    limit: Schema.optional(Limit),
    expiresAt: Schema.optional(Wire.orNullDate(Schema.compose(Wire.Timestamp, Schema.DateTimeUtc))),
    keyLabel: Schema.optional(KeyLabel),
    usageLimitType: Schema.optional(Wire.UsageLimitType),
    workspaceId: Schema.optional(Wire.WorkspaceId)
  })
).pipe(Schema.filter((request) => challengeIssue(request)))

/**
 * @since 0.1.0
 * @category requests
 */
export type CreateAuthCodeRequest = typeof CreateAuthCodeRequest.Type

/**
 * What `createAuthCode` takes.
 *
 * @since 0.1.0
 * @category requests
 */
export interface CreateAuthCodeInput {
  /** https, http on localhost, 127.0.0.1 or [::1], or an app's own scheme. */
  readonly callbackUrl: string | URL
  readonly codeChallenge?: string | undefined
  /** `S256` unless said otherwise. */
  readonly codeChallengeMethod?: "S256" | "plain" | undefined
  /** The credit limit of the key, in US dollars. */
  readonly limit?: number | undefined
  /** When the key (not the code) expires. */
  readonly expiresAt?: DateTime.Utc | Date | null | undefined
  /** The name of the key, at most 100 characters. */
  readonly keyLabel?: string | undefined
  /** When the limit starts anew. */
  readonly usageLimitType?: "daily" | "weekly" | "monthly" | undefined
  /** A UUID. */
  readonly workspaceId?: string | undefined
}

/**
 * An input that is not even an object stays what it is: the schema refuses it.
 *
 * @internal
 */
export const canonical = (input: unknown): unknown => {
  if (!Predicate.isRecord(input)) return input
  const { callbackUrl, codeChallenge, codeChallengeMethod, codeVerifier, expiresAt } = input
  const isMethodGiven = codeChallengeMethod !== undefined || (codeChallenge ?? codeVerifier) === undefined
  return {
    ...input,
    callbackUrl: callbackUrl instanceof URL ? callbackUrl.href : callbackUrl,
    codeChallengeMethod: isMethodGiven ? codeChallengeMethod : "S256",
    // An invalid Date stays one, for the schema to refuse.
    expiresAt: expiresAt instanceof Date ? Option.getOrElse(DateTime.make(expiresAt), () => expiresAt) : expiresAt
  }
}

/**
 * The canonical form of an input, still unchecked: what the schema encodes.
 *
 * @since 0.1.0
 * @category requests
 */
export const canonicalCreateAuthCode: (input: CreateAuthCodeInput) => unknown = canonical

/**
 * `data` of the answer to `POST /auth/keys/code`: the authorization code, valid for 10 minutes and for one exchange.
 *
 * @since 0.1.0
 * @category responses
 */
export const AuthCode = Schema.Struct(
  onTheWire({
    /** The authorization code. */
    id: Secret,
    appId: Schema.Number,
    /** ISO 8601, as sent. An odd or missing date must not cost the code: it is kept as text. */
    createdAt: Schema.optionalToRequired(Schema.Unknown, Schema.String, {
      decode: (sent) => {
        const date = Option.getOrUndefined(sent)
        return typeof date === "string" || typeof date === "number" ? String(date) : ""
      },
      encode: Option.some
    })
  })
)

/**
 * @since 0.1.0
 * @category responses
 */
export type AuthCode = typeof AuthCode.Type

/**
 * @since 0.1.0
 * @category responses
 */
export const AuthCodeResponse = Schema.Struct({ data: AuthCode })

/**
 * The body of `POST /auth/keys`.
 *
 * @since 0.1.0
 * @category requests
 */
export const ExchangeAuthCodeRequest = Schema.Struct(
  onTheWire({
    code: Secret,
    codeVerifier: Schema.optional(Hidden.pipe(Schema.filter((verifier) => verifierFault(Redacted.value(verifier))))),
    codeChallengeMethod: Schema.optional(Schema.NullOr(CodeChallengeMethod))
  })
)

/**
 * @since 0.1.0
 * @category requests
 */
export type ExchangeAuthCodeRequest = typeof ExchangeAuthCodeRequest.Type

/**
 * What `exchangeAuthCodeForAPIKey` takes.
 *
 * @since 0.1.0
 * @category requests
 */
export interface ExchangeAuthCodeInput {
  readonly code: Redacted.Redacted<string>
  readonly codeVerifier?: Redacted.Redacted<string> | undefined
  /** `S256` where a verifier is given, unless said otherwise. */
  readonly codeChallengeMethod?: "S256" | "plain" | null | undefined
}

/**
 * The canonical form of an input, still unchecked: what the schema encodes.
 *
 * @since 0.1.0
 * @category requests
 */
export const canonicalExchangeAuthCode: (input: ExchangeAuthCodeInput) => unknown = canonical

/**
 * The answer to `POST /auth/keys`: the user's API key.
 *
 * @since 0.1.0
 * @category responses
 */
export const UserApiKey = Schema.Struct(
  onTheWire({
    key: Secret,
    userId: nullable(Schema.String)
  })
)

/**
 * @since 0.1.0
 * @category responses
 */
export type UserApiKey = typeof UserApiKey.Type

/**
 * `data` of the answer to `GET /key`: what the key is called and may still spend. Amounts are US dollars.
 *
 * @since 0.1.0
 * @category responses
 * @see https://openrouter.ai/docs/api-reference/limits
 */
export const KeyInfo = Schema.Struct(
  onTheWire({
    label: Schema.String,
    usage: Schema.Number,
    /** The credit limit; null is none. */
    limit: nullable(Schema.Number),
    limitRemaining: nullable(Schema.Number),
    /** When the limit starts anew (`daily`, `weekly`, `monthly`); null is never. */
    limitReset: nullable(Schema.String),
    /** ISO 8601, as sent; null is never. */
    expiresAt: nullable(Schema.String),
    isFreeTier: nullable(Schema.Boolean)
  })
)

/**
 * @since 0.1.0
 * @category responses
 */
export type KeyInfo = typeof KeyInfo.Type

/**
 * @since 0.1.0
 * @category responses
 */
export const KeyInfoResponse = Schema.Struct({ data: KeyInfo })

/**
 * OpenRouter's standard error body.
 *
 * @since 0.1.0
 * @category responses
 */
export const ErrorResponse = Schema.Struct({
  error: Schema.Struct({
    code: Schema.Int,
    message: Schema.String,
    metadata: Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Unknown })))
  }),
  openrouter_metadata: Schema.optional(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.Unknown }))),
  user_id: Schema.optional(Schema.NullOr(Schema.String))
})

/**
 * @since 0.1.0
 * @category responses
 */
export type ErrorResponse = typeof ErrorResponse.Type

/**
 * How an app is named in OpenRouter's rankings and dashboard.
 *
 * @since 0.1.0
 * @category models
 * @see https://openrouter.ai/docs/app-attribution
 */
export interface Attribution {
  /** The app's URL, its primary identifier: header `HTTP-Referer`. */
  readonly httpReferer?: string | undefined
  /** The app's display name: header `X-OpenRouter-Title`. */
  readonly appTitle?: string | undefined
  /** Such as `cli-agent`: header `X-OpenRouter-Categories`, comma-separated. */
  readonly appCategories?: string | ReadonlyArray<string> | undefined
}
