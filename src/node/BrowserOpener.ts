/**
 * Opens the user's browser, where there is one.
 *
 * @since 0.1.0
 */
import { existsSync } from "node:fs"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Whether a browser was opened. Never fails: the URL is printed anyway. */
  readonly open: (url: URL) => Effect.Effect<boolean>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class BrowserOpener extends Context.Tag("effect-openrouter-oauth/node/BrowserOpener")<
  BrowserOpener,
  Service
>() {}

/**
 * Why no browser of this machine can be the user's; undefined where one may be.
 *
 * @since 0.1.0
 * @category utils
 */
export const remoteBecause = (
  env: { readonly [name: string]: string | undefined },
  platform: NodeJS.Platform,
  exists: (path: string) => boolean = existsSync
): "SSH" | "CI" | "container" | "no display" | undefined => {
  if (env.SSH_CONNECTION || env.SSH_TTY || env.SSH_CLIENT) return "SSH"
  if (env.CI && env.CI !== "false") return "CI"
  if (exists("/.dockerenv") || exists("/run/.containerenv")) return "container"
  if (platform === "linux" && !env.DISPLAY && !env.WAYLAND_DISPLAY && !env.WSL_DISTRO_NAME) return "no display"
  return undefined
}

/**
 * By the `open` package (an optional peer), which starts the platform's opener without a shell. In SSH sessions, containers, CI
 * and without a display it does not try.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<BrowserOpener> = Layer.succeed(BrowserOpener, {
  open: (url) =>
    (url.protocol !== "https:" && url.protocol !== "http:") ||
    remoteBecause(process.env, process.platform) !== undefined
      ? Effect.succeed(false)
      : Effect.tryPromise(async (): Promise<boolean> => {
          const { default: open } = await import("open")
          const child = await open(url.href)
          // An opener that is missing says so later, as an event nobody must die of.
          child.once("error", () => {})
          child.unref()
          return true
        }).pipe(Effect.orElseSucceed(() => false))
})

/**
 * Opens nothing.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerNone: Layer.Layer<BrowserOpener> = Layer.succeed(BrowserOpener, { open: () => Effect.succeed(false) })
