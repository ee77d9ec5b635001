/** Terminals of the soak: each sign-in has a callback server of its own, or its code is pasted. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as BrowserOpener from "effect-openrouter-oauth/node/BrowserOpener"
import * as LoopbackSignIn from "effect-openrouter-oauth/node/LoopbackSignIn"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import { browse, request } from "../../util/loopback.js"
import { serveParent, type TerminalMode, type TerminalOutcome } from "./messages.js"

const runtime = ManagedRuntime.make(
  SignIn.layer.pipe(
    Layer.provide([OAuthClient.layerFetch({ baseUrl: process.env.OPENROUTER_BASE_URL }), PendingSignIns.layerMemory]),
    Layer.merge(BrowserOpener.layerNone)
  )
)

const codeOn = (url: URL) =>
  Effect.map(request(url, { agent: false }), ({ body }) => /<code[^>]*>([^<]+)<\/code>/.exec(body)?.[1] ?? "")

const signIn = (keyLabel: string, mode: TerminalMode) =>
  Effect.gen(function* () {
    const page = yield* Deferred.make<URL>()
    const url = Deferred.await(page)
    const signingIn = LoopbackSignIn.signIn({
      keyLabel,
      headless: mode === "headless",
      onWaiting: (waiting) => Effect.asVoid(Deferred.succeed(page, waiting.url)),
      onRefused: () => Effect.void,
      ...(mode === "headless" && { pasted: Stream.fromEffect(Effect.flatMap(url, codeOn)) })
    })
    if (mode === "leaves") {
      yield* Effect.raceFirst(signingIn, url)
      return { _tag: "Left" } as const
    }
    // A browser whose sign-in has failed reads the page all the same.
    const browsing = mode === "loopback" ? Effect.flatMap(url, browse) : Effect.void
    const [ended] = yield* Effect.all([Effect.either(signingIn), browsing], { concurrency: 2 })
    return ended._tag === "Right"
      ? ({ _tag: "Key", key: Redacted.value(ended.right.key) } as const)
      : ({ _tag: "Failed", error: ended.left._tag } as const)
  })

const tell = serveParent("terminal", ({ label, mode }) => {
  runtime.runPromise(signIn(label, mode)).then(
    (outcome: TerminalOutcome) => tell({ _tag: "SignedIn", label, outcome }),
    (defect: unknown) => {
      console.error(defect)
      process.exit(1)
    }
  )
})
