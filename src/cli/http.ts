/** The HTTP client of the commands: fetch, or undici if the environment names a proxy. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { failureOf } from "../client/connection.js"
import { ownFetch } from "../client/ownFetch.js"
import { parse } from "../internal/url.js"
import { CommandFailed } from "./exit.js"
import { setProxyVariables } from "./proxy.js"

/** `--log-level debug`: logs method, address and outcome of every request, but not its headers, query and body, which hold secrets. */
const logged = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  HttpClient.transform(client, (effect, { method, url }) =>
    Effect.flatMap(Clock.currentTimeMillis, (start) => {
      const target = parse(url)
      const log = (outcome: string | number) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.logDebug(`${method} ${target?.origin}${target?.pathname} ${outcome} in ${now - start} ms`)
        )
      return effect.pipe(
        Effect.tap(({ status }) => log(status)),
        Effect.tapError(({ cause }) => log(failureOf(cause).code ?? "failed"))
      )
    })
  )

const behindProxy = Layer.unwrapScoped(
  Effect.gen(function* () {
    const [{ makeUndici }, { EnvHttpProxyAgent }] = yield* Effect.promise(() =>
      Promise.all([import("@effect/platform-node/NodeHttpClient"), import("@effect/platform-node/Undici")])
    )
    const agent = yield* Effect.acquireRelease(
      Effect.try({
        try: () => new EnvHttpProxyAgent(),
        catch: () =>
          new CommandFailed({
            why: "usage",
            message: `The proxy is not a URL. Correct or unset ${setProxyVariables().join(", ")}.`
          })
      }),
      (agent) => Effect.promise(() => agent.destroy())
    )
    return Layer.succeed(HttpClient.HttpClient, logged(makeUndici(agent)))
  })
)

/** Connects to the host itself. */
export const layerDirect: Layer.Layer<HttpClient.HttpClient> = FetchHttpClient.layer.pipe(
  Layer.provide(Layer.succeed(FetchHttpClient.Fetch, ownFetch)),
  Layer.project(HttpClient.HttpClient, HttpClient.HttpClient, logged)
)

/** Connects as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say. */
export const layer: Layer.Layer<HttpClient.HttpClient, CommandFailed> = Layer.suspend(() =>
  setProxyVariables().length > 0 ? behindProxy : layerDirect
)
