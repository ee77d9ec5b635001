/** The sign-in of a page as something to watch: what is known of it, and the steps that change it. */
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
 * Why a sign-in could not be begun or completed, or its key not be kept. `error._tag` tells them apart.
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
 * What is known of the user.
 *
 * - `loading`: nothing yet. So it is on a server and in the first render; then the URL and the storage are looked at.
 * - `signedOut`: there is no key.
 * - `redirecting`: the browser is on its way to OpenRouter's page.
 * - `completing`: the user has come back, and the code is being exchanged.
 * - `signedIn`: there is a key. An `error` beside it is about something later: the key could not be kept, or the user would
 *   not sign in anew.
 * - `failed`: there is no key, and `error` tells why.
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
      readonly userId: string | null
      /** What the sign-in was begun with; undefined where the key comes from the storage. */
      readonly returnTo: string | undefined
      readonly error: SignInError | undefined
    }

/**
 * Where to keep the key: `localStorage`, `sessionStorage`, or anything that has their three methods, at once or as promises.
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
   * Where to keep the key under `openrouter-key`, such as `() => sessionStorage`; asked for only in a browser. Without one the
   * key is in memory and gone with the page. Every script of the page's origin can read what is stored.
   */
  readonly storage?: (() => KeyStorage) | undefined
}

/**
 * Made once for the page, outside of components, and given to `OpenRouterProvider`.
 *
 * @since 0.1.0
 * @category sign-in
 */
export interface SignInSession {
  readonly getState: () => SignInState
  /** Tells of every change, until what it returns is called. */
  readonly subscribe: (listener: () => void) => () => void
  /**
   * Completes the sign-in that this page was called back for, or finds the stored key. Once, however often it is called;
   * resolves when that is over, and never rejects.
   */
  readonly start: () => Promise<void>
  /** Leaves for OpenRouter's page. Never rejects: what fails is in the state. */
  readonly signIn: (request?: BeginOptions) => Promise<void>
  /** Forgets the key, here and in the storage. At OpenRouter it stays valid until the user deletes it there. */
  readonly signOut: () => Promise<void>
  /** Aborts what is under way. */
  readonly dispose: () => Promise<void>
}

const without = { key: undefined, userId: undefined, returnTo: undefined, error: undefined } as const

/** The state of every page that a server renders, and of its first render in the browser. */
export const loading: SignInState = { ...without, status: "loading" }

const storageName = "openrouter-key"

type Held = Pick<PlainSignedIn, "key" | "userId" | "returnTo">

/** What was stored, where it is a key. */
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
    // What the storage says may hold the key.
    const message = `The storage of the key failed to ${operation} it. Allow the site to store data, or use another storage.`
    throw new StoreError({ operation, message })
  }
}

/**
 * Touches nothing of the page until it is started, so that a server can make one too.
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
  // Who signs out no longer wants what was asked for before.
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

  /** Runs a step to its end and shows what came of it, unless the user has signed out meanwhile. */
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
      // Back from OpenRouter's page a browser may show this one as it was left: on its way.
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
