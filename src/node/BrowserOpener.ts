/**
 * Opens the user's browser, if there is one.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { loadOpen, remoteInWords } from "./internal/browser.js"

/**
 * The operations of `BrowserOpener`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Opens a URL. Returns whether a browser was opened. Never fails: the URL is shown anyway. */
  readonly open: (url: URL) => Effect.Effect<boolean>
  /** Says why no browser can be opened, such as "this is an SSH session"; undefined if one can be. */
  readonly unavailable?: Effect.Effect<string | undefined> | undefined
}

/**
 * Opens the page of a sign-in. Programs with an opener of their own provide it in place of `layer`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as BrowserOpener from "effect-openrouter-oauth/node/BrowserOpener"
 *
 * declare const shellOpen: (url: string) => Promise<void> // such as Electron's shell.openExternal
 *
 * const OpenerLive = Layer.succeed(BrowserOpener.BrowserOpener, {
 *   open: (url) => Effect.promise(() => shellOpen(url.href)).pipe(Effect.as(true))
 * })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class BrowserOpener extends Context.Tag("effect-openrouter-oauth/node/BrowserOpener")<
  BrowserOpener,
  Service
>() {}

const isWebPage = ({ protocol }: URL): boolean => protocol === "https:" || protocol === "http:"

/**
 * Opens the browser with the package `open` (an optional peer), which starts the platform's opener without a shell. Does not try in SSH
 * sessions, containers, CI jobs and without a display.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as BrowserOpener from "effect-openrouter-oauth/node/BrowserOpener"
 *
 * const opened = Effect.flatMap(BrowserOpener.BrowserOpener, ({ open }) => open(new URL("https://openrouter.ai"))).pipe(
 *   Effect.provide(BrowserOpener.layer)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<BrowserOpener> = Layer.succeed(BrowserOpener, {
  open: (url) =>
    !isWebPage(url) || remoteInWords() !== undefined
      ? Effect.succeed(false)
      : Effect.tryPromise(async (): Promise<boolean> => {
          const open = await loadOpen()
          if (open === undefined) return false
          const child = await open(url.href)
          // A missing opener is reported later, by an event that would end the program without a listener.
          child.once("error", () => {})
          child.unref()
          return true
        }).pipe(Effect.orElseSucceed(() => false)),
  unavailable: Effect.promise(async () => {
    const remote = remoteInWords()
    if (remote !== undefined) return remote
    return (await loadOpen()) === undefined ? 'the package "open" is not installed' : undefined
  })
})

/**
 * Opens nothing, for tests and for programs that only show the address.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as BrowserOpener from "effect-openrouter-oauth/node/BrowserOpener"
 * import * as LoopbackSignIn from "effect-openrouter-oauth/node/LoopbackSignIn"
 *
 * const program = Effect.provide(LoopbackSignIn.signIn(), BrowserOpener.layerNone)
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerNone: Layer.Layer<BrowserOpener> = Layer.succeed(BrowserOpener, { open: () => Effect.succeed(false) })
