import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as BrowserOpener from "../../node/BrowserOpener.js"
import * as CredentialStore from "../../node/CredentialStore.js"
import * as LoopbackSignIn from "../../node/LoopbackSignIn.js"
import type { OAuthClient } from "../../OAuthClient.js"
import * as PendingSignIns from "../../PendingSignIns.js"
import * as Pkce from "../../Pkce.js"
import * as SignIn from "../../SignIn.js"
import { layerServer, SandboxServer } from "../../sandbox/node.js"
import * as Client from "../client.js"
import { CommandFailed } from "../exit.js"
import { print, say } from "../output.js"
import * as Terminal from "../terminal.js"
import { visit } from "./approve.js"

export interface LoginOptions {
  readonly sandbox: boolean
  readonly approve: boolean
  readonly headless: boolean
  readonly browser: boolean
  readonly port: number | undefined
  readonly limit: number | undefined
  readonly keyLabel: string | undefined
  readonly workspace: string | undefined
  readonly timeout: Duration.Duration
  readonly save: boolean
  readonly json: boolean
}

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

const noCode = new CommandFailed({
  why: "refused",
  message: "Standard input ended before it brought a code. Run the command in a terminal, or pipe the code into it."
})

/** Waits for the consent, from the browser or from standard input, and exchanges its code. */
const waitForKey = (options: LoginOptions) =>
  Effect.gen(function* () {
    const { approve, headless, port, timeout } = options
    const terminal = yield* Terminal.open({ read: !approve })
    const waiting = yield* Deferred.make<LoopbackSignIn.Waiting>()
    const ended = yield* Deferred.make<never, CommandFailed>()

    // Every line is answered before the next one is read: at the end each was refused, or one of them ended the sign-in.
    let open = 0
    const typed = terminal.lines.pipe(
      Stream.filter((line) => line.trim() !== ""),
      Stream.tap(() => Effect.sync(() => open++)),
      Stream.concat(
        Stream.drain(
          Stream.fromEffect(
            Effect.flatMap(Deferred.await(waiting), ({ mode }) =>
              mode === "headless" && open === 0 ? Deferred.fail(ended, noCode) : Effect.void
            )
          )
        )
      )
    )
    const approved = Stream.unwrap(
      Effect.map(Effect.flatMap(Deferred.await(waiting), visit), (code) => Stream.fromIterable(Option.toArray(code)))
    ).pipe(Stream.catchAll((error) => Stream.drain(Stream.fromEffect(Deferred.fail(ended, error)))))

    // Who asks for a port, or runs the sandbox here, has a browser that can come back; who cannot type has no other way.
    const comesBack = options.sandbox || port !== undefined || !Terminal.isInteractive()
    return yield* LoopbackSignIn.signIn({
      port,
      headless: headless ? true : comesBack ? false : undefined,
      openBrowser: options.browser && !approve,
      limit: options.limit,
      keyLabel: options.keyLabel,
      workspaceId: options.workspace,
      timeout,
      pasted: approve ? approved : typed,
      onRefused: ({ message }) =>
        Effect.zipRight(
          Effect.sync(() => open--),
          terminal.say(message)
        ),
      onWaiting: (shown) => Effect.zipRight(terminal.say(invitation(options, shown)), Deferred.succeed(waiting, shown))
    }).pipe(
      Effect.raceFirst(Deferred.await(ended)),
      Effect.raceFirst(
        Effect.flatMap(Deferred.await(waiting), ({ mode }) =>
          approve
            ? Effect.never
            : Terminal.countdown(terminal, timeout, mode === "headless" ? "Paste the code" : "Waiting for your consent")
        )
      )
    )
  }).pipe(
    Effect.scoped,
    Effect.onInterrupt(() => say("Stopped: nobody signed in. Run the command again to sign in."))
  )

/** A key that was given is shown or saved, whatever happens meanwhile. */
const keep = ({ json, sandbox, save }: LoginOptions, baseUrl: string, { key, userId }: SignIn.SignedIn) =>
  Effect.gen(function* () {
    const store = yield* CredentialStore.CredentialStore
    const show = (savedTo: string | null) =>
      print(json, { key: Redacted.value(key), userId, savedTo }, Redacted.value(key))
    const who = userId === null ? "" : ` as ${userId}`
    if (sandbox) {
      yield* say(`Signed in to the sandbox${who}. Its key is made up and ends with it: nothing is saved.`)
      return yield* show(null)
    }
    if (!save) {
      yield* say(`Signed in${who}. The key is not saved: keep it.`)
      return yield* show(null)
    }
    const { savedTo } = yield* store.set({ baseUrl }, { key, userId }).pipe(
      Effect.catchAll(({ message }) =>
        Effect.zipRight(
          show(null),
          Effect.fail(
            new CommandFailed({
              why: "notSaved",
              message: `Signed in${who}, but the key could not be saved, so it stands on standard output: keep it. ${message}`
            })
          )
        )
      )
    )
    yield* say(`Signed in${who}. The key is saved in ${savedTo}; print it with: openrouter-oauth key`)
    if (json) yield* show(savedTo)
  })

const login = <E, R>(options: LoginOptions, baseUrl: string, client: Layer.Layer<OAuthClient, E, R>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(waitForKey(options)), (signedIn) => keep(options, baseUrl, signedIn))
  ).pipe(
    Effect.provide(
      Layer.mergeAll(
        Layer.provide(SignIn.layer, [client, Pkce.layer, PendingSignIns.layerMemory]),
        BrowserOpener.layer,
        CredentialStore.layer()
      )
    )
  )

export const run = (options: LoginOptions) => {
  if (options.sandbox) {
    return Effect.flatMap(SandboxServer, ({ baseUrl }) => login(options, baseUrl, Client.layerSandbox(baseUrl))).pipe(
      Effect.provide(layerServer({ approve: options.approve }))
    )
  }
  return options.approve
    ? Effect.fail(
        new CommandFailed({
          why: "usage",
          message: "--approve is for the sandbox: nobody else consents by itself. Add --sandbox."
        })
      )
    : Effect.flatMap(Client.baseUrl, (baseUrl) => login(options, baseUrl, Client.layer()))
}
