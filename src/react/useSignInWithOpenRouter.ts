import { useSyncExternalStore } from "react"
import { useSession } from "./OpenRouterProvider.js"
import { loading, type SignInSession, type SignInState } from "./SignInSession.js"

/**
 * The result of `useSignInWithOpenRouter`: the state, and the functions that change it.
 *
 * @since 0.1.0
 * @category sign-in
 */
export type SignInWithOpenRouter = SignInState & Pick<SignInSession, "signIn" | "signOut">

const serverState = () => loading

/**
 * Returns the state of the sign-in, `signIn` and `signOut`. All components see the same state.
 *
 * Throws if there is no `OpenRouterProvider` with a session around the component.
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
