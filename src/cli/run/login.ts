import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as BrowserOpener from "../../node/BrowserOpener.js"
import * as CredentialStore from "../../node/CredentialStore.js"
import type { OAuthClient } from "../../OAuthClient.js"
import * as PendingSignIns from "../../PendingSignIns.js"
import * as Pkce from "../../Pkce.js"
import * as SignIn from "../../SignIn.js"
import { layerServer, SandboxServer } from "../../sandbox/node.js"
import * as Client from "../client.js"
import { CommandFailed } from "../exit.js"
import { confirm, keep } from "../login/keep.js"
import { contradiction, type LoginOptions } from "../login/options.js"
import { signIn } from "../login/signIn.js"
import { readKey } from "../login/withKey.js"
import { say } from "../output.js"

/** Signs in and keeps the key. Once there is a key, an interruption does not lose it. */
const login = <E, R>(options: LoginOptions, baseUrl: string, client: Layer.Layer<OAuthClient, E, R>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(signIn(options)), (signedIn) => keep(options, baseUrl, signedIn))
  ).pipe(
    Effect.provide(
      Layer.mergeAll(Layer.provide(SignIn.layer, [client, Pkce.layer, PendingSignIns.layerMemory]), BrowserOpener.layer)
    )
  )

const storeKey = (options: LoginOptions, baseUrl: string) =>
  Effect.flatMap(readKey(baseUrl), ({ label, ...signedIn }) =>
    keep({ ...options, keyLabel: options.keyLabel ?? label }, baseUrl, signedIn)
  )

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
    yield* options.withKey ? storeKey(options, baseUrl) : login(options, baseUrl, Client.layer())
  }).pipe(Effect.provide(CredentialStore.layer()))
