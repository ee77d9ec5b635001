/** The sign-in of `login`: shows the address, waits for the browser or for standard input, and exchanges the code. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as LoopbackSignIn from "../../node/LoopbackSignIn.js"
import { visit } from "../approve.js"
import type { CommandFailed } from "../exit.js"
import { say } from "../output.js"
import * as Terminal from "../terminal.js"
import { tell } from "./events.js"
import type { LoginOptions } from "./options.js"

const defaultTimeout = Duration.minutes(5)

const invitation = ({ approve }: LoginOptions, { browserOpened, mode, url }: LoopbackSignIn.Waiting): string => {
  const how = approve
    ? "The sandbox consents by itself on this page"
    : mode === "headless"
      ? "Open this page in any browser, and paste the code that it shows here"
      : browserOpened
        ? "Your browser opens this page; if it does not, open it yourself"
        : "To sign in, open this page in a browser on this machine"
  const paste =
    mode === "loopback" && !approve && Terminal.isInteractive()
      ? "\n\nIf the browser cannot come back, paste the address that it ends up at here."
      : ""
  return `${how}:\n\n  ${url.href}${paste}\n`
}

/** Signs in. If it is interrupted, it says whether the code may be used up. */
export const signIn = (options: LoginOptions) =>
  Effect.suspend(() => {
    const progress: Progress = { isExchanging: false }
    return Effect.onInterrupt(waitForKey(options, progress), () =>
      say(
        progress.isExchanging
          ? "Stopped while the code was exchanged: it may be used up, and your account may have a new key. Run the command again to sign in."
          : "Stopped: nobody signed in. Run the command again to sign in."
      )
    )
  })

interface Progress {
  isExchanging: boolean
}

const exchanging = "Exchanging the code for a key…"

const waitForKey = (options: LoginOptions, progress: Progress) =>
  Effect.gen(function* () {
    const { approve, headless, port, timeout = defaultTimeout } = options
    const terminal = yield* Terminal.open({ read: !approve })
    const waiting = yield* Deferred.make<LoopbackSignIn.Waiting>()
    const ended = yield* Deferred.make<never, CommandFailed>()

    const approved = Stream.unwrap(
      Effect.map(Effect.flatMap(Deferred.await(waiting), visit), (code) => Stream.fromIterable(Option.toArray(code)))
    ).pipe(
      Stream.catchAll((error) => Stream.drain(Stream.fromEffect(Deferred.fail(ended, error)))),
      // The page has no more to give, and the sign-in goes on.
      Stream.concat(Stream.never)
    )

    // With --port or --sandbox the browser can come back to this machine. Without a terminal it must, because nothing can be pasted.
    const comesBack = options.sandbox || port !== undefined || !Terminal.isInteractive()
    return yield* LoopbackSignIn.signIn({
      port,
      headless: headless ? true : comesBack ? false : undefined,
      openBrowser: options.browser && !approve,
      limit: options.limit,
      keyLabel: options.keyLabel,
      workspaceId: options.workspace,
      timeout,
      pasted: approve ? approved : terminal.lines,
      onExchanging: () =>
        Effect.gen(function* () {
          progress.isExchanging = true
          yield* tell(options, { event: "exchanging" })
          // If there is a status line, it says so.
          if (!terminal.hasStatusLine || approve) yield* terminal.say(exchanging)
        }),
      onRefused: ({ message }) =>
        Effect.gen(function* () {
          progress.isExchanging = false
          yield* tell(options, { event: "refused", message })
          yield* terminal.say(message)
        }),
      onWaiting: (shown) =>
        Effect.gen(function* () {
          yield* tell(options, { event: "waiting", url: shown.url.href, mode: shown.mode })
          yield* terminal.say(invitation(options, shown))
          yield* Deferred.succeed(waiting, shown)
        })
    }).pipe(
      Effect.raceFirst(Deferred.await(ended)),
      Effect.raceFirst(
        Effect.flatMap(Deferred.await(waiting), ({ mode }) =>
          approve
            ? Effect.never
            : Terminal.countdown(terminal, timeout, {
                waitingFor: mode === "headless" ? "Paste the code" : "Waiting for your consent",
                doing: () => (progress.isExchanging ? exchanging : undefined)
              })
        )
      )
    )
  }).pipe(Effect.scoped)
