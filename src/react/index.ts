"use client"
/**
 * Sign in with OpenRouter in React 18 and 19: a hook and a button for the whole sign-in, and OpenRouter's endpoints as mutations of
 * TanStack Query. Can be rendered on a server.
 *
 * @since 0.1.0
 */

// By name: a client module may not use `export *`.
export {
  type BuiltMutation,
  buildOAuthCreateAuthCodeMutation,
  buildOAuthCreateOauthTokenMutation,
  buildOAuthExchangeAuthCodeForAPIKeyMutation,
  type MutationHookOptions,
  mutationKeyOAuthCreateAuthCode,
  mutationKeyOAuthCreateOauthToken,
  mutationKeyOAuthExchangeAuthCodeForAPIKey,
  type OAuthCreateAuthCodeMutationData,
  type OAuthCreateAuthCodeMutationVariables,
  type OAuthCreateOauthTokenMutationData,
  type OAuthCreateOauthTokenMutationVariables,
  type OAuthExchangeAuthCodeForAPIKeyMutationData,
  type OAuthExchangeAuthCodeForAPIKeyMutationVariables,
  useOAuthCreateAuthCodeMutation,
  useOAuthCreateOauthTokenMutation,
  useOAuthExchangeAuthCodeForAPIKeyMutation
} from "./mutations.js"
export { OpenRouterProvider, type OpenRouterProviderProps, useOpenRouterContext } from "./OpenRouterProvider.js"
export {
  createSignInSession,
  type KeyStorage,
  type SignInError,
  type SignInSession,
  type SignInSessionOptions,
  type SignInState
} from "./SignInSession.js"
export { SignInWithOpenRouterButton, type SignInWithOpenRouterButtonProps } from "./SignInWithOpenRouterButton.js"
export { type SignInWithOpenRouter, useSignInWithOpenRouter } from "./useSignInWithOpenRouter.js"
