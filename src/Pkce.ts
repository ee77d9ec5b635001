/**
 * PKCE (RFC 7636): the verifier stays in the program, its challenge travels to OpenRouter, and only who has the verifier
 * can exchange the code.
 *
 * @since 0.1.0
 */
import type * as Brand from "effect/Brand"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { refuse } from "./internal/invalid.js"
import { methodRule, verifierFault, verifierPattern, verifierRule } from "./internal/pkce.js"
import { random, sha256 } from "./internal/secret.js"
import type { InvalidRequest } from "./OAuthError.js"

/**
 * 43 to 128 characters of `A-Z a-z 0-9 - . _ ~` (RFC 7636, section 4.1).
 *
 * @since 0.1.0
 * @category models
 */
export type CodeVerifier = string & Brand.Brand<"CodeVerifier">

/**
 * In S256 the base64url of the verifier's SHA-256, 43 characters; in plain the verifier itself (section 4.2).
 *
 * @since 0.1.0
 * @category models
 */
export type CodeChallenge = string & Brand.Brand<"CodeChallenge">

/**
 * How the challenge is made from the verifier: its SHA-256, or the verifier itself ([RFC 7636, section
 * 4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2)).
 *
 * @since 0.1.0
 * @category models
 */
export type CodeChallengeMethod = "S256" | "plain"

/**
 * A verifier and its challenge.
 *
 * @since 0.1.0
 * @category models
 */
export interface PkcePair {
  readonly codeVerifier: Redacted.Redacted<CodeVerifier>
  readonly codeChallenge: CodeChallenge
  readonly codeChallengeMethod: CodeChallengeMethod
}

/**
 * The operations of `Pkce`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Makes a fresh pair, always S256, of 32 bytes from the platform's cryptographic generator. Dies if the platform has none. */
  readonly generate: Effect.Effect<PkcePair>
  /** Computes the challenge of a verifier. `method` defaults to `S256`. */
  readonly challenge: (
    codeVerifier: Redacted.Redacted<string>,
    method?: CodeChallengeMethod | undefined
  ) => Effect.Effect<CodeChallenge, InvalidRequest>
}

/**
 * Makes PKCE pairs ([RFC 7636](https://www.rfc-editor.org/rfc/rfc7636)). `layer` makes it.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Pkce from "effect-openrouter-oauth/Pkce"
 *
 * const program = Effect.gen(function* () {
 *   const pkce = yield* Pkce.Pkce
 *   const pair = yield* pkce.generate
 *   return pair.codeChallenge // 43 characters; pair.codeVerifier prints as <redacted>
 * }).pipe(Effect.provide(Pkce.layer))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Pkce extends Context.Tag("effect-openrouter-oauth/Pkce")<Pkce, Service>() {}

const digest = (verifier: string): Effect.Effect<CodeChallenge> =>
  Effect.promise(() => sha256(verifier) as Promise<CodeChallenge>)

const pairOf = (verifier: string): Effect.Effect<PkcePair> =>
  Effect.map(digest(verifier), (codeChallenge) => ({
    codeVerifier: Redacted.make(verifier as CodeVerifier),
    codeChallenge,
    codeChallengeMethod: "S256"
  }))

const service: Service = {
  generate: Effect.suspend(() => pairOf(random(32))),
  challenge: (codeVerifier, method = "S256") => {
    const verifier = Redacted.isRedacted(codeVerifier) ? Redacted.value(codeVerifier) : ""
    return Effect.zipRight(
      refuse("Pkce.challenge", {
        codeVerifier: verifierFault(verifier),
        method: method === "S256" || method === "plain" ? undefined : methodRule
      }),
      method === "plain" ? Effect.succeed(verifier as CodeChallenge) : Effect.suspend(() => digest(verifier))
    )
  }
}

/**
 * PKCE by Web Crypto: Node, browsers (https or localhost), Bun, Deno, workers.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Pkce> = Layer.succeed(Pkce, service)

/**
 * Hands out the given verifiers in order, with their real challenges, and dies when they are used up.
 *
 * @example
 * ```ts
 * import * as Pkce from "effect-openrouter-oauth/Pkce"
 *
 * // The vector of RFC 7636, appendix B: its challenge is E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
 * const PkceTest = Pkce.layerTest("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = (...codeVerifiers: ReadonlyArray<string>): Layer.Layer<Pkce> =>
  Layer.sync(Pkce, () => {
    const left = codeVerifiers.values()
    return {
      ...service,
      generate: Effect.suspend(() => {
        const { value } = left.next()
        if (value === undefined) {
          return Effect.dieMessage(
            `Pkce.layerTest was given ${codeVerifiers.length} verifiers, and one more was asked for`
          )
        }
        return verifierPattern.test(value)
          ? pairOf(value)
          : Effect.dieMessage(`Pkce.layerTest was given an invalid verifier: it ${verifierRule}`)
      })
    }
  })
