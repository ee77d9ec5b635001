/** `POST /oauth/token` (RFC 8693) and `GET /oauth/jwks`: a workload's JWT for a short-lived access token. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Endpoint } from "./Endpoint.js"
import { noStore, oauthError } from "./errorBody.js"
import * as Reply from "./Reply.js"

const grantType = "urn:ietf:params:oauth:grant-type:token-exchange"
const jwtType = "urn:ietf:params:oauth:token-type:jwt"
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token"
const scope = "inference"

const maxBodyBytes = 32 * 1024
const maxTokenBytes = 16 * 1024
/** In seconds. */
const maxLifetime = 900

const bytesOf = (text: string) => new TextEncoder().encode(text).length

const invalidRequest = (description: string) => oauthError(400, "invalid_request", description)
const invalidGrant = (description: string) => oauthError(400, "invalid_grant", description)

const isForm = (request: Reply.Incoming) =>
  /^application\/x-www-form-urlencoded *(?:;|$)/i.test(Reply.headerOf(request, "content-type") ?? "")

/** Reads the parameters. None may be given twice, and an empty one counts as missing (RFC 6749, section 3.2). */
const readForm = (text: string): Either.Either<ReadonlyMap<string, string>, string> => {
  const parameters = new Map<string, string>()
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (seen.has(name)) return Either.left("A parameter is given more than once")
    seen.add(name)
    if (value !== "") parameters.set(name, value)
  }
  return Either.right(parameters)
}

interface TokenRequest {
  readonly subjectToken: string
  readonly policyId: string
}

/** Reads and checks everything except the token itself. */
const readRequest = (text: string): Either.Either<TokenRequest, Reply.Reply> =>
  Either.flatMap(Either.mapLeft(readForm(text), invalidRequest), (parameters) => {
    const grant = parameters.get("grant_type")
    if (grant === undefined) return Either.left(invalidRequest("grant_type is missing"))
    if (grant !== grantType)
      return Either.left(oauthError(400, "unsupported_grant_type", `grant_type must be ${grantType}`))
    if (parameters.get("subject_token_type") !== jwtType) {
      return Either.left(invalidRequest(`subject_token_type must be ${jwtType}`))
    }
    if ((parameters.get("requested_token_type") ?? accessTokenType) !== accessTokenType) {
      return Either.left(invalidRequest(`requested_token_type must be ${accessTokenType}`))
    }
    const subjectToken = parameters.get("subject_token")
    if (subjectToken === undefined) return Either.left(invalidRequest("subject_token is missing"))
    if (bytesOf(subjectToken) > maxTokenBytes) {
      return Either.left(invalidRequest(`subject_token must have at most ${maxTokenBytes} bytes`))
    }
    const policyId = parameters.get("federation_policy_id")
    if (policyId === undefined) return Either.left(invalidRequest("federation_policy_id is missing"))
    if ((parameters.get("scope") ?? scope) !== scope) {
      return Either.left(oauthError(400, "invalid_scope", `scope must be ${scope}`))
    }
    return Either.right({ subjectToken, policyId })
  })

const createOauthToken: Endpoint["answer"] = ({ clock, ledger, tokens }, request) =>
  Effect.gen(function* () {
    const text = yield* request.text
    if (text === undefined || bytesOf(text) > maxBodyBytes) {
      return oauthError(413, "invalid_request", `The body must have at most ${maxBodyBytes} bytes`)
    }
    if (!isForm(request)) return invalidRequest("The body must be application/x-www-form-urlencoded")
    const read = readRequest(text)
    if (Either.isLeft(read)) return read.left
    if (read.right.policyId !== tokens.policy.id) return invalidGrant("There is no such federation policy")
    const now = yield* clock.now
    const verified = yield* Effect.either(tokens.verify(read.right.subjectToken, now))
    if (Either.isLeft(verified)) return invalidGrant(verified.left)
    const { exp: subjectEnd, sub } = verified.right
    const iat = Math.floor(now / 1000)
    const exp = Math.min(iat + maxLifetime, Math.floor(subjectEnd))
    if (exp <= iat) return invalidGrant("The subject token has expired")
    const accessToken = yield* tokens.signAccessToken({ sub, iat, exp, scope })
    ledger.addAccessToken(accessToken, `Federation policy ${tokens.policy.id}`, exp * 1000, now)
    return Reply.json(
      200,
      {
        access_token: accessToken,
        issued_token_type: accessTokenType,
        token_type: "Bearer",
        expires_in: exp - iat,
        scope
      },
      noStore
    )
  })

const listOauthJwks: Endpoint["answer"] = ({ tokens }) =>
  Effect.map(tokens.publicKeys, (keys) => Reply.json(200, { keys }))

export const federationEndpoints: ReadonlyArray<Endpoint> = [
  {
    operation: "createOauthToken",
    method: "POST",
    path: "/api/v1/oauth/token",
    errorShape: "oauth",
    answer: createOauthToken
  },
  { operation: "listOauthJwks", method: "GET", path: "/api/v1/oauth/jwks", answer: listOauthJwks }
]
