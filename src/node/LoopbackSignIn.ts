/**
 * Sign in from a terminal: opens the browser, receives the callback on loopback, and meanwhile takes a callback URL or a code
 * that the user pastes. Where no browser reaches this machine: headless, the user copies the code from OpenRouter's page.
 *
 * @since 0.1.0
 * @see https://www.rfc-editor.org/rfc/rfc8252
 */
import type * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { InvalidRequest } from "../OAuthError.js"
import type { StoreError } from "../PendingSignIns.js"
import { type BeginOptions, type CompleteError, type SignedIn, SignIn, type SignInStarted } from "../SignIn.js"
import { BrowserOpener, remoteBecause } from "./BrowserOpener.js"
import * as CallbackServer from "./internal/callbackServer.js"

/**
 * What the user is to be told once the sign-in waits for them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Waiting {
  /** Always to be shown, whether a browser was opened or not. */
  readonly authorizationUrl: URL
  /** `loopback`: the browser comes back by itself. `headless`: the page shows a code to paste. */
  readonly mode: "loopback" | "headless"
  readonly browserOpened: boolean
  readonly expiresAt: DateTime.Utc
}

/**
 * A pasted line that was not taken. The sign-in goes on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refused {
  readonly error: CompleteError
  /** What was wrong with the line, and what to paste. */
  readonly message: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Omit<BeginOptions, "callbackUrl" | "returnTo"> {
  /** The port of the callback server; 0, which picks a free one. */
  readonly port?: number | undefined
  /** Whether the user copies a code instead; by itself so in SSH sessions and containers, where `pasted` is given. */
  readonly headless?: boolean | undefined
  /** Whether to open a browser; true. */
  readonly openBrowser?: boolean | undefined
  /** How long to wait for the user; 5 minutes, at most the 10 that a sign-in lives. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Shows the URL; standard error unless said otherwise. */
  readonly onWaiting?: ((waiting: Waiting) => Effect.Effect<void>) | undefined
  /** Lines that the user pastes: a callback URL, its query, or the code. None unless said otherwise. */
  readonly pasted?: Stream.Stream<string> | undefined
  /** Told of each pasted line that was not taken. Standard error unless said otherwise. */
  readonly onRefused?: ((refused: Refused) => Effect.Effect<void>) | undefined
}

export {
  /**
   * The callback server cannot listen where it was asked to.
   *
   * @since 0.1.0
   * @category errors
   */
  PortUnavailable
} from "./internal/callbackServer.js"

/**
 * Nobody consented in time.
 *
 * @since 0.1.0
 * @category errors
 */
export class SignInTimedOut extends Data.TaggedError("SignInTimedOut")<{
  readonly timeout: Duration.Duration
  readonly message: string
}> {}

/**
 * @since 0.1.0
 * @category errors
 */
export type LoopbackSignInError =
  | CompleteError
  | InvalidRequest
  | StoreError
  | SignInTimedOut
  | CallbackServer.PortUnavailable

const print = (line: string) => Effect.sync(() => void process.stderr.write(`${line}\n`))

const showUrl = ({ authorizationUrl, mode }: Waiting) =>
  print(
    `${mode === "headless" ? "Open this page, and paste the code that it shows" : "To sign in, open"}:\n\n  ${authorizationUrl.href}\n`
  )

/** What a stranger or a slip of the user can cause: the sign-in goes on waiting for the real callback. */
const endsNothing = (
  exit: Exit.Exit<SignedIn, CompleteError>
): exit is Exit.Failure<SignedIn, CompleteError> & {
  readonly cause: Cause.Fail<CompleteError>
} =>
  Exit.isFailure(exit) &&
  exit.cause._tag === "Fail" &&
  ["CallbackMalformed", "StateMismatch", "UnknownAttempt", "InvalidRequest"].includes(exit.cause.error._tag)

/** The sign-in goes on: the remedy of the errors themselves, to start again, would be wrong here. */
const refusal = (error: CompleteError, mode: Waiting["mode"]): Refused => {
  const wrong =
    error._tag === "CallbackMalformed"
      ? ` (${error.issues.map(({ message, path }) => `${path} ${message}`.trim()).join("; ")})`
      : ""
  const what =
    error._tag === "InvalidRequest" ? "This is not a code" : `This is not the address of this sign-in${wrong}`
  const remedy =
    mode === "headless"
      ? "the code that the page shows"
      : "the whole address that your browser ended up at, or the code in it"
  return { error, message: `${what}, and it changed nothing. Paste ${remedy}.` }
}

const pageOf = (exit: Exit.Exit<SignedIn, CompleteError>): CallbackServer.Page => {
  if (Exit.isSuccess(exit)) {
    return { status: 200, title: "You are signed in", text: "You can close this page and go back to the terminal." }
  }
  if (exit.cause._tag !== "Fail") {
    return { status: 500, title: "The sign-in was stopped", text: "Go back to the terminal to start it again." }
  }
  switch (exit.cause.error._tag) {
    case "AuthorizationDenied":
      return { status: 200, title: "You did not allow it", text: "No key was given. You can close this page." }
    case "CallbackMalformed":
    case "StateMismatch":
    case "UnknownAttempt":
      return {
        status: 400,
        title: "This is not the sign-in that is waiting",
        text: "It changed nothing. Use the page that the terminal opened."
      }
    default:
      return { status: 502, title: "The sign-in failed", text: "Go back to the terminal: it tells what to do." }
  }
}

/**
 * A whole sign-in. Binds first, then shows and opens the URL, and answers the browser with the outcome of the exchange; the port is
 * free again when it ends, however it ends.
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
export const signIn = (options: Options = {}): Effect.Effect<SignedIn, LoopbackSignInError, SignIn | BrowserOpener> =>
  Effect.gen(function* () {
    const flow = yield* SignIn
    const opener = yield* BrowserOpener
    const {
      onRefused = ({ message }) => print(message),
      onWaiting = showUrl,
      openBrowser = true,
      pasted,
      port = 0,
      ...rest
    } = options
    const timeout = yield* checkTimeout(options.timeout)
    const done = yield* Deferred.make<SignedIn, CompleteError>()

    const remote = remoteBecause(process.env, process.platform)
    const headless = options.headless ?? (pasted !== undefined && (remote === "SSH" || remote === "container"))
    const server = headless
      ? undefined
      : yield* CallbackServer.make(port).pipe(
          // A machine without any loopback to listen on can still take a pasted code.
          Effect.catchIf(
            () => port === 0 && pasted !== undefined,
            () => Effect.succeed(undefined)
          )
        )
    const started = yield* flow.begin({ ...rest, callbackUrl: server?.callbackUrl })

    if (server !== undefined) {
      yield* server.handle((url) =>
        Effect.map(Effect.exit(flow.complete(url, started)), (exit) => ({
          page: pageOf(exit),
          afterwards: endsNothing(exit) ? Effect.void : Effect.asVoid(Deferred.done(done, exit))
        }))
      )
    }

    const mode = server === undefined ? "headless" : "loopback"
    const browserOpened = openBrowser && (yield* opener.open(started.authorizationUrl))
    yield* onWaiting({
      authorizationUrl: started.authorizationUrl,
      mode,
      browserOpened,
      expiresAt: started.expiresAt
    })
    yield* (pasted ?? Stream.empty).pipe(
      Stream.filter((line) => line.trim() !== ""),
      Stream.runForEach((line) =>
        Effect.flatMap(Effect.exit(completePasted(flow, started, line)), (exit) =>
          endsNothing(exit) ? onRefused(refusal(exit.cause.error, mode)) : Effect.asVoid(Deferred.done(done, exit))
        )
      ),
      Effect.forkScoped
    )
    return yield* Deferred.await(done).pipe(
      Effect.timeoutFail({
        duration: timeout,
        onTimeout: () =>
          new SignInTimedOut({
            timeout,
            message: `Nobody signed in within ${Duration.format(timeout)}. Start the sign-in again, with a longer timeout if you need it.`
          })
      })
    )
  }).pipe(Effect.scoped)

const checkTimeout = (input: Duration.DurationInput = "5 minutes"): Effect.Effect<Duration.Duration, InvalidRequest> =>
  Duration.decodeUnknown(input).pipe(
    Option.filter(Duration.greaterThan(0)),
    Option.match({
      onNone: () => {
        const issue = { path: "timeout", message: 'must be longer than 0, such as "5 minutes"' }
        return Effect.fail(new InvalidRequest({ operation: "signIn", issues: [issue] }))
      },
      // A sign-in that has expired cannot be completed: waiting on for it would help nobody.
      onSome: (timeout) => Effect.succeed(Duration.min(timeout, "10 minutes"))
    })
  )

/** A callback URL, its query, or the bare code. */
const completePasted = (
  flow: typeof SignIn.Service,
  started: SignInStarted,
  line: string
): Effect.Effect<SignedIn, CompleteError> => {
  const text = line.trim()
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return flow.complete(text, started)
  const query = text.replace(/^[/?]*(?:callback\?)?/, "")
  return /(?:^|&)(?:code|error|state|attempt)=/.test(query)
    ? flow.complete(`/callback?${query}`, started)
    : /^[\x21-\x7e]+$/.test(text)
      ? flow.completeWithCode(started.attempt, Redacted.make(text), started)
      : Effect.fail(
          // Codes are one word. What is not ends nothing; in the exchange it would end the sign-in.
          new InvalidRequest({
            operation: "signIn",
            issues: [{ path: "pasted", message: "must be a code or an address" }]
          })
        )
}
