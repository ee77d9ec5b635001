/**
 * Opens the user's browser, where there is one.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { loadOpen, remoteInWords } from "./internal/browser.js"

/**
 * The operation of `BrowserOpener`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Whether a browser was opened. Never fails: the URL is shown anyway. */
  readonly open: (url: URL) => Effect.Effect<boolean>
  /** Why no browser can be opened, in words for a person, such as "this is an SSH session"; undefined where one can be. */
  readonly unavailable?: Effect.Effect<string | undefined> | undefined
}

/**
 * Opens addresses in the user's browser. `layer` and `layerNone` make it.
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
 * Opens with the `open` package (an optional peer), which starts the platform's opener without a shell. Does not try in SSH
 * sessions, containers, CI and without a display.
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
          // A missing opener is reported later, as an event that would end the program if nothing listened.
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
 * Opens nothing.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as BrowserOpener from "effect-openrouter-oauth/node/BrowserOpener"
 * import * as LoopbackSignIn from "effect-openrouter-oauth/node/LoopbackSignIn"
 *
 * // Shows the address, and opens nothing.
 * const signIn = LoopbackSignIn.signIn({ onWaiting: ({ url }) => Effect.log(`Open ${url.href}`) }).pipe(
 *   Effect.provide(BrowserOpener.layerNone)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerNone: Layer.Layer<BrowserOpener> = Layer.succeed(BrowserOpener, { open: () => Effect.succeed(false) })
