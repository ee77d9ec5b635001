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
   * Creates an authorization code for the account of the API key (`POST /auth/keys/code`). It is valid for 10 minutes and one exchange.
   * Fails with `InvalidRequest` if there is no API key.
   */
  readonly createAuthCode: (
    request: OAuthSchema.CreateAuthCodeInput
  ) => Effect.Effect<OAuthSchema.AuthCode, CreateAuthCodeError>
  /**
   * Exchanges a code and the verifier of its challenge for an API key of the user's (`POST /auth/keys`). A code works once: by default
   * it is sent again only if it provably never left.
   */
  readonly exchangeAuthCodeForAPIKey: (
    request: OAuthSchema.ExchangeAuthCodeInput
  ) => Effect.Effect<OAuthSchema.UserApiKey, ExchangeError>
  /** Reads a key's name, limits and usage (`GET /key`). Fails with `Unauthorized` if the key is unknown, disabled or expired. */
  readonly getCurrentKey: (key: Redacted.Redacted) => Effect.Effect<OAuthSchema.KeyInfo, CurrentKeyError>
  /**
   * Creates an access token for a workload without a user (`POST /oauth/token`). The subject token is the JWT that the workload's own
   * identity provider gave it, and a federation policy of the organization says whom it trusts (RFC 8693). No API key is sent. Fails
   * with `BadRequest`, whose `reason` is `InvalidSubjectToken`, `PolicyRefused` or `ScopeRefused` if the server says so, and with
   * `InvalidRequest` if the subject token is not a JWT or has more than 16 KiB.
   */
  readonly createOauthToken: (
    request: OAuthSchema.CreateOauthTokenInput
  ) => Effect.Effect<OAuthSchema.AccessToken, CreateOauthTokenError>
  /** Reads the public keys that access tokens are signed with (`GET /oauth/jwks`). No API key is sent. */
  readonly listOauthJwks: Effect.Effect<OAuthSchema.OAuthJwks, ListOauthJwksError>
  /** Makes the URL of the page where the user consents, on the origin of this client's base URL. */
  readonly createAuthorizationUrl: (
    request: Omit<AuthorizationUrl.AuthorizationUrlInput, "baseUrl">
  ) => Effect.Effect<URL, InvalidRequest>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ServiceOptions extends OAuthSchema.Attribution {
  /** Needed by `createAuthCode`. An Effect is run at each call, for keys that rotate. */
  readonly apiKey?: Redacted.Redacted | Effect.Effect<Redacted.Redacted, InvalidRequest> | undefined
  /** Defaults to `https://openrouter.ai/api/v1`. Must be https, or http on localhost, 127.0.0.1 or [::1]. */
  readonly baseUrl?: string | URL | undefined
  /** Allows http to other hosts: codes and keys are then sent unencrypted. */
  readonly allowInsecureHttp?: boolean | undefined
  /** How long one attempt may take, from connecting to the last byte of the answer. Defaults to 30 seconds. */
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
