/** A sign-in whose callback is a deep link of the app's own. */
import type { PromiseSignIn, SignedIn } from "effect-openrouter-oauth/PromiseSignIn"
import type { BeginOptions } from "effect-openrouter-oauth/SignIn"

export interface Platform {
  /** Opens the user's browser. */
  readonly open: (url: string) => PromiseLike<unknown>
  /** Calls the listener with each link that comes. Returns what ends that. */
  readonly subscribe: (listener: (link: string) => void) => () => void
  /** Ends a sign-in that nobody completes. */
  readonly signal?: AbortSignal | undefined
}

const isOfAnother = (error: { readonly _tag?: string }): boolean =>
  error._tag === "UnknownAttempt" || error._tag === "StateMismatch" || error._tag === "CallbackMalformed"

/** Completes with the first link that is of this sign-in. Others change nothing: any page and any program can open one. */
export const signInByLink = async (
  signIn: PromiseSignIn,
  options: BeginOptions,
  { open, signal, subscribe }: Platform
): Promise<SignedIn> => {
  const { authorizationUrl, browserBinding } = await signIn.begin(options)
  let unsubscribe = () => {}
  try {
    return await new Promise<SignedIn>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason))
      unsubscribe = subscribe((link) => {
        signIn.complete(link, { browserBinding, signal }).then(resolve, (error) => {
          if (!isOfAnother(error)) reject(error)
        })
      })
      open(authorizationUrl).then(undefined, reject)
    })
  } finally {
    unsubscribe()
  }
}
