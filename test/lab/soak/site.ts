/** One web server of the soak: the routes over the store at STORE_URL, which it shares with another one. */
import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
import { storeAt } from "../../../examples/two-servers/store.js"
import { serveParent } from "./messages.js"

const settings = Config.all({
  storeUrl: Config.string("STORE_URL"),
  keyLabel: Config.string("KEY_LABEL"),
  baseUrl: Config.string("OPENROUTER_BASE_URL")
})

const Site = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { baseUrl, keyLabel, storeUrl } = yield* settings
    const routes = yield* SignInRoutes.router({
      callbackUrl: "http://127.0.0.1:9/auth/openrouter/callback",
      keyLabel,
      // Uses the key at once, and shows it, so that the soak sees who got which.
      onSignedIn: ({ key }) =>
        Effect.gen(function* () {
          const client = yield* OAuthClient.OAuthClient
          const confirmed = yield* Effect.either(client.getCurrentKey(key))
          return HttpServerResponse.redirect("/", {
            status: 303,
            headers: {
              "x-key": Redacted.value(key),
              "x-confirmed": confirmed._tag === "Right" ? confirmed.right.label : confirmed.left._tag
            }
          })
        })
    })
    return routes.pipe(
      HttpServer.serve(),
      Layer.provide(SignIn.layer),
      Layer.provide([OAuthClient.layerFetch({ baseUrl }), storeAt(storeUrl)])
    )
  })
)

const Listening = Layer.effectDiscard(
  HttpServer.addressFormattedWith((address) => Effect.sync(() => serveParent(address, () => {})))
)

Layer.provide(
  Layer.provideMerge(Listening, Site),
  NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })
).pipe(Layer.launch, NodeRuntime.runMain)
