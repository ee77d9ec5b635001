/**
 * One of the servers. It knows nothing of the others: what they share is the store at STORE_URL. Browsers reach it at PUBLIC_URL.
 */
import { createServer } from "node:http"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
import { storeAt } from "./store.js"

const settings = Config.all({
  name: Config.string("SERVER_NAME"),
  publicUrl: Config.url("PUBLIC_URL"),
  storeUrl: Config.string("STORE_URL"),
  baseUrl: Config.string("OPENROUTER_BASE_URL")
})

const page = (body: string) =>
  HttpServerResponse.html(`<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<title>Two servers</title>
<style>body { margin: 4rem auto; max-width: 30rem; font: 1rem/1.6 system-ui, sans-serif }</style>
<h1>Two servers</h1>
${body}`)

const App = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { baseUrl, name, publicUrl, storeUrl } = yield* settings
    const signInRoutes = yield* SignInRoutes.router({
      callbackUrl: new URL("/auth/openrouter/callback", publicUrl),
      keyLabel: "Two servers",
      // A real app keeps the key, in sessions that its servers share as well.
      onSignedIn: () =>
        Effect.succeed(
          HttpServerResponse.redirect(`/signed-in?completed-by=${encodeURIComponent(name)}`, { status: 303 })
        )
    })
    return HttpRouter.empty.pipe(
      HttpRouter.get("/", page('<p><a href="/auth/openrouter">Sign in with OpenRouter</a></p>')),
      HttpRouter.get(
        "/signed-in",
        Effect.map(HttpServerRequest.HttpServerRequest, ({ url }) => {
          const by = new URL(url, publicUrl).searchParams.get("completed-by")
          return page(
            `<p>You are signed in. Server ${by === "A" ? "A" : "B"} completed it.</p><p><a href="/">Once more</a></p>`
          )
        })
      ),
      HttpRouter.concat(signInRoutes),
      HttpServer.serve(),
      Layer.provide(SignIn.layer),
      Layer.provide([OAuthClient.layerFetch({ baseUrl }), storeAt(storeUrl)])
    )
  })
)

const Listening = Layer.effectDiscard(
  HttpServer.addressFormattedWith((address) => Console.log(`Listening on ${address}`))
)

// The one that started it is gone.
process.once("disconnect", () => process.exit())

Layer.provide(
  Layer.provideMerge(Listening, App),
  NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })
).pipe(Layer.launch, NodeRuntime.runMain)
