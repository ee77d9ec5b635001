/** Sign-ins over a mocked exchange. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import * as Pkce from "effect-openrouter-oauth/Pkce"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import { bodyOf, json, ok } from "./client.js"

/** Sign-ins over a mocked exchange, with what it was sent. */
export const fixture = (
  respond: (n: number) => Response | "offline" = () => json(200, ok.exchangeAuthCodeForAPIKey),
  store: Layer.Layer<PendingSignIns.PendingSignIns> = PendingSignIns.layerMemory
) => {
  const exchanged: Array<unknown> = []
  const http = HttpClient.make((request) => {
    exchanged.push(bodyOf(request))
    const response = respond(exchanged.length)
    return response === "offline"
      ? Effect.fail(
          new HttpClientError.RequestError({
            request,
            reason: "Transport",
            cause: Object.assign(new Error("refused"), { syscall: "connect" })
          })
        )
      : Effect.succeed(HttpClientResponse.fromWeb(request, response))
  })
  const layer = SignIn.layer.pipe(
    Layer.provide([OAuthClient.layer(), Pkce.layer, store]),
    Layer.provide([Layer.succeed(HttpClient.HttpClient, http), RetryPolicy.layer(RetryPolicy.none)])
  )
  return { layer, exchanged }
}

/** A store whose rows somebody else has changed. */
export const tampering = (changed: Partial<PendingSignIns.PendingSignIn>): Layer.Layer<PendingSignIns.PendingSignIns> =>
  Layer.map(PendingSignIns.layerMemory, (context) => {
    const store = Context.get(context, PendingSignIns.PendingSignIns)
    return Context.make(PendingSignIns.PendingSignIns, {
      ...store,
      put: (key, pending, ttl) => store.put(key, { ...pending, ...changed }, ttl)
    })
  })

/** The callback that OpenRouter would send, with some parameters changed. */
export const callback = (
  started: Pick<SignIn.SignInStarted, "authorizationUrl">,
  parameters: Record<string, string | undefined>
): URL => {
  const url = new URL(started.authorizationUrl.searchParams.get("callback_url") ?? "")
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  return url
}
