/** The official SDK's function names, and results instead of rejections. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as AuthorizationUrl from "../../AuthorizationUrl.js"
import { type Result, runPromise } from "../../internal/promise.js"
import type {
  CallbackMalformed,
  CreateAuthCodeError,
  CreateOauthTokenError,
  CurrentKeyError,
  ExchangeError,
  InvalidRequest,
  ListOauthJwksError
} from "../../OAuthError.js"
import type { CreateAuthCodeInput, KeyInfo, OAuthJwks } from "../../OAuthSchema.js"
import { codeChallenge } from "./codeChallenge.js"
import { serviceOfClient } from "./createClient.js"
import type {
  CallOptions,
  PlainAccessToken,
  PlainAuthCode,
  PlainChallenge,
  PlainExchangeInput,
  PlainOauthTokenInput,
  PlainUserApiKey,
  PromiseClient
} from "./models.js"

const settled = async <A, E>(run: () => Promise<A>): Promise<Result<A, E>> => {
  try {
    return { ok: true, value: await run() }
  } catch (error) {
    return { ok: false, error: error as E }
  }
}

/**
 * `createAuthCode`, as a `Result`. The error of an aborted call is `signal.reason`, a `DOMException` unless the caller gave another.
 *
 * @since 0.1.0
 * @category standalone
 */
export const oAuthCreateAuthCode = (
  client: PromiseClient,
  request: CreateAuthCodeInput,
  options?: CallOptions
): Promise<Result<PlainAuthCode, CreateAuthCodeError | DOMException>> =>
  settled(() => client.createAuthCode(request, options))

/**
 * `exchangeAuthCodeForAPIKey`, as a `Result`.
 *
 * @example
 * ```ts
 * import { createClient, oAuthExchangeAuthCodeForAPIKey } from "effect-openrouter-oauth/PromiseClient"
 *
 * export const keyFor = async (code: string, codeVerifier: string): Promise<string> => {
 *   const result = await oAuthExchangeAuthCodeForAPIKey(createClient(), { code, codeVerifier })
 *   return result.ok ? result.value.key : result.error.message
 * }
 * ```
 *
 * @since 0.1.0
 * @category standalone
 */
export const oAuthExchangeAuthCodeForAPIKey = (
  client: PromiseClient,
  request: PlainExchangeInput,
  options?: CallOptions
): Promise<Result<PlainUserApiKey, ExchangeError | DOMException>> =>
  settled(() => client.exchangeAuthCodeForAPIKey(request, options))

/**
 * `getCurrentKey`, as a `Result`.
 *
 * @since 0.1.0
 * @category standalone
 */
export const oAuthGetCurrentKey = (
  client: PromiseClient,
  key: string,
  options?: CallOptions
): Promise<Result<KeyInfo, CurrentKeyError | DOMException>> => settled(() => client.getCurrentKey(key, options))

/**
 * `createOauthToken`, as a `Result`.
 *
 * @example
 * ```ts
 * import { createClient, oAuthCreateOauthToken } from "effect-openrouter-oauth/PromiseClient"
 *
 * export const accessTokenFor = async (subjectToken: string, federationPolicyId: string): Promise<string> => {
 *   const result = await oAuthCreateOauthToken(createClient(), { subjectToken, federationPolicyId })
 *   if (!result.ok) throw result.error
 *   return result.value.accessToken
 * }
 * ```
 *
 * @since 0.1.0
 * @category standalone
 */
export const oAuthCreateOauthToken = (
  client: PromiseClient,
  request: PlainOauthTokenInput,
  options?: CallOptions
): Promise<Result<PlainAccessToken, CreateOauthTokenError | DOMException>> =>
  settled(() => client.createOauthToken(request, options))

/**
 * `listOauthJwks`, as a `Result`. It takes no request: the argument is there because the official SDK's function has one.
 *
 * @since 0.1.0
 * @category standalone
 */
export const oAuthListOauthJwks = (
  client: PromiseClient,
  _request?: Readonly<Record<string, never>> | undefined,
  options?: CallOptions
): Promise<Result<OAuthJwks, ListOauthJwksError | DOMException>> => settled(() => client.listOauthJwks(options))

/**
 * `createAuthorizationUrl`, as a `Result`, at once.
 *
 * @since 0.1.0
 * @category standalone
 */
export const oAuthCreateAuthorizationUrl = (
  client: PromiseClient,
  request: Omit<AuthorizationUrl.AuthorizationUrlInput, "baseUrl">
): Result<string, InvalidRequest> => {
  const service = serviceOfClient(client, "createAuthorizationUrl")
  const url = Effect.runSync(Effect.either(Effect.flatMap(service, (made) => made.createAuthorizationUrl(request))))
  return Either.isRight(url) ? { ok: true, value: url.right.href } : { ok: false, error: url.left }
}

/**
 * `createSHA256CodeChallenge`, as a `Result`. Makes a fresh verifier if none is given.
 *
 * @since 0.1.0
 * @category standalone
 */
export const oAuthCreateSHA256CodeChallenge = (params?: {
  readonly codeVerifier?: string | undefined
}): Promise<Result<PlainChallenge, InvalidRequest>> => settled(() => runPromise(codeChallenge(params)))

/**
 * The user consented: `code` can be exchanged, once, within 10 minutes.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlainGranted extends Omit<AuthorizationUrl.Granted, "code"> {
  readonly code: string
}

/**
 * The content of a callback, in plain strings, not yet tied to a sign-in.
 *
 * @since 0.1.0
 * @category models
 */
export type PlainCallback = PlainGranted | AuthorizationUrl.Denied | AuthorizationUrl.Failed

/**
 * Reads a callback: a whole URL, or the path and query of one. Compare `state` with the one that
 * the sign-in began with before you use `code` (RFC 9700, section 4.7).
 *
 * `Granted` has the code. `Denied` means that the user refused. `Failed` is every other error, such as `server_error`: nobody refused.
 *
 * @example
 * ```ts
 * import { parseCallback } from "effect-openrouter-oauth/PromiseClient"
 *
 * export const codeOf = (callbackUrl: string, state: string): string | undefined => {
 *   const callback = parseCallback(callbackUrl)
 *   if (!callback.ok) throw callback.error
 *   return callback.value._tag === "Granted" && callback.value.state === state ? callback.value.code : undefined
 * }
 * ```
 *
 * @since 0.1.0
 * @category standalone
 */
export const parseCallback = (url: string | URL): Result<PlainCallback, CallbackMalformed> => {
  const callback = AuthorizationUrl.parseCallback(url)
  if (Either.isLeft(callback)) return { ok: false, error: callback.left }
  const said = callback.right
  return { ok: true, value: said._tag === "Granted" ? { ...said, code: Redacted.value(said.code) } : said }
}
