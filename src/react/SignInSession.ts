/** The sign-in of a page as a store that React can subscribe to. */
import {
  type BeginOptions,
  createBrowserSignIn,
  type PlainSignedIn,
  type PromiseOptions
} from "../browser/BrowserSignIn.js"
import type { InvalidRequest } from "../OAuthError.js"
import { StoreError } from "../PendingSignIns.js"
import type { CompleteError } from "../SignIn.js"

/**
 * The errors of a sign-in that could not be begun or completed, or whose key could not be stored. `error._tag` tells them apart.
 *
 * @since 0.1.0
 * @category sign-in
 */
export type SignInError = CompleteError | InvalidRequest | StoreError

interface WithoutKey {
  readonly key: undefined
  readonly userId: undefined
  readonly returnTo: undefined
}

/**
 * The state of the sign-in.
 *
 * - `loading`: not known yet. This is the state on a server and in the first render. Then the URL and the storage are read.
 * - `signedOut`: there is no key.
 * - `redirecting`: the browser is on its way to OpenRouter's page.
 * - `completing`: the user has come back, and the code is being exchanged.
 * - `signedIn`: there is a key. An `error` beside it happened later: the key could not be stored, or another sign-in failed.
 * - `failed`: there is no key, and `error` says why.
 *
 * @since 0.1.0
 * @category sign-in
 */
export type SignInState =
  | (WithoutKey & {
      readonly status: "loading" | "signedOut" | "redirecting" | "completing"
      readonly error: undefined
    })
  | (WithoutKey & { readonly status: "failed"; readonly error: SignInError })
  | {
      readonly status: "signedIn"
      /** The user's API key. */
      readonly key: string
      /** The user's id at OpenRouter, if OpenRouter sent one. */
      readonly userId: string | null
      /** The `returnTo` that the sign-in was begun with; undefined if the key comes from the storage. */
      readonly returnTo: string | undefined
      readonly error: SignInError | undefined
    }

/**
 * A storage for the key: `localStorage`, `sessionStorage`, or an object with these three methods, which may return promises.
 *
 * @since 0.1.0
 * @category sign-in
 */
export interface KeyStorage {
  readonly getItem: (name: string) => string | null | Promise<string | null>
  readonly setItem: (name: string, value: string) => unknown
  readonly removeItem: (name: string) => unknown
}

/**
 * Options of `createSignInSession`.
 *
 * @since 0.1.0
 * @category sign-in
 */
export interface SignInSessionOptions extends PromiseOptions {
  /**
   * The storage that keeps the key under `openrouter-key`, such as `() => sessionStorage`. Called only in a browser. Defaults to the memory
   * of the page, which a reload empties. Every script of the page's origin can read what is stored.
   */
  readonly storage?: (() => KeyStorage) | undefined
}

/**
 * A sign-in session. Make one for the page, outside of components, and pass it to `OpenRouterProvider`.
 *
 * @since 0.1.0
 * @category sign-in
 */
export interface SignInSession {
  /** Returns the current state. */
  readonly getState: () => SignInState
  /** Calls the listener after every change. Returns a function that removes the listener. */
  readonly subscribe: (listener: () => void) => () => void
  /**
   * Completes the sign-in whose callback is this page's URL, or loads the stored key. Does so once, however often it is called. Resolves
   * when it is done, and never rejects: errors are in the state.
   */
  readonly start: () => Promise<void>
  /** Sends the browser to OpenRouter's page. Never rejects: errors are in the state. */
  readonly signIn: (request?: BeginOptions) => Promise<void>
  /** Removes the key from the page and from the storage. It stays valid until the user deletes it at OpenRouter. */
  readonly signOut: () => Promise<void>
  /** Aborts a sign-in in progress. */
  readonly dispose: () => Promise<void>
}

const without = { key: undefined, userId: undefined, returnTo: undefined, error: undefined } as const

/** The state on a server, and in the first render in a browser. */
export const loading: SignInState = { ...without, status: "loading" }

const storageName = "openrouter-key"

type Held = Pick<PlainSignedIn, "key" | "userId" | "returnTo">

/** Returns the stored key; undefined if the text is none. */
const parseHeld = (text: string | null): Held | undefined => {
  try {
    const { key, userId } = JSON.parse(text ?? "{}")
    return typeof key === "string" && key !== ""
      ? { key, userId: typeof userId === "string" ? userId : null }
      : undefined
  } catch {
    return undefined
  }
}

const storing = async <A>(operation: StoreError["operation"], use: () => A): Promise<Awaited<A>> => {
  try {
    return await use()
  } catch {
    // The storage's own error may hold the key.
    const message = `The storage failed to ${operation} the key. Allow the site to store data, or use another storage.`
    throw new StoreError({ operation, message })
  }
}

/**
 * Makes a session. It uses nothing of the page until it is started, so a server can make one too.
 *
 * @example
 * ```ts
 * import { createSignInSession } from "effect-openrouter-oauth/react"
 *
 * // The key survives a reload, and is gone when the tab is closed.
 * export const session = createSignInSession({ appTitle: "My app", storage: () => sessionStorage })
 * ```
 *
 * @since 0.1.0
 * @category sign-in
 */
export const createSignInSession = ({ storage, ...options }: SignInSessionOptions = {}): SignInSession => {
  const browserSignIn = createBrowserSignIn(options)
  const listeners = new Set<() => void>()
  const ended = new AbortController()
  let state: SignInState = loading
  let held: Held | undefined
  let starting: Promise<void> | undefined
  let beginning: Promise<void> | undefined
  // Counts sign-outs: the result of a step from before a sign-out is dropped.
  let turn = 0

  const become = (next: SignInState) => {
    state = next
    for (const listener of listeners) listener()
  }

  const settle = (error?: SignInError) => {
    if (held !== undefined) {
      const { key, returnTo, userId } = held
      become({ status: "signedIn", key, userId, returnTo, error })
    } else become(error === undefined ? { ...without, status: "signedOut" } : { ...without, status: "failed", error })
  }

  /** Runs a step and shows its outcome, unless the user has signed out meanwhile. */
  const settling = async (step: (isCurrent: () => boolean) => Promise<void>) => {
    const mine = turn
    const isCurrent = () => mine === turn && !ended.signal.aborted
    const error = await step(isCurrent).then(
      () => undefined,
      (error: SignInError) => error
    )
    if (isCurrent()) settle(error)
  }

  const load = async () => {
    if (storage !== undefined) held = parseHeld(await storing("get", () => storage().getItem(storageName)))
  }

  const completeOrLoad = () =>
    settling(async (isCurrent) => {
      const { href } = location
      const completing = browserSignIn.complete()
      // A callback is taken out of the URL at once.
      if (location.href !== href) become({ ...without, status: "completing" })
      const signedIn = await completing.catch(async (error) => {
        await load().catch(() => {})
        throw error
      })
      if (signedIn === null) return load()
      if (!isCurrent()) return
      held = signedIn
      const { key, userId } = signedIn
      if (storage !== undefined) {
        await storing("put", () => storage().setItem(storageName, JSON.stringify({ key, userId })))
      }
    })

  return {
    getState: () => state,

    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    start: () => {
      if (starting !== undefined) return starting
      // A browser that goes back from OpenRouter's page may restore this one as it was left, with the status `redirecting`.
      const restored = ({ persisted }: PageTransitionEvent) => void (persisted && settling(load))
      addEventListener("pageshow", restored, { signal: ended.signal })
      starting = completeOrLoad()
      return starting
    },

    signIn: (request) => {
      beginning ??= settlingOnFailure()
      return beginning

      async function settlingOnFailure() {
        become({ ...without, status: "redirecting" })
        try {
          await browserSignIn.begin(request)
        } catch (error) {
          if (!ended.signal.aborted) settle(error as SignInError)
        } finally {
          beginning = undefined
        }
      }
    },

    signOut: async () => {
      turn++
      held = undefined
      settle()
      await settling(async () => {
        if (storage !== undefined) await storing("take", () => storage().removeItem(storageName))
      })
    },

    dispose: () => {
      ended.abort()
      return browserSignIn.dispose()
    }
  }
}
