/** The JWTs of workload identity federation: checks subject tokens, signs access tokens (RFC 9068) and subject tokens. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { JSONWebKeySet, JWK, JWTPayload, JWTVerifyGetKey } from "jose"
import * as JoseErrors from "jose/errors"
import { calculateJwkThumbprint } from "jose/jwk/thumbprint"
import { createLocalJWKSet } from "jose/jwks/local"
import { SignJWT } from "jose/jwt/sign"
import { jwtVerify } from "jose/jwt/verify"
import { exportJWK } from "jose/key/export"
import { generateKeyPair } from "jose/key/generate/keypair"

/**
 * The federation policy: which subject tokens `POST /oauth/token` exchanges.
 *
 * @since 0.1.0
 * @category models
 */
export interface FederationPolicy {
  /** The `federation_policy_id`. Defaults to `policy_sandbox`. */
  readonly id?: string | undefined
  /** The `iss` of a subject token. Defaults to `https://issuer.sandbox.example`. */
  readonly issuer?: string | undefined
  /** The `aud` of a subject token. Defaults to `https://openrouter.ai`. */
  readonly audience?: string | undefined
  /** The exact `sub` of a subject token. Defaults to any subject. */
  readonly subject?: string | undefined
  /** The issuer's public keys. The sandbox's own key, which `subjectTokens.issue` signs with, is trusted too. */
  readonly jwks?: JSONWebKeySet | undefined
}

/**
 * The claims of a subject token from the sandbox's own issuer.
 *
 * @since 0.1.0
 * @category models
 */
export interface SubjectTokenOptions {
  /** Defaults to the policy's subject, or `workload_sandbox`. */
  readonly sub?: string | undefined
  /** How long the token is valid, in whole seconds by the sandbox's clock. Defaults to 1 hour. */
  readonly expiresIn?: Duration.DurationInput | undefined
}

/**
 * The issuer that the federation policy trusts.
 *
 * @since 0.1.0
 * @category models
 */
export interface SubjectTokens {
  /** Signs a JWT as a workload's identity provider would. */
  readonly issue: (options?: SubjectTokenOptions | undefined) => Effect.Effect<Redacted.Redacted<string>>
}

export interface Policy {
  readonly id: string
  readonly issuer: string
  readonly audience: string
  readonly subject: string | undefined
  readonly jwks: JSONWebKeySet | undefined
}

export const makePolicy = (policy: FederationPolicy = {}): Policy => ({
  id: policy.id ?? "policy_sandbox",
  issuer: policy.issuer ?? "https://issuer.sandbox.example",
  audience: policy.audience ?? "https://openrouter.ai",
  subject: policy.subject,
  jwks: policy.jwks
})

interface SigningKey {
  readonly privateKey: CryptoKey
  /** With `kid`, `alg` and `use`. */
  readonly publicJwk: JWK
}

const makeSigningKey = async (): Promise<SigningKey> => {
  const { privateKey, publicKey } = await generateKeyPair("ES256")
  const jwk = await exportJWK(publicKey)
  return { privateKey, publicJwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: "ES256", use: "sig" } }
}

/** Makes a signing key when it is first needed. */
const lazyKey = (): (() => Promise<SigningKey>) => {
  let made: Promise<SigningKey> | undefined
  return () => {
    made ??= makeSigningKey()
    return made
  }
}

/** Only signatures by private keys: `none`, and HMAC with a public key as its secret, are refused. */
const algorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
]

export interface Tokens {
  readonly policy: Policy
  /** The public keys of the access tokens, as `GET /oauth/jwks` shows them. */
  readonly publicKeys: Effect.Effect<ReadonlyArray<JWK>>
  readonly signSubjectToken: (options: SubjectTokenOptions, now: number) => Effect.Effect<string>
  /** Checks a subject token against the policy. Fails with a sentence that says what is wrong. */
  readonly verify: (subjectToken: string, now: number) => Effect.Effect<SubjectClaims, string>
  readonly signAccessToken: (claims: AccessClaims) => Effect.Effect<string>
}

export interface SubjectClaims {
  readonly sub: string
  /** In seconds since 1970. */
  readonly exp: number
}

export interface AccessClaims extends SubjectClaims {
  /** In seconds since 1970. */
  readonly iat: number
  readonly scope: string
}

const reasonOf = (error: unknown): string => {
  if (error instanceof JoseErrors.JWTExpired) return "The subject token has expired"
  if (error instanceof JoseErrors.JWTClaimValidationFailed) {
    return error.reason === "missing"
      ? `The subject token has no ${error.claim}`
      : `The ${error.claim} of the subject token is not what the policy asks for`
  }
  if (error instanceof JoseErrors.JOSEAlgNotAllowed || error instanceof JoseErrors.JOSENotSupported) {
    return "The subject token is signed with an algorithm that is not allowed"
  }
  if (error instanceof JoseErrors.JWTInvalid || error instanceof JoseErrors.JWSInvalid) {
    return "The subject token is not a signed JWT"
  }
  return "The subject token is not signed with a key of the issuer"
}

/** The key with that `kid`, or a key of the issuer. */
const trustedKeys = (own: JWK, given: JSONWebKeySet | undefined): JWTVerifyGetKey => {
  const ownKeys = createLocalJWKSet({ keys: [own] })
  const issuerKeys = given === undefined ? ownKeys : createLocalJWKSet(given)
  return (header, token) => (header.kid === own.kid ? ownKeys : issuerKeys)(header, token)
}

export const makeTokens = (policy: Policy): Tokens => {
  const subjectKey = lazyKey()
  const accessKey = lazyKey()
  const sign = ({ privateKey, publicJwk }: SigningKey, typ: string, payload: JWTPayload) =>
    new SignJWT(payload).setProtectedHeader({ alg: "ES256", typ, kid: publicJwk.kid ?? "" }).sign(privateKey)

  const verify = async (subjectToken: string, now: number): Promise<SubjectClaims> => {
    const { publicJwk } = await subjectKey()
    const { payload } = await jwtVerify(subjectToken, trustedKeys(publicJwk, policy.jwks), {
      algorithms,
      issuer: policy.issuer,
      audience: policy.audience,
      ...(policy.subject !== undefined && { subject: policy.subject }),
      requiredClaims: ["sub", "exp"],
      currentDate: new Date(now)
    })
    const { exp = 0, sub = "" } = payload
    return { sub, exp }
  }

  return {
    policy,
    publicKeys: Effect.map(
      Effect.promise(() => accessKey()),
      ({ publicJwk }) => [publicJwk]
    ),
    signSubjectToken: ({ expiresIn = "1 hour", sub = policy.subject ?? "workload_sandbox" }, now) =>
      Effect.promise(async () => {
        const iat = Math.floor(now / 1000)
        const exp = iat + Math.floor(Duration.toSeconds(expiresIn))
        return sign(await subjectKey(), "JWT", { iss: policy.issuer, aud: policy.audience, sub, iat, exp })
      }),
    verify: (subjectToken, now) => Effect.tryPromise({ try: () => verify(subjectToken, now), catch: reasonOf }),
    signAccessToken: (claims) =>
      Effect.promise(async () =>
        sign(await accessKey(), "at+jwt", {
          ...claims,
          iss: "https://openrouter.ai",
          aud: "https://openrouter.ai/api/v1",
          client_id: policy.id,
          jti: crypto.randomUUID()
        })
      )
  }
}
