/** The endpoints under `/api/v1`. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Hash from "effect/Hash"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { camelToSnake } from "effect/String"
import { AuthCodeResponse, CreateAuthCodeRequest, ExchangeAuthCodeRequest, UserApiKey } from "../../OAuthSchema.js"
import { bearer, type Endpoint, type Settings, tooLarge, unauthorized } from "./Endpoint.js"
import { type FieldIssue, standardError, zodError } from "./errorBody.js"
import { federationEndpoints } from "./federation.js"
import { inferenceEndpoints } from "./inference.js"
import { type Grant, maxLabelLength } from "./Ledger.js"
import * as Reply from "./Reply.js"
import { iso } from "./SandboxClock.js"
import * as Usage from "./Usage.js"

const isSameMethod = (grant: Grant, method: string | null | undefined) =>
  method === undefined || method === null || grant.challenge === undefined || grant.challenge.method === method

const provesItself = (grant: Grant, verifier: string | undefined): Effect.Effect<boolean> => {
  const { challenge } = grant
  // Programs in use send a verifier for a code that they asked for without a challenge: OpenRouter takes it.
  if (challenge === undefined) return Effect.succeed(true)
  if (verifier === undefined) return Effect.succeed(false)
  if (challenge.method === "plain") return Effect.succeed(challenge.value === verifier)
  // Not by the client's own digest: client and sandbox must not agree on a mistake.
  return Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))),
    (hash) => Encoding.encodeBase64Url(new Uint8Array(hash)) === challenge.value
  )
}

/** Returns the first issue of each field of a body, by its name on the wire and without its value. */
const fieldIssues = (error: ParseResult.ParseError): ReadonlyArray<FieldIssue> => {
  const first = new Map<string, FieldIssue>()
  for (const { message, path } of ParseResult.ArrayFormatter.formatErrorSync(error)) {
    const wirePath = path.map((part) => camelToSnake(String(part)))
    const name = wirePath.join(".")
    if (!first.has(name)) first.set(name, { path: wirePath, message: message.split(", actual")[0] ?? message })
  }
  return [...first.values()]
}

const refuseFields = ({ profile }: Settings, issues: ReadonlyArray<FieldIssue>): Reply.Reply => {
  if (profile === "observed") return zodError(400, issues)
  if (issues.some(({ path }) => path[0] === "code_challenge_method")) {
    return standardError(400, "Invalid code_challenge_method")
  }
  return standardError(
    400,
    issues.map(({ message, path }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message)).join("; ")
  )
}

const refuseCode = ({ profile }: Settings): Reply.Reply =>
  profile === "observed" ? standardError(400, "Invalid code") : standardError(403, "Invalid code or code_verifier")

const refuseExpiredCode = (settings: Settings): Reply.Reply =>
  settings.profile === "observed" ? refuseCode(settings) : standardError(403, "Authorization code expired")

/** Reads a body with a schema. A `Left` is the answer to a body that does not match. */
const readBody =
  <A, I>(schema: Schema.Schema<A, I>) =>
  (settings: Settings, request: Reply.Incoming): Effect.Effect<Either.Either<A, Reply.Reply>> =>
    Effect.map(request.text, (text) => {
      if (text === undefined) return Either.left(tooLarge)
      return Either.try(() => JSON.parse(text) as unknown).pipe(
        Either.mapLeft(() =>
          settings.profile === "observed"
            ? Reply.make(400, "text/plain; charset=utf-8", "Malformed JSON in request body")
            : standardError(400, "Malformed JSON in request body")
        ),
        Either.flatMap((body) =>
          Either.mapLeft(Schema.decodeUnknownEither(schema, { errors: "all" })(body), (error) =>
            refuseFields(settings, fieldIssues(error))
          )
        )
      )
    })

const readCreate = readBody(CreateAuthCodeRequest)
const readExchange = readBody(ExchangeAuthCodeRequest)
const writeAuthCode = Schema.encodeSync(AuthCodeResponse)
const writeUserApiKey = Schema.encodeSync(UserApiKey)

/** No verifier is longer (RFC 7636, section 4.1), so a longer challenge could never be met. */
const maxChallengeLength = 128

const createAuthCode: Endpoint["answer"] = (settings, request) =>
  Effect.gen(function* () {
    const now = yield* settings.clock.now
    if (bearer(settings.ledger, request, now) === undefined) return unauthorized
    const read = yield* readCreate(settings, request)
    if (Either.isLeft(read)) return read.left
    const body = read.right
    if ((body.codeChallenge?.length ?? 0) > maxChallengeLength) {
      return refuseFields(settings, [
        { path: ["code_challenge"], message: `must have at most ${maxChallengeLength} characters` }
      ])
    }
    const app =
      Reply.headerOf(request, "x-openrouter-title") ??
      Reply.headerOf(request, "x-title") ??
      new URL(body.callbackUrl).host
    const code = settings.ledger.issueCode(
      {
        key: {
          label: body.keyLabel ?? app.slice(0, maxLabelLength),
          limit: body.limit ?? null,
          limitReset: body.usageLimitType ?? null,
          expiresAt: body.expiresAt ? DateTime.toEpochMillis(body.expiresAt) : null,
          workspaceId: body.workspaceId ?? null,
          userId: settings.userId
        },
        challenge:
          body.codeChallenge === undefined
            ? undefined
            : { value: body.codeChallenge, method: body.codeChallengeMethod ?? "S256" }
      },
      now
    )
    const appId = Math.abs(Hash.string(app))
    return Reply.json(200, writeAuthCode({ data: { id: Redacted.make(code), appId, createdAt: iso(now) } }))
  })

const exchange: Endpoint["answer"] = (settings, request) =>
  Effect.gen(function* () {
    const read = yield* readExchange(settings, request)
    if (Either.isLeft(read)) return read.left
    const { codeChallengeMethod, codeVerifier } = read.right
    const code = Redacted.value(read.right.code)
    const now = yield* settings.clock.now
    const grant = settings.ledger.grantOf(code)
    if (grant === undefined) return refuseCode(settings)
    if (now >= grant.expiresAt) return refuseExpiredCode(settings)
    if (!isSameMethod(grant, codeChallengeMethod)) return standardError(400, "Invalid code_challenge_method")
    if (!(yield* provesItself(grant, codeVerifier && Redacted.value(codeVerifier)))) return refuseCode(settings)
    const issued = settings.ledger.redeem(code, now)
    if (issued === undefined) return refuseCode(settings)
    return Reply.json(200, writeUserApiKey({ key: issued.key, userId: issued.userId }))
  })

const getCurrentKey: Endpoint["answer"] = (settings, request) =>
  Effect.map(settings.clock.now, (now) => {
    const key = bearer(settings.ledger, request, now)
    if (key === undefined) return unauthorized
    const isSeeded = Redacted.value(key.key) === Redacted.value(settings.ledger.apiKey)
    const usage = Usage.at(key.usage, now)
    return Reply.json(200, {
      data: {
        label: key.label,
        limit: key.limit,
        limit_remaining: Usage.remaining(usage, key.limit, key.limitReset),
        limit_reset: key.limitReset,
        usage: Usage.dollars(usage.total),
        usage_daily: Usage.dollars(usage.daily),
        usage_weekly: Usage.dollars(usage.weekly),
        usage_monthly: Usage.dollars(usage.monthly),
        byok_usage: 0,
        byok_usage_daily: 0,
        byok_usage_weekly: 0,
        byok_usage_monthly: 0,
        include_byok_in_limit: false,
        is_free_tier: false,
        is_management_key: isSeeded,
        is_provisioning_key: isSeeded,
        creator_user_id: key.userId,
        organization_id: null,
        workspace_id: key.workspaceId,
        expires_at: key.expiresAt === null ? null : iso(key.expiresAt),
        allowed_data_regions: ["global"],
        free_model_daily_requests: { limit: 1000, remaining: 1000, used: 0 },
        rate_limit: { interval: "10s", note: "This field is deprecated and safe to ignore.", requests: -1 }
      }
    })
  })

export const endpoints: ReadonlyArray<Endpoint> = [
  { operation: "createAuthCode", method: "POST", path: "/api/v1/auth/keys/code", answer: createAuthCode },
  { operation: "exchangeAuthCodeForAPIKey", method: "POST", path: "/api/v1/auth/keys", answer: exchange },
  { operation: "getCurrentKey", method: "GET", path: "/api/v1/key", answer: getCurrentKey },
  { operation: "getCurrentKey", method: "GET", path: "/api/v1/auth/key", answer: getCurrentKey },
  ...federationEndpoints,
  ...inferenceEndpoints
]
