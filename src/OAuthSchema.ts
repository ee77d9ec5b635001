/**
 * The words of OpenRouter's OAuth endpoints: camelCase here, snake_case on the wire.
 *
 * Inputs are plain and forgiving (`CreateAuthCodeInput`: a `URL` or a string, a `Date` or a `DateTime`); the schemas know
 * one canonical form of each.
 *
 * @since 0.1.0
 * @see https://openrouter.ai/docs/api-reference/o-auth
 */
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { camelToSnake } from "effect/String"
import { challengeFault, methodRule, verifierFault } from "./internal/pkce.js"
import { callbackUrlFault } from "./internal/url.js"

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
      Schema.fromKey(Schema.isPropertySignature(field) ? field : Schema.propertySignature(field), camelToSnake(name))
    ])
  ) as OnTheWire<Fields>

/** Says in our own words what a value must be: Schema's own messages end in the value, and differ between its versions. */
const must = (rule: string) => ({ message: () => ({ message: rule, override: true }) })

const Text = Schema.String.annotations(must("must be a string"))

const NonEmptyText = Text.pipe(Schema.filter((text) => text !== "" || "must not be empty"))

/** US dollars in answers; a count, or a number of seconds. */
const Amount = Schema.Number.annotations(must("must be a number"))

const Flag = Schema.Boolean.annotations(must("must be true or false"))

/** A text that is never shown. */
const Hidden = Schema.transform(
  Text,
  Schema.RedactedFromSelf(Text).annotations({ message: () => "must be Redacted: wrap it with Redacted.make" }),
  { strict: true, decode: (text) => Redacted.make(text), encode: Redacted.value }
)

/** A hidden text that is not empty. The refinement is outside: inside Redacted, its failure would print the value. */
const Secret = Hidden.pipe(Schema.filter((secret) => Redacted.value(secret) !== "" || "must not be empty"))

/** A field of an answer that may be missing or null; null then. */
const nullable = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.optionalWith(Schema.NullOr(schema), { default: () => null })

const TextOrNull = nullable(Text)

const AmountOrNull = nullable(Amount)

const FlagOrNull = nullable(Flag)

/**
 * How a challenge is made from its verifier.
 *
 * @since 0.1.0
 * @category requests
 * @see https://www.rfc-editor.org/rfc/rfc7636#section-4.2
 */
export const CodeChallengeMethod = Schema.Literal("S256", "plain").annotations(must(methodRule))

/**
 * Where the browser goes after consent: https, http on loopback, or an app's own scheme.
 *
 * @since 0.1.0
 * @category requests
 */
export const CallbackUrl = Text.pipe(Schema.filter(callbackUrlFault))

/**
 * A credit limit in US dollars.
 *
 * @since 0.1.0
 * @category requests
 */
export const Limit = Schema.Number.pipe(
  Schema.filter((limit) => Number.isFinite(limit) && limit >= 0, { jsonSchema: { minimum: 0 } })
).annotations(must("must be an amount in US dollars, 0 or more"))

/**
 * The key's name in the user's list of keys: at most 100 characters.
 *
 * @since 0.1.0
 * @category requests
 */
export const KeyLabel = Text.pipe(
  Schema.filter((label) => label.length <= 100 || "must have at most 100 characters", {
    jsonSchema: { maxLength: 100 }
  })
)

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/

// OpenRouter refuses a timestamp without seconds.
const Timestamp = Schema.String.pipe(
  Schema.filter((text) => timestamp.test(text), { jsonSchema: { pattern: timestamp.source } })
)

const ExpiresAt = Schema.NullOr(Schema.compose(Timestamp, Schema.DateTimeUtc)).annotations(
  must("must be a valid date (a Date or a DateTime.Utc), or null for a key that never expires")
)

const UsageLimitType = Schema.Literal("daily", "weekly", "monthly").annotations(
  must("must be daily, weekly or monthly")
)

const uuid = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/

const WorkspaceId = Schema.String.pipe(
  Schema.filter((id) => uuid.test(id), { jsonSchema: { format: "uuid", pattern: uuid.source } })
).annotations(must("must be a UUID"))

/** The fields that createAuthCode and the authorization page share. */
const consent = {
  codeChallenge: Schema.optional(Text),
  codeChallengeMethod: Schema.optional(CodeChallengeMethod),
  limit: Schema.optional(Limit),
  keyLabel: Schema.optional(KeyLabel)
}

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
    ...consent,
    expiresAt: Schema.optional(ExpiresAt),
    usageLimitType: Schema.optional(UsageLimitType),
    workspaceId: Schema.optional(WorkspaceId)
  })
).pipe(Schema.filter(challengeIssue))

/**
 * @since 0.1.0
 * @category requests
 */
export type CreateAuthCodeRequest = typeof CreateAuthCodeRequest.Type

/**
 * The input of `createAuthCode`.
 *
 * @since 0.1.0
 * @category requests
 */
export interface CreateAuthCodeInput {
  /** https, http on localhost, 127.0.0.1 or [::1], or an app's own scheme. */
  readonly callbackUrl: string | URL
  readonly codeChallenge?: string | undefined
  /** Defaults to `S256`. */
  readonly codeChallengeMethod?: "S256" | "plain" | undefined
  /** The credit limit of the key, in US dollars. */
  readonly limit?: number | undefined
  /** When the key (not the code) expires. */
  readonly expiresAt?: DateTime.Utc | Date | null | undefined
  /** The name of the key, at most 100 characters. */
  readonly keyLabel?: string | undefined
  /** When the limit starts again. */
  readonly usageLimitType?: "daily" | "weekly" | "monthly" | undefined
  /** A UUID. */
  readonly workspaceId?: string | undefined
}

/**
 * The query of the page where the user consents, `GET https://openrouter.ai/auth`. Without `callbackUrl` (headless) the page shows the
 * code on screen, and a challenge is mandatory.
 *
 * @since 0.1.0
 * @category requests
 */
export const AuthorizationRequest = Schema.Struct(
  onTheWire({
    callbackUrl: Schema.optional(CallbackUrl),
    ...consent,
    state: Schema.optional(NonEmptyText),
    workspaceId: Schema.optional(NonEmptyText),
    requiredWorkspaceId: Schema.optional(NonEmptyText)
  })
).pipe(
  Schema.filter((request) =>
    request.callbackUrl === undefined && request.codeChallenge === undefined
      ? {
          path: ["codeChallenge"],
          message: "is missing: needed without a callbackUrl"
        }
      : challengeIssue(request)
  )
)

/**
 * @since 0.1.0
 * @category requests
 */
export type AuthorizationRequest = typeof AuthorizationRequest.Type

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
    appId: Amount,
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
 * The 200 of `POST /auth/keys/code`.
 *
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
 * The input of `exchangeAuthCodeForAPIKey`.
 *
 * @since 0.1.0
 * @category requests
 */
export interface ExchangeAuthCodeInput {
  readonly code: Redacted.Redacted<string>
  readonly codeVerifier?: Redacted.Redacted<string> | undefined
  /** Defaults to `S256` where a verifier is given. */
  readonly codeChallengeMethod?: "S256" | "plain" | null | undefined
}

/**
 * The answer to `POST /auth/keys`: the user's API key.
 *
 * @since 0.1.0
 * @category responses
 */
export const UserApiKey = Schema.Struct(
  onTheWire({
    key: Secret,
    userId: TextOrNull
  })
)

/**
 * @since 0.1.0
 * @category responses
 */
export type UserApiKey = typeof UserApiKey.Type

/**
 * `data` of the answer to `GET /key`: what the key is called and what it may still spend. Amounts are US dollars. Older answers have the
 * first few fields only, so all but `label` and `usage` are null where the answer lacks them.
 *
 * @since 0.1.0
 * @category responses
 * @see https://openrouter.ai/docs/api-reference/limits
 */
export const KeyInfo = Schema.Struct(
  onTheWire({
    label: Text,
    usage: Amount,
    /** The credit limit; null means no limit. */
    limit: AmountOrNull,
    limitRemaining: AmountOrNull,
    /** When the limit starts again (`daily`, `weekly`, `monthly`); null means never. */
    limitReset: TextOrNull,
    /** When the key expires: ISO 8601, as sent; null means never. */
    expiresAt: TextOrNull,
    isFreeTier: FlagOrNull,
    /** Of the current UTC day, week and month. */
    usageDaily: AmountOrNull,
    usageWeekly: AmountOrNull,
    usageMonthly: AmountOrNull,
    /** Spent with the user's own provider keys (bring your own key). */
    byokUsage: AmountOrNull,
    byokUsageDaily: AmountOrNull,
    byokUsageWeekly: AmountOrNull,
    byokUsageMonthly: AmountOrNull,
    /** Whether `byokUsage` counts towards `limit`. */
    includeByokInLimit: FlagOrNull,
    isManagementKey: FlagOrNull,
    /** The old name of `isManagementKey`. */
    isProvisioningKey: FlagOrNull,
    creatorUserId: TextOrNull,
    organizationId: TextOrNull,
    workspaceId: TextOrNull,
    /** `global`, `europe`, `us`. */
    allowedDataRegions: nullable(Schema.Array(Text)),
    freeModelDailyRequests: nullable(
      Schema.Struct({ limit: AmountOrNull, remaining: AmountOrNull, used: AmountOrNull })
    ),
    /** No longer in use: `requests` is always -1. */
    rateLimit: nullable(Schema.Struct({ interval: TextOrNull, note: TextOrNull, requests: AmountOrNull }))
  })
)

/**
 * @since 0.1.0
 * @category responses
 */
export type KeyInfo = typeof KeyInfo.Type

/**
 * The 200 of `GET /key`.
 *
 * @since 0.1.0
 * @category responses
 */
export const KeyInfoResponse = Schema.Struct({ data: KeyInfo })

/** A field that always has the same value on the wire, and that inputs do not have. */
const constant = <const Value extends string>(value: Value) =>
  Schema.requiredToOptional(Schema.Literal(value), Schema.Undefined, { decode: Option.none, encode: () => value })

const maxSubjectTokenBytes = 16 * 1024

const subjectTokenFault = (token: string): string | undefined => {
  // A signature may be empty: the server refuses such a token, in its own words.
  if (!/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) return "must be a JWT: three base64url parts, joined by dots"
  return token.length > maxSubjectTokenBytes ? "must have at most 16 KiB (16,384 characters)" : undefined
}

/**
 * The form of `POST /oauth/token`: a token exchange (RFC 8693, section 2.1).
 *
 * @since 0.1.0
 * @category requests
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2.1
 */
export const CreateOauthTokenRequest = Schema.Struct(
  onTheWire({
    grantType: constant("urn:ietf:params:oauth:grant-type:token-exchange"),
    subjectTokenType: constant("urn:ietf:params:oauth:token-type:jwt"),
    subjectToken: Hidden.pipe(Schema.filter((token) => subjectTokenFault(Redacted.value(token)))),
    federationPolicyId: NonEmptyText,
    scope: Schema.optional(NonEmptyText)
  })
)

/**
 * @since 0.1.0
 * @category requests
 */
export type CreateOauthTokenRequest = typeof CreateOauthTokenRequest.Type

/**
 * The input of `createOauthToken`.
 *
 * @since 0.1.0
 * @category requests
 */
export interface CreateOauthTokenInput {
  /** The JWT that the workload's identity provider gave it, at most 16 KiB. */
  readonly subjectToken: Redacted.Redacted<string>
  /** The policy of the organization that says which subject tokens are trusted. */
  readonly federationPolicyId: string
  /** Defaults to the policy's own scope. OpenRouter knows `inference`. */
  readonly scope?: string | undefined
}

/**
 * The answer to `POST /oauth/token`: an access token, used like an API key until it expires.
 *
 * @since 0.1.0
 * @category responses
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2.2
 */
export const AccessToken = Schema.Struct(
  onTheWire({
    accessToken: Secret,
    issuedTokenType: Text,
    /** `Bearer`. */
    tokenType: Text,
    /** Seconds from now, at most 900, and never past the end of the subject token. */
    expiresIn: Amount,
    /** The token's scope, such as `inference`; null if the answer lacks it. */
    scope: TextOrNull
  })
)

/**
 * @since 0.1.0
 * @category responses
 */
export type AccessToken = typeof AccessToken.Type

/**
 * The answer to `GET /oauth/jwks`: the public keys that access tokens are signed with (RFC 7517).
 *
 * @since 0.1.0
 * @category responses
 * @see https://www.rfc-editor.org/rfc/rfc7517
 */
export const OAuthJwks = Schema.Struct({
  keys: Schema.Array(Schema.Struct({ kty: Text, crv: Text, alg: Text, use: Text, kid: Text, x: Text, y: Text }))
})

/**
 * @since 0.1.0
 * @category responses
 */
export type OAuthJwks = typeof OAuthJwks.Type

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
