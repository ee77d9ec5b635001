/** The endpoints under `/api/v1`. */
import * as Headers from "@effect/platform/Headers"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Operation } from "../OAuthError.js"
import {
  AuthCodeResponse,
  CreateAuthCodeRequest,
  ExchangeAuthCodeRequest,
  KeyInfoResponse,
  UserApiKey
} from "../OAuthSchema.js"
import { type FieldIssue, standardError, zodError } from "./errorBody.js"
import { type Grant, type Ledger, maxLabelLength, type SandboxKey } from "./Ledger.js"
import * as Reply from "./Reply.js"

/**
 * - `documented`: as OpenRouter's documentation and its OpenAPI description say.
 * - `observed`: as its answers were recorded.
 *
 * @since 0.1.0
 * @category models
 */
export type Profile = "documented" | "observed"

export interface Settings {
  readonly profile: Profile
  readonly ledger: Ledger
  readonly userId: string
}

export interface Endpoint {
  readonly operation: Operation
  readonly method: "GET" | "POST"
  readonly path: string
  readonly answer: (settings: Settings, request: Reply.Incoming) => Effect.Effect<Reply.Reply>
}

const isSameMethod = (grant: Grant, method: string | null | undefined) =>
  method === undefined || method === null || (grant.challenge !== undefined && grant.challenge.method === method)

const provesItself = (grant: Grant, verifier: string | undefined): Effect.Effect<boolean> => {
  const { challenge } = grant
  // A verifier without a challenge is a downgrade (RFC 9700, section 2.1.1).
  if (challenge === undefined || verifier === undefined) return Effect.succeed(challenge === verifier)
  if (challenge.method === "plain") return Effect.succeed(challenge.value === verifier)
  return Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))),
    (hash) => Encoding.encodeBase64Url(new Uint8Array(hash)) === challenge.value
  )
}

/** The account's key that a request carries, where it carries one that is still good. */
const bearer = (ledger: Ledger, request: Reply.Incoming, now: number): SandboxKey | undefined => {
  const token = Option.getOrElse(Headers.get(request.headers, "authorization"), () => "").match(/^Bearer +(\S+)$/i)?.[1]
  const key = token === undefined ? undefined : ledger.keyOf(token)
  return key !== undefined && (key.expiresAt === null || now < key.expiresAt) ? key : undefined
}

const unauthorized = standardError(401, "The API key is missing, unknown, revoked or expired")

const wireName = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The issues of a body, by the names on the wire, without the values; the first of each field. */
const fieldIssues = (error: ParseResult.ParseError): ReadonlyArray<FieldIssue> => {
  const first = new Map<string, FieldIssue>()
  for (const { message, path } of ParseResult.ArrayFormatter.formatErrorSync(error)) {
    const wirePath = path.map((part) => wireName(String(part)))
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

/** Reads a body with a schema; a `Left` is the answer to a body that does not fit. */
const readBody =
  <A, I>(schema: Schema.Schema<A, I>) =>
  (settings: Settings, request: Reply.Incoming): Effect.Effect<Either.Either<A, Reply.Reply>> =>
    Effect.map(request.text, (text) => {
      if (text === undefined) return Either.left(standardError(413, "The request body is too large"))
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
const writeKeyInfo = Schema.encodeSync(KeyInfoResponse)

const iso = (millis: number) => DateTime.formatIso(DateTime.unsafeMake(millis))

const header = (request: Reply.Incoming, name: string) => Option.getOrUndefined(Headers.get(request.headers, name))

/** No verifier is longer (RFC 7636, section 4.1), so no longer challenge can be met. */
const maxChallengeLength = 128

const createAuthCode: Endpoint["answer"] = (settings, request) =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    if (bearer(settings.ledger, request, now) === undefined) return unauthorized
    const read = yield* readCreate(settings, request)
    if (Either.isLeft(read)) return read.left
    const body = read.right
    if ((body.codeChallenge?.length ?? 0) > maxChallengeLength) {
      return refuseFields(settings, [
        { path: ["code_challenge"], message: `must have at most ${maxChallengeLength} characters` }
      ])
    }
    const app = header(request, "x-openrouter-title") ?? header(request, "x-title") ?? new URL(body.callbackUrl).host
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
    const now = yield* Clock.currentTimeMillis
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
  Effect.map(Clock.currentTimeMillis, (now) => {
    const key = bearer(settings.ledger, request, now)
    if (key === undefined) return unauthorized
    return Reply.json(
      200,
      writeKeyInfo({
        data: {
          label: key.label,
          usage: 0,
          limit: key.limit,
          limitRemaining: key.limit,
          limitReset: key.limitReset,
          expiresAt: key.expiresAt === null ? null : iso(key.expiresAt),
          isFreeTier: false
        }
      })
    )
  })

export const endpoints: ReadonlyArray<Endpoint> = [
  { operation: "createAuthCode", method: "POST", path: "/api/v1/auth/keys/code", answer: createAuthCode },
  { operation: "exchangeAuthCodeForAPIKey", method: "POST", path: "/api/v1/auth/keys", answer: exchange },
  { operation: "getCurrentKey", method: "GET", path: "/api/v1/key", answer: getCurrentKey }
]
