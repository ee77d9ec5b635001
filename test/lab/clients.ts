/** Every way to reach OpenRouter that this package has, with one function a call. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as NodeOAuthClient from "effect-openrouter-oauth/node/NodeOAuthClient"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import { apiKey, call, challenge, code, verifier } from "../util/client.js"

export type Called = "createAuthCode" | "exchangeAuthCodeForAPIKey" | "getCurrentKey"
export const operations: ReadonlyArray<Called> = ["createAuthCode", "exchangeAuthCodeForAPIKey", "getCurrentKey"]

export interface Options {
  readonly baseUrl: string
  readonly timeoutMs: number
  /** The standard policy, or one attempt. */
  readonly retry: boolean
}

export interface Client {
  /** Returns "done", or what the call failed with. */
  readonly call: (operation: Called) => Promise<unknown>
  readonly dispose: () => Promise<void>
}

const withEffect =
  (layerOf: (options: OAuthClient.Options) => Layer.Layer<OAuthClient.OAuthClient, unknown>) =>
  ({ baseUrl, retry, timeoutMs }: Options): Client => {
    const runtime = ManagedRuntime.make(
      layerOf({ apiKey: Redacted.make(apiKey), baseUrl, timeout: timeoutMs }).pipe(
        Layer.provide(RetryPolicy.layer(retry ? RetryPolicy.standard : RetryPolicy.none))
      )
    )
    return {
      call: async (operation) => {
        const exit = await runtime.runPromiseExit(call(operation))
        return Exit.isSuccess(exit) ? "done" : Cause.squash(exit.cause)
      },
      dispose: () => runtime.dispose()
    }
  }

const over = (http: Layer.Layer<HttpClient.HttpClient>) =>
  withEffect((options) => Layer.provide(OAuthClient.layer(options), http))

const withPromises = ({ baseUrl, retry, timeoutMs }: Options): Client => {
  const client = createClient({ apiKey, baseUrl, timeoutMs, ...(retry ? {} : { retries: { strategy: "none" } }) })
  const calls: Record<Called, () => Promise<unknown>> = {
    createAuthCode: () =>
      client.createAuthCode({ callbackUrl: "https://app.example/callback", codeChallenge: challenge }),
    exchangeAuthCodeForAPIKey: () => client.exchangeAuthCodeForAPIKey({ code, codeVerifier: verifier }),
    getCurrentKey: () => client.getCurrentKey(apiKey)
  }
  return {
    call: (operation) =>
      calls[operation]().then(
        () => "done",
        (error: unknown) => error
      ),
    dispose: async () => client.dispose()
  }
}

export const clients: Record<string, (options: Options) => Client> = {
  PromiseClient: withPromises,
  layerFetch: withEffect((options) => OAuthClient.layerFetch(options)),
  "layer over fetch": over(FetchHttpClient.layer),
  "layer over undici": over(NodeHttpClient.layerUndici),
  "layer over node:http": over(NodeHttpClient.layer),
  layerUndici: withEffect((options) => NodeOAuthClient.layerUndici(options))
}

export const secrets = [apiKey, code, verifier]
