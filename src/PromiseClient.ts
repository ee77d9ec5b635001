/**
 * The same client for plain async code: promises that reject with the tagged error itself, plain strings for secrets.
 *
 * The standalone functions carry the names of the official SDK's and give a `Result` instead of rejecting.
 *
 * @since 0.1.0
 */
export type { Result } from "./internal/promise.js"
export { createClient } from "./PromiseClient/internal/createClient.js"
export type {
  CallOptions,
  ClientOptions,
  PlainAccessToken,
  PlainAuthCode,
  PlainChallenge,
  PlainExchangeInput,
  PlainOauthTokenInput,
  PlainUserApiKey,
  PromiseClient,
  SharedOptions
} from "./PromiseClient/internal/models.js"
export {
  oAuthCreateAuthCode,
  oAuthCreateAuthorizationUrl,
  oAuthCreateOauthToken,
  oAuthCreateSHA256CodeChallenge,
  oAuthExchangeAuthCodeForAPIKey,
  oAuthGetCurrentKey,
  oAuthListOauthJwks,
  type PlainCallback,
  type PlainGranted,
  parseCallback
} from "./PromiseClient/internal/standalone.js"
