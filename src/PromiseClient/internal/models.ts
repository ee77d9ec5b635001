/** Inputs and results of the promise client: plain strings for secrets, milliseconds for times. */
import type { AuthorizationUrlInput } from "../../AuthorizationUrl.js"
import type {
  AccessToken,
  Attribution,
  AuthCode,
  CreateAuthCodeInput,
  CreateOauthTokenInput,
  ExchangeAuthCodeInput,
  KeyInfo,
  OAuthJwks
} from "../../OAuthSchema.js"
import type { RetryConfig } from "../../RetryPolicy.js"

/**
 * Options of the client that a single call can set too.
 *
 * @since 0.1.0
 * @category models
 */
export interface SharedOptions extends Attribution {
  /** Defaults to `https://openrouter.ai/api/v1`. */
  readonly baseUrl?: string | URL | undefined
  /** How long one attempt may take, in milliseconds. Defaults to 30,000. */
  readonly timeoutMs?: number | undefined
  /** The official SDK's retry settings. Defaults to the standard policy, which never sends a used code again. */
  readonly retries?: RetryConfig | undefined
  /** The statuses that `retries` applies to, such as `["429", "5XX"]`. Defaults to `["5XX"]`. */
  readonly retryCodes?: ReadonlyArray<string> | undefined
}

/**
 * Options of `createClient`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions extends SharedOptions {
  /** Needed by `createAuthCode`. A function is called at each call, for keys that rotate. */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined
  /** Allows http to other hosts than loopback: codes and keys are then sent unencrypted. */
  readonly allowInsecureHttp?: boolean | undefined
  /** Used instead of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * Options of one call. They win over those of the client.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallOptions extends SharedOptions {
  /** Aborts the request; the call then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly fetchOptions?: Omit<RequestInit, "method" | "body" | "redirect" | "signal"> | undefined
}

/**
 * An authorization code, as `createAuthCode` returns it.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlainAuthCode extends Omit<AuthCode, "id"> {
  /** The authorization code. */
  readonly id: string
}

/**
 * What `exchangeAuthCodeForAPIKey` takes.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlainExchangeInput extends Omit<ExchangeAuthCodeInput, "code" | "codeVerifier"> {
  readonly code: string
  readonly codeVerifier?: string | undefined
}

/**
 * What `exchangeAuthCodeForAPIKey` returns.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlainUserApiKey {
  readonly key: string
  readonly userId: string | null
}

/**
 * What `createOauthToken` takes.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlainOauthTokenInput extends Omit<CreateOauthTokenInput, "subjectToken"> {
  /** The JWT that the workload's identity provider gave it, at most 16 KiB. */
  readonly subjectToken: string
}

/**
 * What `createOauthToken` returns.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlainAccessToken extends Omit<AccessToken, "accessToken"> {
  readonly accessToken: string
}

/**
 * What `createSHA256CodeChallenge` returns.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlainChallenge {
  readonly codeVerifier: string
  readonly codeChallenge: string
}

/**
 * OpenRouter's OAuth endpoints as promises. `createClient` makes it.
 *
 * @since 0.1.0
 * @category models
 */
export interface PromiseClient {
  /** Rejects with a `CreateAuthCodeError`. */
  readonly createAuthCode: (request: CreateAuthCodeInput, options?: CallOptions) => Promise<PlainAuthCode>
  /** Rejects with an `ExchangeError`. */
  readonly exchangeAuthCodeForAPIKey: (request: PlainExchangeInput, options?: CallOptions) => Promise<PlainUserApiKey>
  /** Rejects with a `CurrentKeyError`. */
  readonly getCurrentKey: (key: string, options?: CallOptions) => Promise<KeyInfo>
  /** Rejects with a `CreateOauthTokenError`. */
  readonly createOauthToken: (request: PlainOauthTokenInput, options?: CallOptions) => Promise<PlainAccessToken>
  /** Rejects with a `ListOauthJwksError`. */
  readonly listOauthJwks: (options?: CallOptions) => Promise<OAuthJwks>
  /** Rejects with `InvalidRequest`. */
  readonly createAuthorizationUrl: (request: Omit<AuthorizationUrlInput, "baseUrl">) => Promise<string>
  /** Makes a fresh verifier if none is given. Rejects with `InvalidRequest`. */
  readonly createSHA256CodeChallenge: (params?: {
    readonly codeVerifier?: string | undefined
  }) => Promise<PlainChallenge>
  /** Aborts the running calls. Later calls are refused. */
  readonly dispose: () => Promise<void>
}
