import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as BrowserOpener from "../../node/BrowserOpener.js"
import * as CredentialStore from "../../node/CredentialStore.js"
import * as LoopbackSignIn from "../../node/LoopbackSignIn.js"
import { OAuthClient } from "../../OAuthClient.js"
import * as PendingSignIns from "../../PendingSignIns.js"
import * as Pkce from "../../Pkce.js"
import * as SignIn from "../../SignIn.js"
import { layerServer, SandboxServer } from "../../sandbox/node.js"
import { visit } from "../approve.js"
import * as Client from "../client.js"
import { CommandFailed } from "../exit.js"
import { afterwards } from "../keyPage.js"
import { print, say, saysWhatItWaitsFor } from "../output.js"
import * as Terminal from "../terminal.js"

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
  readonly profile: string | undefined
  readonly force: boolean
  readonly withKey: boolean
  readonly json: boolean
  readonly events: boolean
}

/** `--events`: one line of JSON for what happens, for a program that runs this one. */
type Event =
  | { readonly event: "waiting"; readonly url: string; readonly mode: LoopbackSignIn.Waiting["mode"] }
  | { readonly event: "exchanging" }
  | { readonly event: "refused"; readonly message: string }
  | {
      readonly event: "signed-in"
      readonly key: string
      readonly userId: string | null
      readonly savedTo: string | null
    }

const tell = ({ events }: LoginOptions, event: Event) => (events ? print(true, event, "") : Effect.void)

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

/** Waits for the consent, from the browser or from standard input, and exchanges its code. */
const waitForKey = (options: LoginOptions) =>
  Effect.gen(function* () {
    let isExchanging = false
    return yield* Effect.onInterrupt(
      waitIn(options, (now) => {
        isExchanging = now
      }),
      () =>
        say(
          isExchanging
            ? "Stopped while the code was exchanged: it may be used up, and your account may have a new key. Run the command again to sign in."
            : "Stopped: nobody signed in. Run the command again to sign in."
        )
    )
  })

const waitIn = (options: LoginOptions, exchanging: (now: boolean) => void) =>
  Effect.gen(function* () {
    const { approve, headless, port, timeout } = options
    const terminal = yield* Terminal.open({ read: !approve })
    const waiting = yield* Deferred.make<LoopbackSignIn.Waiting>()
    const ended = yield* Deferred.make<never, CommandFailed>()

    const approved = Stream.unwrap(
      Effect.map(Effect.flatMap(Deferred.await(waiting), visit), (code) => Stream.fromIterable(Option.toArray(code)))
    ).pipe(
      Stream.catchAll((error) => Stream.drain(Stream.fromEffect(Deferred.fail(ended, error)))),
      // The sandbox has no more to say, and the sign-in goes on.
      Stream.concat(Stream.never)
    )

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
      pasted: approve ? approved : terminal.lines,
      onExchanging: () =>
        Effect.gen(function* () {
          exchanging(true)
          yield* tell(options, { event: "exchanging" })
          yield* terminal.say("Exchanging the code for a key…")
        }),
      onRefused: ({ message }) =>
        Effect.gen(function* () {
          exchanging(false)
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
            : Terminal.countdown(terminal, timeout, mode === "headless" ? "Paste the code" : "Waiting for your consent")
        )
      )
    )
  }).pipe(Effect.scoped)

/** A key that was given is shown or saved, whatever happens meanwhile. */
const keep = (options: LoginOptions, baseUrl: string, { key, userId }: SignIn.SignedIn) =>
  Effect.gen(function* () {
    const { events, json, profile, sandbox, save } = options
    const store = yield* CredentialStore.CredentialStore
    const show = (savedTo: string | null) =>
      events
        ? tell(options, { event: "signed-in", key: Redacted.value(key), userId, savedTo })
        : print(json, { key: Redacted.value(key), userId, savedTo }, Redacted.value(key))
    const who = userId === null ? "" : ` as ${userId}`
    if (sandbox) {
      yield* say(`Signed in to the sandbox${who}. Its key is made up and ends with it: nothing is saved.`)
      return yield* show(null)
    }
    if (!save) {
      yield* say(`Signed in${who}. The key is not saved: keep it.`)
      return yield* show(null)
    }
    const where = { baseUrl, profile }
    const replaced = yield* storedNow(where)
    const { savedTo } = yield* store.set(where, { key, userId, label: options.keyLabel }).pipe(
      Effect.catchAll(({ message }) =>
        Effect.zipRight(
          show(null),
          Effect.fail(
            new CommandFailed({
              why: "notSaved",
              message: `Signed in${who}, but the key could not be saved, so it is printed on standard output: keep it. ${message}`
            })
          )
        )
      )
    )
    yield* say(
      `Signed in${who}. The key is saved in ${savedTo}; print it with: openrouter-oauth key${Client.profileFlag(profile)}`
    )
    if (Option.isSome(replaced) && Redacted.value(replaced.value.key) !== Redacted.value(key))
      yield* say(`It replaces another key. ${afterwards(baseUrl, replaced.value.key)}`)
    if (Option.isSome(yield* Client.variable("OPENROUTER_API_KEY"))) {
      yield* say("OPENROUTER_API_KEY is set, and wins over the key that is saved. Unset it to use this one.")
    }
    if (json || events) yield* show(savedTo)
  })

/** What is stored. A store that cannot be read is told of when it is written: the key is shown then. */
const storedNow = (where: CredentialStore.Where) =>
  Effect.flatMap(CredentialStore.CredentialStore, (store) => store.get(where)).pipe(Effect.orElseSucceed(Option.none))

/** Says who is signed in already, and asks; without a terminal it wants `--force`. */
const confirm = ({ force, profile, save }: LoginOptions, baseUrl: string) =>
  Effect.gen(function* () {
    if (force || !save) return true
    const stored = yield* storedNow({ baseUrl, profile })
    if (Option.isNone(stored)) return true
    const { savedTo, userId } = stored.value
    const already = `You are signed in to ${baseUrl} already${userId === null ? "" : ` as ${userId}`}; the key is in ${savedTo}.`
    if (!Terminal.isInteractive()) {
      return yield* new CommandFailed({
        why: "usage",
        message: `${already} Add --force to sign in again, or --profile with another name to keep both keys.`
      })
    }
    const answer = yield* Terminal.ask(`${already} Sign in again? (y/N)`)
    return /^y(es)?$/i.test(answer.trim())
  })

const login = <E, R>(options: LoginOptions, baseUrl: string, client: Layer.Layer<OAuthClient, E, R>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(waitForKey(options)), (signedIn) => keep(options, baseUrl, signedIn))
  ).pipe(
    Effect.provide(
      Layer.mergeAll(Layer.provide(SignIn.layer, [client, Pkce.layer, PendingSignIns.layerMemory]), BrowserOpener.layer)
    )
  )

/** `--with-key`: a key that somebody has already is checked and stored. */
const storeKey = (options: LoginOptions, baseUrl: string) =>
  Effect.gen(function* () {
    const line = yield* Terminal.ask("Paste the key, and press Enter. It is not shown:", { hidden: true }).pipe(
      Terminal.isInteractive() ? identity : saysWhatItWaitsFor("Waiting for the key, a line of standard input…")
    )
    if (line.trim() === "") {
      return yield* new CommandFailed({
        why: "usage",
        message:
          "There is no key on standard input. Pipe it into the command: openrouter-oauth login --with-key < key.txt"
      })
    }
    const key = Redacted.make(line.trim())
    const { creatorUserId, label } = yield* Effect.flatMap(OAuthClient, (client) => client.getCurrentKey(key)).pipe(
      Effect.catchTag("Unauthorized", () =>
        Effect.fail(
          new CommandFailed({ why: "refused", message: `${baseUrl} does not accept this key. Nothing was stored.` })
        )
      ),
      saysWhatItWaitsFor(`Asking ${baseUrl} about the key…`)
    )
    yield* keep({ ...options, keyLabel: options.keyLabel ?? label }, baseUrl, { key, userId: creatorUserId })
  })

/** Flags that contradict each other. */
const contradiction = ({ approve, events, force, json, profile, sandbox, save, withKey }: LoginOptions) =>
  approve && !sandbox
    ? "--approve is for the sandbox: nobody else consents by itself. Add --sandbox."
    : sandbox && (withKey || force || profile !== undefined)
      ? "With --sandbox nothing is saved: leave out --with-key, --force and --profile."
      : withKey && !save
        ? "--with-key stores a key, and --no-save stores none. Leave one of them out."
        : events && json
          ? "--events and --json both print JSON. Leave one of them out."
          : undefined

export const run = (options: LoginOptions) =>
  Effect.gen(function* () {
    const fault = contradiction(options)
    if (fault !== undefined) return yield* new CommandFailed({ why: "usage", message: fault })
    if (options.sandbox) {
      return yield* Effect.flatMap(SandboxServer, ({ baseUrl }) =>
        login(options, baseUrl, Client.layerSandbox(baseUrl))
      ).pipe(Effect.provide(layerServer({ approve: options.approve })))
    }
    const baseUrl = yield* Client.baseUrl
    if (!(yield* confirm(options, baseUrl))) return yield* say("Nothing was changed.")
    yield* options.withKey
      ? Effect.provide(storeKey(options, baseUrl), Client.layer())
      : login(options, baseUrl, Client.layer())
  }).pipe(Effect.provide(CredentialStore.layer()))
