import { type ComponentPropsWithoutRef, forwardRef } from "react"
import type { BeginOptions } from "../browser/BrowserSignIn.js"
import { useSignInWithOpenRouter } from "./useSignInWithOpenRouter.js"

/**
 * Every property of a button but its type.
 *
 * @since 0.1.0
 * @category sign-in
 */
export interface SignInWithOpenRouterButtonProps extends Omit<ComponentPropsWithoutRef<"button">, "type"> {
  /** What the sign-in is begun with: limit, label, where to go afterwards. */
  readonly request?: BeginOptions | undefined
}

/**
 * A `<button type="button">` without any style that begins the sign-in, "Sign in with OpenRouter" unless it has other children.
 * `aria-busy` while the user is on the way there or back, disabled until it is known whether they are signed in;
 * `data-status` has the status, for your style sheet. An `onClick` that prevents the default keeps it from beginning.
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
        // Not while redirecting: who stops the browser on its way can press it again.
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
