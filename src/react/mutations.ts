/** The endpoints as mutations of TanStack Query, under the names of OpenRouter's own React hooks. */
import { type MutationKey, type UseMutationOptions, type UseMutationResult, useMutation } from "@tanstack/react-query"
import type { CreateAuthCodeError, CreateOauthTokenError, ExchangeError } from "../OAuthError.js"
import type { CreateAuthCodeInput } from "../OAuthSchema.js"
import type {
  CallOptions,
  PlainAccessToken,
  PlainAuthCode,
  PlainExchangeInput,
  PlainOauthTokenInput,
  PlainUserApiKey,
  PromiseClient
} from "../PromiseClient.js"
import { useOpenRouterContext } from "./OpenRouterProvider.js"

/**
 * Options of a mutation hook: those of TanStack Query, and those of a call of the client.
 *
 * @since 0.1.0
 * @category mutations
 */
export type MutationHookOptions<Data, Error, Variables> = Omit<
  UseMutationOptions<Data, Error, Variables>,
  "mutationKey" | "mutationFn"
> &
  CallOptions

/**
 * The options for `useMutation` that the builders return.
 *
 * @since 0.1.0
 * @category mutations
 */
export interface BuiltMutation<Data, Variables> {
  readonly mutationKey: MutationKey
  readonly mutationFn: (variables: Variables) => Promise<Data>
  /** False: the client has a retry policy of its own, and never sends a code twice. */
  readonly retry: false
  /** `always`: persisters would store a mutation that waits for the network, with its code and verifier. */
  readonly networkMode: "always"
  /** 0: secrets are removed from the cache with the component. */
  readonly gcTime: 0
}

interface Variables<Request> {
  readonly request: Request
  readonly options?: CallOptions | undefined
}

const build = <Request, Data>(
  mutationKey: MutationKey,
  call: (request: Request, options: CallOptions) => Promise<Data>,
  hookOptions: CallOptions | undefined
): BuiltMutation<Data, Variables<Request>> => ({
  mutationKey,
  mutationFn: ({ options, request }) =>
    call(request, {
      ...hookOptions,
      ...options,
      fetchOptions: { ...hookOptions?.fetchOptions, ...options?.fetchOptions },
      signal: either(hookOptions?.signal, options?.signal)
    }),
  retry: false,
  networkMode: "always",
  gcTime: 0
})

const either = (one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined =>
  one !== undefined && other !== undefined ? AbortSignal.any([one, other]) : (one ?? other)

/**
 * The variables of the `createAuthCode` mutation: the request, and options of this call.
 *
 * @since 0.1.0
 * @category mutations
 */
export type OAuthCreateAuthCodeMutationVariables = Variables<CreateAuthCodeInput>

/**
 * The result of the `createAuthCode` mutation.
 *
 * @since 0.1.0
 * @category mutations
 */
export type OAuthCreateAuthCodeMutationData = PlainAuthCode

/**
 * Returns the mutation key, the same as in OpenRouter's own hooks: defaults that are set for `["@openrouter/sdk"]` apply here too.
 *
 * @since 0.1.0
 * @category mutations
 */
export const mutationKeyOAuthCreateAuthCode = (): MutationKey => ["@openrouter/sdk", "OAuth", "createAuthCode"]

/**
 * Builds the `createAuthCode` mutation for `useMutation` with a client of your own, or for `mutationCache.build` outside of components.
 *
 * @example
 * ```ts
 * import { QueryClient } from "@tanstack/react-query"
 * import { createClient } from "effect-openrouter-oauth/PromiseClient"
 * import { buildOAuthCreateAuthCodeMutation } from "effect-openrouter-oauth/react"
 *
 * const queries = new QueryClient()
 * const mutation = queries.getMutationCache().build(queries, buildOAuthCreateAuthCodeMutation(createClient()))
 * ```
 *
 * @since 0.1.0
 * @category mutations
 */
export const buildOAuthCreateAuthCodeMutation = (
  client: PromiseClient,
  hookOptions?: CallOptions
): BuiltMutation<OAuthCreateAuthCodeMutationData, OAuthCreateAuthCodeMutationVariables> =>
  build(mutationKeyOAuthCreateAuthCode(), client.createAuthCode, hookOptions)

/**
 * `createAuthCode` as a mutation.
 *
 * Needs a client with an API key. Everybody who can open the page can read that key: use it only in pages for people whom you would give
 * the key, such as an internal tool. Other pages sign their users in with `useSignInWithOpenRouter`.
 *
 * @example
 * ```tsx
 * import { useOAuthCreateAuthCodeMutation } from "effect-openrouter-oauth/react"
 *
 * export const CreateCode = ({ codeChallenge }: { readonly codeChallenge: string }) => {
 *   const { data, error, mutate } = useOAuthCreateAuthCodeMutation({ timeoutMs: 10_000 })
 *   const request = { callbackUrl: "https://app.example/callback", codeChallenge }
 *   if (error?._tag === "Unauthorized") return <p role="alert">This API key is not valid.</p>
 *   return <button onClick={() => mutate({ request })}>{data === undefined ? "Create" : data.createdAt}</button>
 * }
 * ```
 *
 * @since 0.1.0
 * @category mutations
 */
export const useOAuthCreateAuthCodeMutation = (
  options?: MutationHookOptions<
    OAuthCreateAuthCodeMutationData,
    CreateAuthCodeError,
    OAuthCreateAuthCodeMutationVariables
  >
): UseMutationResult<OAuthCreateAuthCodeMutationData, CreateAuthCodeError, OAuthCreateAuthCodeMutationVariables> =>
  useMutation({ ...buildOAuthCreateAuthCodeMutation(useOpenRouterContext(), options), ...options })

/**
 * The variables of the `exchangeAuthCodeForAPIKey` mutation: the request, and options of this call.
 *
 * @since 0.1.0
 * @category mutations
 */
export type OAuthExchangeAuthCodeForAPIKeyMutationVariables = Variables<PlainExchangeInput>

/**
 * The result of the `exchangeAuthCodeForAPIKey` mutation.
 *
 * @since 0.1.0
 * @category mutations
 */
export type OAuthExchangeAuthCodeForAPIKeyMutationData = PlainUserApiKey

/**
 * Returns the mutation key, the same as in OpenRouter's own hooks.
 *
 * @since 0.1.0
 * @category mutations
 */
export const mutationKeyOAuthExchangeAuthCodeForAPIKey = (): MutationKey => [
  "@openrouter/sdk",
  "OAuth",
  "exchangeAuthCodeForAPIKey"
]

/**
 * Builds the `exchangeAuthCodeForAPIKey` mutation for `useMutation` with a client of your own, or for `mutationCache.build` outside of components.
 *
 * @example
 * ```ts
 * import { QueryClient } from "@tanstack/react-query"
 * import { createClient } from "effect-openrouter-oauth/PromiseClient"
 * import { buildOAuthExchangeAuthCodeForAPIKeyMutation } from "effect-openrouter-oauth/react"
 *
 * const queries = new QueryClient()
 * const mutation = queries.getMutationCache().build(queries, buildOAuthExchangeAuthCodeForAPIKeyMutation(createClient()))
 * ```
 *
 * @since 0.1.0
 * @category mutations
 */
export const buildOAuthExchangeAuthCodeForAPIKeyMutation = (
  client: PromiseClient,
  hookOptions?: CallOptions
): BuiltMutation<OAuthExchangeAuthCodeForAPIKeyMutationData, OAuthExchangeAuthCodeForAPIKeyMutationVariables> =>
  build(mutationKeyOAuthExchangeAuthCodeForAPIKey(), client.exchangeAuthCodeForAPIKey, hookOptions)

/**
 * `exchangeAuthCodeForAPIKey` as a mutation, for pages that keep verifier and state themselves. It does not check that the code belongs to
 * this browser. `useSignInWithOpenRouter` checks it, and needs no mutation.
 *
 * @example
 * ```tsx
 * import { useOAuthExchangeAuthCodeForAPIKeyMutation } from "effect-openrouter-oauth/react"
 *
 * export const Exchange = ({ code, codeVerifier }: { readonly code: string; readonly codeVerifier: string }) => {
 *   const { data, mutate } = useOAuthExchangeAuthCodeForAPIKeyMutation()
 *   return <button onClick={() => mutate({ request: { code, codeVerifier } })}>{data === undefined ? "Connect" : "Connected"}</button>
 * }
 * ```
 *
 * @since 0.1.0
 * @category mutations
 */
export const useOAuthExchangeAuthCodeForAPIKeyMutation = (
  options?: MutationHookOptions<
    OAuthExchangeAuthCodeForAPIKeyMutationData,
    ExchangeError,
    OAuthExchangeAuthCodeForAPIKeyMutationVariables
  >
): UseMutationResult<
  OAuthExchangeAuthCodeForAPIKeyMutationData,
  ExchangeError,
  OAuthExchangeAuthCodeForAPIKeyMutationVariables
> => useMutation({ ...buildOAuthExchangeAuthCodeForAPIKeyMutation(useOpenRouterContext(), options), ...options })

/**
 * The variables of the `createOauthToken` mutation: the request, and options of this call.
 *
 * @since 0.1.0
 * @category mutations
 */
export type OAuthCreateOauthTokenMutationVariables = Variables<PlainOauthTokenInput>

/**
 * The result of the `createOauthToken` mutation.
 *
 * @since 0.1.0
 * @category mutations
 */
export type OAuthCreateOauthTokenMutationData = PlainAccessToken

/**
 * Returns the mutation key, the same as in OpenRouter's own hooks.
 *
 * @since 0.1.0
 * @category mutations
 */
export const mutationKeyOAuthCreateOauthToken = (): MutationKey => ["@openrouter/sdk", "OAuth", "createOauthToken"]

/**
 * Builds the `createOauthToken` mutation for `useMutation` with a client of your own, or for `mutationCache.build` outside of components.
 *
 * @example
 * ```ts
 * import { QueryClient } from "@tanstack/react-query"
 * import { createClient } from "effect-openrouter-oauth/PromiseClient"
 * import { buildOAuthCreateOauthTokenMutation } from "effect-openrouter-oauth/react"
 *
 * const queries = new QueryClient()
 * const mutation = queries.getMutationCache().build(queries, buildOAuthCreateOauthTokenMutation(createClient()))
 * ```
 *
 * @since 0.1.0
 * @category mutations
 */
export const buildOAuthCreateOauthTokenMutation = (
  client: PromiseClient,
  hookOptions?: CallOptions
): BuiltMutation<OAuthCreateOauthTokenMutationData, OAuthCreateOauthTokenMutationVariables> =>
  build(mutationKeyOAuthCreateOauthToken(), client.createOauthToken, hookOptions)

/**
 * `createOauthToken` as a mutation, for pages whose own sign-in gives a JWT that a federation policy of OpenRouter trusts. Everybody who can
 * open the page can read the access token.
 *
 * @example
 * ```tsx
 * import { useOAuthCreateOauthTokenMutation } from "effect-openrouter-oauth/react"
 *
 * export const Connect = ({ subjectToken }: { readonly subjectToken: string }) => {
 *   const { data, mutate } = useOAuthCreateOauthTokenMutation()
 *   const request = { federationPolicyId: "policy_1", subjectToken }
 *   return <button onClick={() => mutate({ request })}>{data === undefined ? "Connect" : "Connected"}</button>
 * }
 * ```
 *
 * @since 0.1.0
 * @category mutations
 */
export const useOAuthCreateOauthTokenMutation = (
  options?: MutationHookOptions<
    OAuthCreateOauthTokenMutationData,
    CreateOauthTokenError,
    OAuthCreateOauthTokenMutationVariables
  >
): UseMutationResult<
  OAuthCreateOauthTokenMutationData,
  CreateOauthTokenError,
  OAuthCreateOauthTokenMutationVariables
> => useMutation({ ...buildOAuthCreateOauthTokenMutation(useOpenRouterContext(), options), ...options })
