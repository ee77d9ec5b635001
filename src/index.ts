/**
 * Every platform-neutral module, by its name.
 *
 * @since 0.1.0
 */
export * as ApiKey from "./ApiKey.js"
export * as AuthorizationUrl from "./AuthorizationUrl.js"
export * as OAuthClient from "./OAuthClient.js"
export * as OAuthError from "./OAuthError.js"
export * as OAuthSchema from "./OAuthSchema.js"
export * as PendingSignIns from "./PendingSignIns.js"
export * as Pkce from "./Pkce.js"
export * as PromiseClient from "./PromiseClient.js"
export * as PromiseSignIn from "./PromiseSignIn.js"
export * as RetryPolicy from "./RetryPolicy.js"
export * as Sandbox from "./Sandbox.js"
export * as SignIn from "./SignIn.js"
export * as WorkloadIdentity from "./WorkloadIdentity.js"
