/**
 * The page where the user consents, and what comes back from it. Pure; what comes back is untrusted.
 *
 * @since 0.1.0
 * @see https://openrouter.ai/docs/use-cases/oauth-pkce
 */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { type CallbackParameter, callbackParameters, errorDescription } from "./internal/callback.js"
import { canonical } from "./internal/canonical.js"
import { encoded } from "./internal/invalid.js"
import { cleaner } from "./internal/redact.js"
import { baseUrlFault, defaultBaseUrl, parse } from "./internal/url.js"
import { CallbackMalformed, InvalidRequest, type Issue } from "./OAuthError.js"
import { AuthorizationRequest } from "./OAuthSchema.js"

/**
 * The input of `make`.
 *
 * @since 0.1.0
 * @category models
 */
export interface AuthorizationUrlInput {
  /** The API's base URL; the page is at `/auth` of its origin. Defaults to `https://openrouter.ai/api/v1`. */
  readonly baseUrl?: string | URL | undefined
  /** Where the browser goes after consent. Without one (headless) the page shows the code, and a challenge is needed. */
  readonly callbackUrl?: string | URL | undefined
  readonly codeChallenge?: string | undefined
  /** Defaults to `S256`. */
  readonly codeChallengeMethod?: "S256" | "plain" | undefined
  /** Comes back with the code, so that a callback can be tied to its sign-in (RFC 6749, section 4.1.1). */
  readonly state?: string | undefined
  /** The credit limit of the key, in US dollars. */
  readonly limit?: number | undefined
  /** The name of the key, at most 100 characters. */
  readonly keyLabel?: string | undefined
  readonly workspaceId?: string | undefined
  /** Locks the workspace; wins over `workspaceId`. */
  readonly requiredWorkspaceId?: string | undefined
}

/**
 * The user consented: `code` can be exchanged, once, within 10 minutes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Granted {
  readonly _tag: "Granted"
  readonly code: Redacted.Redacted<string>
  readonly state?: string | undefined
  readonly attempt?: string | undefined
}

/**
 * The user did not consent: `error` is `access_denied`, or the callback came back bare. OpenRouter sends both.
 *
 * @since 0.1.0
 * @category models
 */
export interface Denied {
  readonly _tag: "Denied"
  readonly error?: string | undefined
  readonly description?: string | undefined
  readonly state?: string | undefined
  readonly attempt?: string | undefined
}

/**
 * OpenRouter could not ask the user, or could not give a code: nobody refused. `error` is any other code than `access_denied`, such
 * as `server_error`, `temporarily_unavailable` or `invalid_request`.
 *
 * @since 0.1.0
 * @category models
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
 */
export interface Failed {
  readonly _tag: "Failed"
  readonly error: string
  readonly description?: string | undefined
  readonly state?: string | undefined
  readonly attempt?: string | undefined
}

/**
 * The content of a callback, not yet tied to a sign-in.
 *
 * @since 0.1.0
 * @category models
 */
export type Callback = Granted | Denied | Failed

/**
 * Makes the URL to send the user's browser to. Fails with `InvalidRequest`, which names every invalid field.
 *
 * @example
 * ```ts
 * import * as AuthorizationUrl from "effect-openrouter-oauth/AuthorizationUrl"
 *
 * const url = AuthorizationUrl.make({
 *   callbackUrl: "http://localhost:3000/callback",
 *   codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
 *   limit: 5
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 * @see https://www.rfc-editor.org/rfc/rfc7636#section-4.3
 */
export const make = (
  request: AuthorizationUrlInput,
  options?: {
    /** Allows a base URL with http on other hosts than loopback ones: what the user enters there travels unencrypted. */
    readonly allowInsecureHttp?: boolean | undefined
  }
): Either.Either<URL, InvalidRequest> => {
  const baseUrl = request?.baseUrl ?? defaultBaseUrl
  const message = baseUrlFault(baseUrl, options?.allowInsecureHttp === true)
  if (message !== undefined)
    return Either.left(new InvalidRequest({ operation, issues: [{ path: "baseUrl", message }] }))
  return Either.map(encoded(operation, encodeQuery(canonical(request))), (query) => {
    const url = new URL("/auth", baseUrl)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value))
    return url
  })
}

const operation = "AuthorizationUrl.make"

const encodeQuery = Schema.encodeUnknownEither(AuthorizationRequest, { errors: "all" })

const maxCallbackBytes = 8192

/**
 * Reads a callback: a whole URL, or the path and query of one. Nothing in it is verified yet: compare `state` and `attempt` with
 * those of the sign-in before `code` or `error` means anything (RFC 9700, section 4.7).
 *
 * `code`, `state`, `error` and `attempt` may stand once; empty counts as absent; other parameters are ignored. A callback with
 * neither code nor error is a denial, as is `error=access_denied`; every other error is a failure.
 *
 * @example
 * ```ts
 * import * as Either from "effect/Either"
 * import * as AuthorizationUrl from "effect-openrouter-oauth/AuthorizationUrl"
 *
 * const callback = AuthorizationUrl.parseCallback("http://localhost:3000/callback?code=abc&state=xyz")
 * if (Either.isRight(callback) && callback.right._tag === "Granted") {
 *   callback.right.code // Redacted
 * }
 * ```
 *
 * @since 0.1.0
 * @category parsing
 */
export const parseCallback = (url: string | URL): Either.Either<Callback, CallbackMalformed> => {
  const malformed = (issues: ReadonlyArray<Issue>) => Either.left(new CallbackMalformed({ issues }))
  const text = String(url)
  if (new TextEncoder().encode(text).length > maxCallbackBytes) {
    return malformed([{ path: "", message: "it is longer than 8 KiB" }])
  }
  // A server sees the path and query only; its origin does not matter here.
  const parsed = parse(/^[/?]/.test(text) ? `http://localhost${text.replace(/^\?/, "/?")}` : text)
  if (parsed === undefined) return malformed([{ path: "", message: "it is not a URL" }])
  const { searchParams } = parsed
  const issues: Array<Issue> = callbackParameters
    .filter((name) => searchParams.getAll(name).length > 1)
    .map((path) => ({ path, message: "is given more than once" }))
  // Empty counts as absent.
  const valueOf = (name: CallbackParameter): string | undefined => searchParams.get(name) || undefined
  const code = valueOf("code")
  const error = valueOf("error")
  const state = valueOf("state")
  const attempt = valueOf("attempt")
  if (code !== undefined && error !== undefined) {
    issues.push({ path: "error", message: "is given together with a code" })
  }
  if (issues.length > 0) return malformed(issues)
  const binding = { ...(state !== undefined && { state }), ...(attempt !== undefined && { attempt }) }
  if (code !== undefined) return Either.right({ _tag: "Granted", code: Redacted.make(code), ...binding })
  const clean = cleaner([])
  // Empty is absent, also where nothing but control characters was given.
  const cleaned = (text: string | null | undefined) => clean(text ?? "") || undefined
  const reason = cleaned(error)
  const description = cleaned(searchParams.get(errorDescription))
  const said = { ...(description !== undefined && { description }), ...binding }
  if (reason !== undefined && reason !== "access_denied") {
    return Either.right({ _tag: "Failed", error: reason, ...said })
  }
  return Either.right({ _tag: "Denied", ...(reason !== undefined && { error: reason }), ...said })
}
