import { useSyncExternalStore } from "react"
import { useSession } from "./OpenRouterProvider.js"
import { loading, type SignInSession, type SignInState } from "./SignInSession.js"

/**
 * What is known of the user, and the two functions that change it.
 *
 * @since 0.1.0
 * @category sign-in
 */
export type SignInWithOpenRouter = SignInState & Pick<SignInSession, "signIn" | "signOut">

const serverState = () => loading

/**
 * What is known of the user, and how to change it. Any number of components may use it: all see the same.
 *
 * Needs an `OpenRouterProvider` with a session above it, and throws where there is none.
 *
 * @example
 * ```tsx
 * import { useSignInWithOpenRouter } from "effect-openrouter-oauth/react"
 *
 * export const Account = () => {
 *   const { error, key, signIn, signOut, status } = useSignInWithOpenRouter()
 *   switch (status) {
 *     case "signedIn":
 *       return <button onClick={() => signOut()}>Sign out (key of {key.length} characters)</button>
 *     case "failed":
 *       return <p role="alert">{error._tag === "AuthorizationDenied" ? "You did not allow it." : error.message}</p>
 *     default:
 *       return <button onClick={() => signIn({ limit: 5 })}>Sign in</button>
 *   }
 * }
 * ```
 *
 * @since 0.1.0
 * @category sign-in
 */
export const useSignInWithOpenRouter = (): SignInWithOpenRouter => {
  const { getState, signIn, signOut, subscribe } = useSession()
  return { ...useSyncExternalStore(subscribe, getState, serverState), signIn, signOut }
}
