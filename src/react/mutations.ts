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
 * TanStack Query's options of a mutation, and the client's options of a call.
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
 * The options of `useMutation` that a mutation here has.
 *
 * @since 0.1.0
 * @category mutations
 */
export interface BuiltMutation<Data, Variables> {
  readonly mutationKey: MutationKey
  readonly mutationFn: (variables: Variables) => Promise<Data>
  /** False: the client has its retry policy, and a code that was sent is never sent again. */
  readonly retry: false
  /** Always: one that waits for the network would be kept by persisters, with its code and verifier. */
  readonly networkMode: "always"
  /** 0: secrets leave the cache with the component. */
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
 * What the mutation of `createAuthCode` takes.
 *
 * @since 0.1.0
 * @category mutations
 */
export type OAuthCreateAuthCodeMutationVariables = Variables<CreateAuthCodeInput>

/**
 * What the mutation of `createAuthCode` gives.
 *
 * @since 0.1.0
 * @category mutations
 */
export type OAuthCreateAuthCodeMutationData = PlainAuthCode

/**
 * The same key as OpenRouter's own hooks have, so that defaults set for `["@openrouter/sdk"]` hold here too.
 *
 * @since 0.1.0
 * @category mutations
 */
export const mutationKeyOAuthCreateAuthCode = (): MutationKey => ["@openrouter/sdk", "OAuth", "createAuthCode"]

/**
 * For `useMutation` with a client of your own, or `mutationCache.build` outside of components.
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
 * Needs a client with an API key, and whoever can open the page can then read that key: for pages that only people see whom
 * you would give the key, such as an internal tool. Other pages sign their users in with `useSignInWithOpenRouter`.
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
 * What the mutation of `exchangeAuthCodeForAPIKey` takes.
 *
 * @since 0.1.0
 * @category mutations
 */
export type OAuthExchangeAuthCodeForAPIKeyMutationVariables = Variables<PlainExchangeInput>

/**
 * What the mutation of `exchangeAuthCodeForAPIKey` gives.
 *
 * @since 0.1.0
 * @category mutations
 */
export type OAuthExchangeAuthCodeForAPIKeyMutationData = PlainUserApiKey

/**
 * The same key as OpenRouter's own hooks have.
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
 * The mutation of `useOAuthExchangeAuthCodeForAPIKeyMutation`, for use without the hook.
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
 * `exchangeAuthCodeForAPIKey` as a mutation, for pages that keep verifier and state themselves. It binds the code to nothing:
 * `useSignInWithOpenRouter` does, and needs no mutation.
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
 * What the mutation of `createOauthToken` takes.
 *
 * @since 0.1.0
 * @category mutations
 */
export type OAuthCreateOauthTokenMutationVariables = Variables<PlainOauthTokenInput>

/**
 * What the mutation of `createOauthToken` gives.
 *
 * @since 0.1.0
 * @category mutations
 */
export type OAuthCreateOauthTokenMutationData = PlainAccessToken

/**
 * The same key as OpenRouter's own hooks have.
 *
 * @since 0.1.0
 * @category mutations
 */
export const mutationKeyOAuthCreateOauthToken = (): MutationKey => ["@openrouter/sdk", "OAuth", "createOauthToken"]

/**
 * The mutation of `useOAuthCreateOauthTokenMutation`, for use without the hook.
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
 * `createOauthToken` as a mutation, for pages whose own sign-in gives a JWT that a federation policy of OpenRouter trusts. Whoever can
 * open the page can then read the access token.
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
