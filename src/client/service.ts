/** The service, over any transport. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Redacted from "effect/Redacted"
import * as AuthorizationUrl from "../AuthorizationUrl.js"
import { defined } from "../internal/defined.js"
import { refuse } from "../internal/invalid.js"
import { orUndefined } from "../internal/orUndefined.js"
import { baseUrlFault, defaultBaseUrl } from "../internal/url.js"
import {
  type CreateAuthCodeError,
  type CreateOauthTokenError,
  type CurrentKeyError,
  type ExchangeError,
  InvalidRequest,
  type ListOauthJwksError
} from "../OAuthError.js"
import type * as OAuthSchema from "../OAuthSchema.js"
import { attributionFaults, CurrentAttribution } from "./attribution.js"
import { type Client, call } from "./call.js"
import * as Endpoint from "./endpoint.js"
import { keyFault } from "./headers.js"
import type { Send } from "./transport.js"

/**
 * The operations of `OAuthClient`, one for each endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * `POST /auth/keys/code`: an authorization code for the account of the API key, valid for 10 minutes and one exchange.
   * Without an API key it fails with `InvalidRequest` at `apiKey`.
   */
  readonly createAuthCode: (
    request: OAuthSchema.CreateAuthCodeInput
  ) => Effect.Effect<OAuthSchema.AuthCode, CreateAuthCodeError>
  /**
   * `POST /auth/keys`: an API key of the user's, for a code and the verifier of its challenge. A code works once: by default
   * it is sent again only where it provably never left.
   */
  readonly exchangeAuthCodeForAPIKey: (
    request: OAuthSchema.ExchangeAuthCodeInput
  ) => Effect.Effect<OAuthSchema.UserApiKey, ExchangeError>
  /** `GET /key`: a key's name, limits and usage. Fails with `Unauthorized` if the key is unknown, disabled or expired. */
  readonly getCurrentKey: (key: Redacted.Redacted) => Effect.Effect<OAuthSchema.KeyInfo, CurrentKeyError>
  /**
   * `POST /oauth/token`: an access token for a workload that no person signs in. The subject token is the JWT that the workload's own
   * identity provider gave it, and a federation policy of the organization says whom it trusts (RFC 8693). No API key is sent. Fails
   * with `BadRequest`, whose `reason` is `InvalidSubjectToken`, `PolicyRefused` or `ScopeRefused` where the server says so; a subject
   * token that is no JWT, or has more than 16 KiB, is `InvalidRequest`.
   */
  readonly createOauthToken: (
    request: OAuthSchema.CreateOauthTokenInput
  ) => Effect.Effect<OAuthSchema.AccessToken, CreateOauthTokenError>
  /** `GET /oauth/jwks`: the public keys that access tokens are signed with. No API key is sent. */
  readonly listOauthJwks: Effect.Effect<OAuthSchema.OAuthJwks, ListOauthJwksError>
  /** The page where the user consents, on the origin of this client's base URL. */
  readonly createAuthorizationUrl: (
    request: Omit<AuthorizationUrl.AuthorizationUrlInput, "baseUrl">
  ) => Effect.Effect<URL, InvalidRequest>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ServiceOptions extends OAuthSchema.Attribution {
  /** Needed by `createAuthCode`; an Effect is asked at each call, for keys that rotate. */
  readonly apiKey?: Redacted.Redacted | Effect.Effect<Redacted.Redacted, InvalidRequest> | undefined
  /** `https://openrouter.ai/api/v1`. Must be https, or http on localhost, 127.0.0.1 or [::1]. */
  readonly baseUrl?: string | URL | undefined
  /** Allows http to other hosts: codes and keys then travel in the clear. */
  readonly allowInsecureHttp?: boolean | undefined
  /** How long one attempt may take, from connecting to the last byte of the answer; 30 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * Makes the service over a transport. The current context is kept; the context of a call wins over it. Fails with an issue for every
 * invalid option. `operation` is the function that the caller called.
 */
export const makeService = (
  operation: string,
  send: Send,
  options: ServiceOptions
): Effect.Effect<Service, InvalidRequest> =>
  Effect.gen(function* () {
    const { allowInsecureHttp = false, apiKey, baseUrl = defaultBaseUrl } = options
    const timeout = orUndefined(() => Duration.decode(options.timeout ?? "30 seconds")) ?? Duration.zero
    yield* refuse(operation, {
      ...attributionFaults(options),
      baseUrl: baseUrlFault(baseUrl, allowInsecureHttp === true),
      timeout: Duration.greaterThan(timeout, 0) ? undefined : "must be a duration above 0",
      apiKey: Effect.isEffect(apiKey) ? undefined : keyFault(apiKey, false)
    })
    const context = yield* Effect.context<never>()
    const client: Client = {
      send,
      baseUrl: new URL(baseUrl),
      timeout,
      attribution: { ...Context.get(context, CurrentAttribution), ...defined(options) },
      context
    }
    return {
      createAuthCode: (request) => call(client, Endpoint.createAuthCode, request, apiKey),
      exchangeAuthCodeForAPIKey: (request) => call(client, Endpoint.exchangeAuthCode, request, apiKey),
      getCurrentKey: (key) => call(client, Endpoint.getCurrentKey, undefined, key),
      createOauthToken: (request) => call(client, Endpoint.createOauthToken, request, undefined),
      listOauthJwks: call(client, Endpoint.listOauthJwks, undefined, undefined),
      createAuthorizationUrl: (request) =>
        Effect.suspend(() =>
          Either.mapLeft(
            AuthorizationUrl.make({ ...request, baseUrl }, { allowInsecureHttp }),
            ({ issues }) => new InvalidRequest({ operation: "createAuthorizationUrl", issues })
          )
        )
    }
  })
