/**
 * The JSON of the endpoints, by its own names: what the client sends and reads. `OAuthSchema` gives the same in camelCase.
 *
 * Plain structs, with no transformation in them: those decode in 1 µs, and in 6 with renamed fields and Redacted.
 */
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as String from "effect/String"
import { defined } from "./defined.js"
import { orUndefined } from "./orUndefined.js"
import { challengeFault, methodRule } from "./pkce.js"
import { callbackUrlFault } from "./url.js"

/** What a value must be, where that is not the words of its schema. */
const must = (rule: string) => ({ message: () => ({ message: rule, override: true }) })

export const CodeChallengeMethod = Schema.Literal("S256", "plain").annotations(must(methodRule))

export const CallbackUrl = Schema.String.pipe(Schema.filter(callbackUrlFault))

export const Limit = Schema.Number.pipe(Schema.nonNegative(), Schema.finite())

export const KeyLabel = Schema.String.pipe(Schema.maxLength(100))

/** What createAuthCode and the authorization page have in common. */
const common = {
  code_challenge: Schema.optional(Schema.String),
  code_challenge_method: Schema.optional(CodeChallengeMethod),
  limit: Schema.optional(Limit),
  key_label: Schema.optional(KeyLabel)
}

const challengeIssue = (pair: {
  readonly code_challenge?: string | undefined
  readonly code_challenge_method?: "S256" | "plain" | undefined
}) => {
  const message = challengeFault(pair.code_challenge, pair.code_challenge_method)
  return message && { path: ["code_challenge"], message }
}

// OpenRouter refuses a timestamp without seconds.
export const Timestamp = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/),
  Schema.filter((text) => !Number.isNaN(Date.parse(text)))
)

export const orNullDate = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.NullOr(schema).annotations(must("must be a valid date"))

export const UsageLimitType = Schema.Literal("daily", "weekly", "monthly").annotations(
  must("must be daily, weekly or monthly")
)

export const WorkspaceId = Schema.UUID.annotations(must("must be a UUID"))

/** Checks a value of the wire, all of it. */
export const validate = <A, I>(schema: Schema.Schema<A, I>) => Schema.validateEither(schema, { errors: "all" })

/** What stands in a body that its secrets are known by. */
export interface Body {
  readonly code?: string
  readonly code_challenge?: string | undefined
  readonly code_challenge_method?: "S256" | "plain" | null | undefined
  readonly code_verifier?: string | undefined
}

/** The query of the page where the user consents. */
export const AuthorizationQuery = Schema.Struct({
  callback_url: Schema.optional(CallbackUrl),
  ...common,
  state: Schema.optional(Schema.NonEmptyString),
  workspace_id: Schema.optional(Schema.NonEmptyString),
  required_workspace_id: Schema.optional(Schema.NonEmptyString)
}).pipe(
  Schema.filter((query) =>
    query.callback_url === undefined && query.code_challenge === undefined
      ? { path: ["code_challenge"], message: "is missing: needed without a callbackUrl" }
      : challengeIssue(query)
  )
)

const nullable = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

/** The answer to `POST /auth/keys/code`. An odd date must not cost the code. */
export const AuthCodeAnswer = Schema.Struct({
  data: Schema.Struct({ id: Schema.NonEmptyString, app_id: Schema.Number, created_at: Schema.optional(Schema.Unknown) })
})

/** The answer to `POST /auth/keys`. */
export const UserApiKeyAnswer = Schema.Struct({ key: Schema.NonEmptyString, user_id: nullable(Schema.String) })

/** The answer to `GET /key`. */
export const KeyInfoAnswer = Schema.Struct({
  data: Schema.Struct({
    label: Schema.String,
    usage: Schema.Number,
    limit: nullable(Schema.Number),
    limit_remaining: nullable(Schema.Number),
    limit_reset: nullable(Schema.String),
    expires_at: nullable(Schema.String),
    is_free_tier: nullable(Schema.Boolean)
  })
})

/** A value as it travels: a secret, a URL and a date as text. An invalid date stays one, for the schema to refuse. */
const plain = (value: unknown): unknown =>
  Redacted.isRedacted(value) ? Redacted.value(value) : (orUndefined(() => Object(value).toJSON?.()) ?? value)

/** An input by the names on the wire, still unchecked. One that is not even an object stays what it is: its schema refuses it. */
export const wireOf = (input: unknown): unknown => {
  if (!Predicate.isRecord(input)) return input
  const wire = Record.mapEntries(defined(input), (value, name) => [String.camelToSnake(name), plain(value)])
  if ((wire.code_challenge ?? wire.code_verifier) && wire.code_challenge_method === undefined)
    wire.code_challenge_method = "S256"
  return wire
}
