/** Client and session for the hooks, by context. */
import * as Data from "effect/Data"
import { createContext, type ReactElement, type ReactNode, useContext, useEffect } from "react"
import type { PromiseClient } from "../PromiseClient.js"
import type { SignInSession } from "./SignInSession.js"

const ClientContext = createContext<PromiseClient | undefined>(undefined)
const SessionContext = createContext<SignInSession | undefined>(undefined)

/**
 * Properties of `OpenRouterProvider`.
 *
 * @since 0.1.0
 * @category provider
 */
export interface OpenRouterProviderProps {
  /** The client for the mutations, made by `PromiseClient.createClient`. */
  readonly client?: PromiseClient | undefined
  /** The session for `useSignInWithOpenRouter` and the button, made by `createSignInSession`. */
  readonly session?: SignInSession | undefined
  readonly children?: ReactNode
}

/**
 * Gives client and session to the hooks below it, and starts the session. The page that OpenRouter sends the user back to needs it too.
 *
 * @example
 * ```tsx
 * import { createSignInSession, OpenRouterProvider, SignInWithOpenRouterButton } from "effect-openrouter-oauth/react"
 *
 * const session = createSignInSession({ appTitle: "My app" })
 *
 * export const App = () => (
 *   <OpenRouterProvider session={session}>
 *     <SignInWithOpenRouterButton request={{ keyLabel: "My app", limit: 5 }} />
 *   </OpenRouterProvider>
 * )
 * ```
 *
 * @since 0.1.0
 * @category provider
 */
export const OpenRouterProvider = ({ children, client, session }: OpenRouterProviderProps): ReactElement => {
  useEffect(() => void session?.start(), [session])
  return (
    <ClientContext.Provider value={client}>
      <SessionContext.Provider value={session}>{children}</SessionContext.Provider>
    </ClientContext.Provider>
  )
}

/**
 * Thrown, not returned: a hook has no channel for errors, and without a provider a component cannot render. React's error boundaries
 * catch it.
 */
class ProviderMissing extends Data.TaggedError("ProviderMissing")<{
  readonly hook: string
  /** The property of the provider that is missing, and the function that makes its value. */
  readonly property: string
  readonly make: string
}> {
  override get message(): string {
    const { hook, make, property } = this
    return `${hook} found no ${property}. Put <OpenRouterProvider ${property}={…}> around this component, with the ${property} that ${make} returns.`
  }
}

/**
 * Returns the provider's client. Throws if there is none.
 *
 * @example
 * ```tsx
 * import { useOpenRouterContext } from "effect-openrouter-oauth/react"
 *
 * export const CheckKey = ({ apiKey }: { readonly apiKey: string }) => {
 *   const client = useOpenRouterContext()
 *   return <button onClick={() => client.getCurrentKey(apiKey)}>Check the key</button>
 * }
 * ```
 *
 * @since 0.1.0
 * @category provider
 */
export const useOpenRouterContext = (): PromiseClient => {
  const client = useContext(ClientContext)
  if (client === undefined) {
    throw new ProviderMissing({ hook: "useOpenRouterContext", property: "client", make: "createClient" })
  }
  return client
}

export const useSession = (): SignInSession => {
  const session = useContext(SessionContext)
  if (session === undefined) {
    throw new ProviderMissing({ hook: "useSignInWithOpenRouter", property: "session", make: "createSignInSession" })
  }
  return session
}
