/**
 * Sign in from a terminal: opens the browser and receives the callback on loopback. Meanwhile the user can also paste a callback URL or a
 * code. On a machine without a browser the sign-in is headless: the user copies the code from OpenRouter's page.
 *
 * The sign-in is bound to one browser. The address that is shown and opened holds nothing secret. The first browser that requests it gets a
 * cookie, and a callback is accepted only with that cookie, and only as a navigation of a whole page.
 *
 * @since 0.1.0
 * @see https://www.rfc-editor.org/rfc/rfc8252
 */
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { PortUnavailable } from "../internal/PortUnavailable.js"
import type { InvalidRequest } from "../OAuthError.js"
import type { StoreError } from "../PendingSignIns.js"
import { type BeginOptions, type CompleteError, type SignedIn, SignIn } from "../SignIn.js"
import { BrowserOpener } from "./BrowserOpener.js"
import { remoteBecause } from "./internal/browser.js"
import * as BrowserSeat from "./internal/browserSeat.js"
import * as CallbackServer from "./internal/callbackServer.js"
import * as LoopbackOptions from "./internal/loopbackOptions.js"
import * as OutcomePages from "./internal/outcomePages.js"
import * as PastedLine from "./internal/pastedLine.js"
import * as Settlement from "./internal/settlement.js"
import { print, showUrl } from "./internal/terminalWords.js"

export {
  /**
   * None of the ports that were asked for can be listened on.
   *
   * @since 0.1.0
   * @category errors
   */
  PortUnavailable
}

/**
 * A sign-in that waits for the user: the address, and how to open it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Waiting {
  /**
   * The address to open in a browser. Always show it. In mode `loopback` it is a page of this program, such as `http://127.0.0.1:50123/`,
   * which leads to OpenRouter's page. In mode `headless` it is OpenRouter's page.
   */
  readonly url: URL
  /** `loopback`: the browser comes back by itself. `headless`: the page shows a code to paste. */
  readonly mode: "loopback" | "headless"
  /** Whether a browser was opened. */
  readonly browserOpened: boolean
  /** Why no browser was opened, in words for a person, such as "this is an SSH session"; undefined if that is not known. */
  readonly noBrowserBecause?: string | undefined
  /** Ten minutes after the sign-in began. */
  readonly expiresAt: DateTime.Utc
}

/**
 * A pasted line that was refused. The sign-in goes on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refused {
  readonly error: CompleteError
  /** Says what is wrong with the line, and what to paste. */
  readonly message: string
}

/**
 * A page of the program's own: a title and a text in the style of the other pages, or a whole HTML document. Its scripts do not run.
 *
 * @since 0.1.0
 * @category models
 */
export type Page = OutcomePages.OwnPage

/**
 * Options of `signIn`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<E = never> extends Omit<BeginOptions, "callbackUrl" | "returnTo"> {
  /** The port of the callback server, or several that are tried in order. Defaults to 0, which picks a free one. */
  readonly port?: number | ReadonlyArray<number> | undefined
  /** The host of the callback URL. Defaults to `127.0.0.1`. */
  readonly host?: "127.0.0.1" | "localhost" | undefined
  /** The path of the callback URL, below `/`. Defaults to `/callback`. */
  readonly path?: string | undefined
  /** Whether the user copies a code from OpenRouter's page. Defaults to true in SSH sessions and containers if `pasted` is given. */
  readonly headless?: boolean | undefined
  /** Whether to open a browser. Defaults to true. */
  readonly openBrowser?: boolean | undefined
  /** How long to wait for the user. Defaults to 5 minutes, at most 10 minutes. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Lines that the user pastes: a callback URL, its query, or the code. */
  readonly pasted?: Stream.Stream<string, E> | undefined
  /** Pages for the browser that comes back. Default to pages of this package. */
  readonly pages?:
    | { readonly signedIn?: Page | undefined; readonly denied?: Page | undefined; readonly failed?: Page | undefined }
    | undefined
  /** The name of the program, shown on the pages. */
  readonly appName?: string | undefined
  /** Shows the address. Defaults to writing it to standard error. */
  readonly onWaiting?: ((waiting: Waiting) => Effect.Effect<void>) | undefined
  /** Runs when the user has consented, before the code is exchanged. */
  readonly onExchanging?: (() => Effect.Effect<void>) | undefined
  /** Runs for each pasted line that was refused. Defaults to writing the message to standard error. */
  readonly onRefused?: ((refused: Refused) => Effect.Effect<void>) | undefined
}

/**
 * The user did not consent in time.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as LoopbackSignIn from "effect-openrouter-oauth/node/LoopbackSignIn"
 *
 * const program = LoopbackSignIn.signIn({ timeout: "2 minutes" }).pipe(
 *   Effect.catchTag("SignInTimedOut", ({ message }) => Effect.dieMessage(message))
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class SignInTimedOut extends Data.TaggedError("SignInTimedOut")<{
  readonly operation: "signIn"
  readonly timeout: Duration.Duration
}> {
  override get message(): string {
    return `Nobody signed in within ${Duration.format(this.timeout)}. Start the sign-in again, with a longer timeout if you need it.`
  }
}

/**
 * The pasted lines ended before a code came: reading them failed, or the input ended in headless mode.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as LoopbackSignIn from "effect-openrouter-oauth/node/LoopbackSignIn"
 * import * as Stream from "effect/Stream"
 *
 * const program = LoopbackSignIn.signIn({ headless: true, pasted: Stream.make("auth_code_…") }).pipe(
 *   Effect.catchTag("PastedEnded", ({ reason }) => Effect.dieMessage(`No code: ${reason}`))
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class PastedEnded extends Data.TaggedError("PastedEnded")<{
  readonly operation: "signIn"
  readonly reason: "Failed" | "Ended"
  /** The error of `pasted`, if it failed. */
  readonly cause?: unknown
}> {
  override get message(): string {
    return this.reason === "Failed"
      ? "The code could not be read, because its prompt failed. Start the sign-in again."
      : "The input ended without a code. Start the sign-in again where a code can be pasted."
  }
}

/**
 * The errors of `signIn`.
 *
 * @since 0.1.0
 * @category errors
 */
export type LoopbackSignInError =
  | CompleteError
  | InvalidRequest
  | StoreError
  | SignInTimedOut
  | PastedEnded
  | PortUnavailable

/** How long a browser that reloads may take to request the page again after the exchange. */
const patience = Duration.seconds(2)

/**
 * Runs a whole sign-in: listens, shows and opens the address, and answers the browser with the outcome of the exchange. When it ends, for
 * whatever reason, the server is closed and its port is free: a later reload of the page finds no server.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
 * import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
 * import * as SignIn from "effect-openrouter-oauth/SignIn"
 * import * as BrowserOpener from "effect-openrouter-oauth/node/BrowserOpener"
 * import * as LoopbackSignIn from "effect-openrouter-oauth/node/LoopbackSignIn"
 *
 * const program = Effect.gen(function* () {
 *   const { key } = yield* LoopbackSignIn.signIn({ keyLabel: "My tool", limit: 5 })
 *   return Redacted.value(key)
 * }).pipe(
 *   Effect.provide(
 *     SignIn.layer.pipe(
 *       Layer.provide([OAuthClient.layerFetch({ appTitle: "My tool" }), PendingSignIns.layerMemory]),
 *       Layer.merge(BrowserOpener.layer)
 *     )
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category sign-in
 */
export const signIn = <E = never>(
  options: Options<E> = {}
): Effect.Effect<SignedIn, LoopbackSignInError, SignIn | BrowserOpener> =>
  Effect.gen(function* () {
    const flow = yield* SignIn
    const { limit, keyLabel, workspaceId, requiredWorkspaceId } = options
    const { appName, host, pages, path, ports, timeout } = yield* LoopbackOptions.check(options)
    const { onExchanging = () => Effect.void, onRefused = ({ message }) => print(message), pasted } = options

    const server = (yield* isHeadless(options))
      ? undefined
      : yield* CallbackServer.make({ operation: "signIn", host, ports, path, appName }).pipe(
          // Without a loopback to listen on, the user can still paste a code.
          Effect.catchIf(
            () => ports[0] === 0 && pasted !== undefined,
            () => Effect.succeed(undefined)
          )
        )
    const mode = server === undefined ? "headless" : "loopback"
    const begin = { limit, keyLabel, workspaceId, requiredWorkspaceId, callbackUrl: server?.callbackUrl }
    const started = yield* flow.begin(begin)

    const scope = yield* Effect.scope
    const settlement = yield* Settlement.make<SignedIn, CompleteError, LoopbackSignInError>()

    const notified: PastedLine.Completion = {
      complete: (callback) =>
        Effect.zipRight(
          PastedLine.grants(callback, started.attempt) ? Effect.suspend(onExchanging) : Effect.void,
          flow.complete(callback, started)
        ),
      completeWithCode: (code) =>
        Effect.zipRight(Effect.suspend(onExchanging), flow.completeWithCode(started.attempt, code, started))
    }

    if (server !== undefined) {
      const seat = BrowserSeat.make({ path, port: server.port })
      const voice = { pages, home: appName ?? "the terminal", canPaste: pasted !== undefined }
      const callback = (url: string): Effect.Effect<CallbackServer.Answer> =>
        Effect.gen(function* () {
          const exit = yield* settlement.attempt(notified.complete(url), PastedLine.isStranger)
          // A browser that reloads drops the answer that it waited for, and requests it again.
          if (settlement.outcome() !== undefined) {
            yield* Effect.forkIn(Effect.zipRight(Effect.sleep(patience), settlement.end), scope)
          }
          return {
            reply: OutcomePages.ofOutcome(exit, voice),
            afterwards: (delivered) => (delivered ? settlement.end : Effect.void)
          }
        })
      yield* server.handle(({ cookies, to, url }) => {
        if (to === "callback") {
          return seat.holds(cookies) ? callback(url) : Effect.succeed({ reply: OutcomePages.ofStranger(voice) })
        }
        const seated = seat.take(cookies)
        if (seated === "other") return Effect.succeed({ reply: OutcomePages.ofOtherBrowser(voice) })
        const outcome = settlement.outcome()
        if (outcome !== undefined) return Effect.succeed({ reply: OutcomePages.ofOutcome(outcome, voice) })
        const setCookies = seated === "first" ? seat.setCookies : []
        return Effect.succeed({ reply: { redirect: started.authorizationUrl, cookies: setCookies } })
      })
    }

    const { onWaiting = showUrl } = options
    const url = server === undefined ? started.authorizationUrl : new URL(server.startUrl)
    yield* onWaiting({ url, mode, expiresAt: started.expiresAt, ...(yield* openBrowser(url, options)) })

    const takeLine = (line: string) =>
      Effect.flatMap(settlement.attempt(PastedLine.complete(notified, line), PastedLine.isRefused), (exit) =>
        settlement.outcome() === undefined && PastedLine.isRefused(exit)
          ? onRefused({ error: exit.cause.error, message: PastedLine.refusal(exit.cause.error, mode) })
          : settlement.end
      )
    const readLines = (pasted ?? Stream.never).pipe(
      Stream.mapError((cause) => new PastedEnded({ operation: "signIn", reason: "Failed", cause })),
      Stream.filter((line) => line.trim() !== ""),
      Stream.runForEach(takeLine),
      Effect.zipRight(mode === "headless" ? new PastedEnded({ operation: "signIn", reason: "Ended" }) : Effect.void),
      Effect.catchAllCause(settlement.stop)
    )
    yield* Effect.forkScoped(readLines)

    // The timeout applies to the user. An exchange that has begun goes on.
    const giveUp = settlement.giveUp(new SignInTimedOut({ operation: "signIn", timeout }))
    yield* Effect.forkScoped(Effect.zipRight(Effect.sleep(timeout), giveUp))
    return yield* settlement.ended
  }).pipe(Effect.scoped)

const isHeadless = <E>({ headless, pasted }: Options<E>): Effect.Effect<boolean> =>
  Effect.sync(() => {
    if (headless !== undefined) return headless
    const remote = remoteBecause(process.env, process.platform)
    return pasted !== undefined && (remote === "SSH" || remote === "container")
  })

const openBrowser = <E>(
  url: URL,
  { openBrowser: wanted = true }: Options<E>
): Effect.Effect<Pick<Waiting, "browserOpened" | "noBrowserBecause">, never, BrowserOpener> =>
  Effect.gen(function* () {
    const { open, unavailable = Effect.succeed(undefined) } = yield* BrowserOpener
    if (!wanted) return { browserOpened: false }
    return (yield* open(url)) ? { browserOpened: true } : { browserOpened: false, noBrowserBecause: yield* unavailable }
  })
