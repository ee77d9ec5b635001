/** An app with everything of the React module in it, for both versions of React, on a server and in a browser. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { createClient, type PromiseClient } from "effect-openrouter-oauth/PromiseClient"
import {
  createSignInSession,
  type KeyStorage,
  OpenRouterProvider,
  SignInWithOpenRouterButton,
  useOAuthCreateAuthCodeMutation,
  useOAuthExchangeAuthCodeForAPIKeyMutation,
  useSignInWithOpenRouter
} from "effect-openrouter-oauth/react"
import { createRef, StrictMode, version } from "react"

export interface AppOptions {
  readonly baseUrl: string
  readonly apiKey: string
  readonly storage?: (() => KeyStorage) | undefined
}

export const makeApp = ({ apiKey, baseUrl, storage }: AppOptions) => {
  const session = createSignInSession({ baseUrl, storage })
  const client = createClient({ apiKey, baseUrl })
  const queryClient = new QueryClient()
  return (
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <OpenRouterProvider client={client} session={session}>
          <p>React {version}</p>
          <Account />
          <Account />
          <Button />
          <Mutations client={client} />
        </OpenRouterProvider>
      </QueryClientProvider>
    </StrictMode>
  )
}

const Account = () => {
  const { error, key, returnTo, signIn, signOut, status, userId } = useSignInWithOpenRouter()
  return (
    <div>
      <p role="status">{[status, error?._tag, key?.slice(0, 9), userId, returnTo].filter(Boolean).join(" ")}</p>
      <button type="button" onClick={() => signIn({ limit: Number.NaN })}>
        Sign in wrongly
      </button>
      <button type="button" onClick={() => signOut()}>
        Sign out
      </button>
    </div>
  )
}

const ref = createRef<HTMLButtonElement>()

const Button = () => (
  <>
    <SignInWithOpenRouterButton ref={ref} className="mine" aria-describedby="terms" request={{ returnTo: "/next" }} />
    <SignInWithOpenRouterButton onClick={(event) => event.preventDefault()}>Do not begin</SignInWithOpenRouterButton>
    <SignInWithOpenRouterButton disabled>Never</SignInWithOpenRouterButton>
    <button type="button" onClick={() => ref.current?.focus()}>
      Focus
    </button>
  </>
)

const Mutations = ({ client }: { readonly client: PromiseClient }) => {
  const create = useOAuthCreateAuthCodeMutation()
  const exchange = useOAuthExchangeAuthCodeForAPIKeyMutation({ timeoutMs: 20_000 })
  const both = async () => {
    const { codeChallenge, codeVerifier } = await client.createSHA256CodeChallenge()
    const { id } = await create.mutateAsync({ request: { callbackUrl: "https://app.example/", codeChallenge } })
    exchange.mutate({ request: { code: id, codeVerifier } })
  }
  return (
    <div>
      <p data-testid="mutations">
        {[create.status, exchange.status, exchange.error?._tag, exchange.data?.key.slice(0, 9)]
          .filter(Boolean)
          .join(" ")}
      </p>
      <button type="button" onClick={both}>
        Create and exchange
      </button>
      <button type="button" onClick={() => exchange.mutate({ request: { code: "used" } })}>
        Exchange wrongly
      </button>
    </div>
  )
}
