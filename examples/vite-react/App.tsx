/**
 * A React app that signs its user in and shows what their key may spend. The key is in memory: a reload signs out.
 */
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query"
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import {
  createSignInSession,
  OpenRouterProvider,
  SignInWithOpenRouterButton,
  useOpenRouterContext,
  useSignInWithOpenRouter
} from "effect-openrouter-oauth/react"

/** serve.ts puts the sandbox's here. Without a base URL it is OpenRouter itself. */
declare const OPENROUTER_BASE_URL: string | undefined

const settings = { appTitle: "React example", baseUrl: OPENROUTER_BASE_URL }
const session = createSignInSession(settings)
const client = createClient(settings)
const queryClient = new QueryClient()

export const App = () => (
  <QueryClientProvider client={queryClient}>
    <OpenRouterProvider client={client} session={session}>
      <h1>A React app</h1>
      <Account />
    </OpenRouterProvider>
  </QueryClientProvider>
)

const Account = () => {
  const { error, key, signOut, status } = useSignInWithOpenRouter()
  if (status === "signedIn") {
    return (
      <>
        <Spending apiKey={key} />
        <button type="button" onClick={() => signOut()}>
          Sign out
        </button>
      </>
    )
  }
  return (
    <>
      <p role="status">{status === "failed" ? explain(error) : sentences[status]}</p>
      <SignInWithOpenRouterButton request={{ keyLabel: "React example", limit: 5 }} />
    </>
  )
}

const sentences = {
  loading: "One moment…",
  signedOut: "You are signed out.",
  redirecting: "Off to OpenRouter…",
  completing: "Signing you in…"
}

const explain = (error: { readonly _tag: string; readonly message: string }) =>
  error._tag === "AuthorizationDenied" ? "You did not allow it." : error.message

const Spending = ({ apiKey }: { readonly apiKey: string }) => {
  const client = useOpenRouterContext()
  // The key is no part of the query's key: those are shown by development tools and kept by persisters.
  const { data } = useQuery({ queryKey: ["spending"], queryFn: () => client.getCurrentKey(apiKey), gcTime: 0 })
  return (
    <p role="status">
      Signed in. {data && `The key "${data.label}" may spend ${data.limitRemaining ?? "any number of"} US dollars.`}
    </p>
  )
}
