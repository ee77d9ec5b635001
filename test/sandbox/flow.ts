/** The flow over a sandbox in process. */
import * as HttpClient from "@effect/platform/HttpClient"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SignIn from "effect-openrouter-oauth/SignIn"

export const callbackUrl = "http://127.0.0.1:4321/callback?app=1"

export const layer = (options: Sandbox.Options) => {
  const Client = Layer.provideMerge(OAuthClient.layer(), Sandbox.layerHttpClient(options))
  return SignIn.layer.pipe(Layer.provideMerge(Client), Layer.provide([Pkce.layer, PendingSignIns.layerMemory]))
}

/** Where the consent page of a sandbox that answers by itself sends the browser. */
export const visit = (url: URL) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const { headers, status } = yield* client.get(url)
    assert.include([302, 303], status)
    assert(headers.location !== undefined)
    return headers.location
  }).pipe(Effect.scoped)
