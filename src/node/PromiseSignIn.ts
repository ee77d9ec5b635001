/**
 * `LoopbackSignIn` for plain async code: one call runs a whole sign-in from a terminal. Promises, plain strings, and rejections that are the
 * tagged error itself.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { runPromise } from "../internal/promise.js"
import { OAuthClient } from "../OAuthClient.js"
import { InvalidRequest, type Issue } from "../OAuthError.js"
import { layerMemory } from "../PendingSignIns.js"
import * as Pkce from "../Pkce.js"
import { serviceOfClient } from "../PromiseClient/internal/createClient.js"
import { withRetries } from "../PromiseClient/internal/retries.js"
import { type ClientOptions, createClient } from "../PromiseClient.js"
import * as SignIn from "../SignIn.js"
import * as BrowserOpener from "./BrowserOpener.js"
import { openWith } from "./internal/openWith.js"
import { prompted, typedLines } from "./internal/typedLines.js"
import * as LoopbackSignIn from "./LoopbackSignIn.js"

/**
 * A sign-in that waits for the user: the address, and how to open it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Waiting {
  /**
   * The address to open in a browser. Always show it. In mode `loopback` it is a page of this program, which leads to OpenRouter's page.
   * In mode `headless` it is OpenRouter's page.
   */
  readonly url: string
  /** `loopback`: the browser comes back by itself. `headless`: the page shows a code to paste. */
  readonly mode: "loopback" | "headless"
  /** Whether a browser was opened. */
  readonly browserOpened: boolean
  /** Why no browser was opened, in words for a person; undefined if that is not known. */
  readonly noBrowserBecause?: string | undefined
  /** Ten minutes after the sign-in began. */
  readonly expiresAt: Date
}

/**
 * A pasted line that was refused. The sign-in goes on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refused {
  /** The tagged error, such as `UnknownAttempt`. */
  readonly error: Error & { readonly _tag: string }
  /** Says what is wrong with the line, and what to paste. */
  readonly message: string
}

/**
 * A page of the program's own: a title and a text in the style of the other pages, or a whole HTML document. Its scripts do not run.
 *
 * @since 0.1.0
 * @category models
 */
export type Page = { readonly title: string; readonly text: string } | { readonly html: string }

/**
 * Options of `signIn`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Options of the client. Defaults to OpenRouter itself, over `fetch`. An API key is not needed. */
  readonly client?: ClientOptions | undefined
  /** The credit limit of the key, in US dollars. */
  readonly limit?: number | undefined
  /** The name of the key, at most 100 characters. */
  readonly keyLabel?: string | undefined
  /** The workspace that the key is for; the user may choose another one. */
  readonly workspaceId?: string | undefined
  /** The workspace that the key is for; the user cannot choose another one. Wins over `workspaceId`. */
  readonly requiredWorkspaceId?: string | undefined
  /** The port of the callback server, or several that are tried in order. Defaults to 0, which picks a free one. */
  readonly port?: number | ReadonlyArray<number> | undefined
  /** The host of the callback URL. Defaults to `127.0.0.1`. */
  readonly host?: "127.0.0.1" | "localhost" | undefined
  /** The path of the callback URL, below `/`. Defaults to `/callback`. */
  readonly path?: string | undefined
  /** Whether the user copies a code from OpenRouter's page. Defaults to true in SSH sessions and containers if a code can be typed. */
  readonly headless?: boolean | undefined
  /** Whether to open a browser. Defaults to true. */
  readonly openBrowser?: boolean | undefined
  /** Opens the address, in place of the package `open`. Its promise is not awaited. Returns `false` if it opened nothing. */
  readonly open?: ((url: string) => unknown) | undefined
  /**
   * Asks the user for a callback URL or a code, and again after each one that was refused. The signal aborts when no answer is needed any
   * more. Defaults to reading standard input if it is a terminal.
   */
  readonly prompt?: ((signal: AbortSignal) => Promise<string>) | undefined
  /** Aborts the sign-in, which then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** How long to wait for the user, in milliseconds. Defaults to 300,000, at most 600,000. */
  readonly timeoutMs?: number | undefined
  /** Pages for the browser that comes back. Default to pages of this package. */
  readonly pages?:
    | { readonly signedIn?: Page | undefined; readonly denied?: Page | undefined; readonly failed?: Page | undefined }
    | undefined
  /** The name of the program, shown on the pages. */
  readonly appName?: string | undefined
  /** Shows the address. Defaults to writing it to standard error. */
  readonly onWaiting?: ((waiting: Waiting) => unknown) | undefined
  /** Runs when the user has consented, before the code is exchanged. */
  readonly onExchanging?: (() => unknown) | undefined
  /** Runs for each pasted line that was refused. Defaults to writing the message to standard error. */
  readonly onRefused?: ((refused: Refused) => unknown) | undefined
}

/**
 * A completed sign-in.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedIn {
  /** The user's API key. */
  readonly key: string
  /** The user's id at OpenRouter, if OpenRouter sent one. */
  readonly userId: string | null
}

/**
 * Runs a whole sign-in: opens the browser if there is one, reads pasted lines if there is a terminal, and writes to standard error what it
 * waits for. Stops reading standard input afterwards, so that the program can end.
 *
 * Rejects with a `LoopbackSignInError`, such as `AuthorizationDenied`, `SignInTimedOut` or `PortUnavailable`; with `signal.reason` if the
 * signal aborted it; and with the error of a callback that threw.
 *
 * @example
 * ```ts
 * import { signIn } from "effect-openrouter-oauth/node/PromiseSignIn"
 *
 * const { key } = await signIn({ keyLabel: "My tool", limit: 5 })
 * ```
 *
 * @since 0.1.0
 * @category sign-in
 */
export const signIn = async (options: Options = {}): Promise<SignedIn> => {
  const { client = {}, onExchanging, onRefused, onWaiting, open, prompt, signal, timeoutMs, ...rest } = options ?? {}
  const issues = issuesOf({ client, onExchanging, onRefused, onWaiting, open, prompt, signal, timeoutMs })
  if (issues.length > 0) throw new InvalidRequest({ operation: "signIn", issues })

  const effect = LoopbackSignIn.signIn({
    ...rest,
    timeout: timeoutMs,
    pasted: prompt === undefined ? typedLines() : prompted(prompt),
    onWaiting:
      onWaiting &&
      (({ expiresAt, url, ...waiting }) =>
        tell(() => onWaiting({ ...waiting, url: url.href, expiresAt: DateTime.toDateUtc(expiresAt) }))),
    onExchanging: onExchanging && (() => tell(onExchanging)),
    onRefused: onRefused && ((refused) => tell(() => onRefused(refused)))
  }).pipe(Effect.provide(layerOf(client, open)), withRetries(client))
  const { key, userId } = await runPromise(effect, signal)
  return { key: Redacted.value(key), userId }
}

/** Runs a callback of the caller's. An error that it throws ends the sign-in unchanged. */
const tell = (callback: () => unknown): Effect.Effect<void> => Effect.asVoid(Effect.promise(async () => callback()))

const layerOf = (client: ClientOptions, open: Options["open"]) =>
  Layer.merge(
    Layer.provide(SignIn.layer, [
      Layer.effect(OAuthClient, serviceOfClient(createClient(client), "signIn")),
      Pkce.layer,
      layerMemory
    ]),
    open === undefined ? BrowserOpener.layer : Layer.succeed(BrowserOpener.BrowserOpener, openWith(open))
  )

const issuesOf = ({ client, signal, timeoutMs, ...callbacks }: Options): ReadonlyArray<Issue> => {
  const issues: Array<Issue> = []
  if (typeof client !== "object" || client === null) {
    issues.push({ path: "client", message: "must be an object with the options of a client" })
  }
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    issues.push({ path: "signal", message: "must be an AbortSignal" })
  }
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0)) {
    issues.push({ path: "timeoutMs", message: "must be a number of milliseconds above 0" })
  }
  for (const [path, callback] of Object.entries(callbacks)) {
    if (callback !== undefined && typeof callback !== "function") issues.push({ path, message: "must be a function" })
  }
  return issues
}
