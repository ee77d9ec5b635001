import { type ComponentPropsWithoutRef, forwardRef } from "react"
import type { BeginOptions } from "../browser/BrowserSignIn.js"
import { useSignInWithOpenRouter } from "./useSignInWithOpenRouter.js"

/**
 * Properties of `SignInWithOpenRouterButton`: every property of a `<button>` except `type`, and `request`.
 *
 * @since 0.1.0
 * @category sign-in
 */
export interface SignInWithOpenRouterButtonProps extends Omit<ComponentPropsWithoutRef<"button">, "type"> {
  /** Options of the sign-in: the limit and the label of the key, and where to go afterwards. */
  readonly request?: BeginOptions | undefined
}

/**
 * A `<button type="button">` without style that begins the sign-in. Its text defaults to "Sign in with OpenRouter".
 *
 * It is disabled while the status is `loading` or `completing`, and `aria-busy` while it is `redirecting` or `completing`. `data-status`
 * holds the status, for a style sheet. An `onClick` that calls `preventDefault` stops the sign-in.
 *
 * @example
 * ```tsx
 * import { SignInWithOpenRouterButton } from "effect-openrouter-oauth/react"
 *
 * export const Welcome = () => (
 *   <SignInWithOpenRouterButton className="primary" request={{ keyLabel: "My app", limit: 5, returnTo: "/settings" }} />
 * )
 * ```
 *
 * @since 0.1.0
 * @category sign-in
 */
export const SignInWithOpenRouterButton = forwardRef<HTMLButtonElement, SignInWithOpenRouterButtonProps>(
  function SignInWithOpenRouterButton(
    { children = "Sign in with OpenRouter", disabled, onClick, request, ...rest },
    ref
  ) {
    const { signIn, status } = useSignInWithOpenRouter()
    return (
      <button
        {...rest}
        ref={ref}
        type="button"
        aria-busy={status === "redirecting" || status === "completing"}
        data-status={status}
        // Enabled while redirecting: a user who stops the browser on its way can press it again.
        disabled={disabled === true || status === "loading" || status === "completing"}
        onClick={(event) => {
          onClick?.(event)
          if (!event.defaultPrevented) void signIn(request)
        }}
      >
        {children}
      </button>
    )
  }
)
