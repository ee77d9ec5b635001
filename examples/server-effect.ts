/**
 * "Sign in with OpenRouter" on a server of @effect/platform-node:
 *
 *   npm run example examples/server-effect.ts
 *
 * It listens on PORT, or 3000, and signs in at a sandbox of its own: no account needed. For OpenRouter itself, set
 * OPENROUTER_BASE_URL to https://openrouter.ai/api/v1.
 */
import { createServer } from "node:http"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"

/** Who is signed in: session id to key. The key never leaves the server; an app of more than one process has a database for it. */
const sessions = new Map<string, Redacted.Redacted>()
const sessionCookie = { path: "/", httpOnly: true, sameSite: "lax" } as const // and secure: true, on https

const signedOut = `<p>This page has no key of yours yet.</p>
<a class="button" href="/auth/openrouter">Sign in with OpenRouter</a>`

const home = Effect.gen(function* () {
  const { cookies } = yield* HttpServerRequest.HttpServerRequest
  const key = sessions.get(cookies.session ?? "")
  if (key === undefined) return page(signedOut)
  const client = yield* OAuthClient.OAuthClient
  const { label, limit } = yield* client.getCurrentKey(key)
  return page(`<p>You are signed in.</p>
<dl><dt>Key</dt><dd>${escape(label)}</dd><dt>May spend</dt><dd>${limit === null ? "any amount" : `$${limit}`}</dd></dl>
<form method="post" action="/sign-out"><button class="button">Sign out</button></form>`)
}).pipe(Effect.catchAll((error) => Effect.succeed(page(`<p>${escape(error.message)}</p>${signedOut}`))))

const signOut = Effect.map(HttpServerRequest.HttpServerRequest, ({ cookies }) => {
  sessions.delete(cookies.session ?? "")
  return HttpServerResponse.redirect("/", { status: 303 }).pipe(
    HttpServerResponse.expireCookie("session", sessionCookie)
  )
})

const App = Effect.gen(function* () {
  const port = yield* Config.integer("PORT").pipe(Config.withDefault(3000))
  const signInRoutes = yield* SignInRoutes.router({
    callbackUrl: `http://127.0.0.1:${port}/auth/openrouter/callback`,
    keyLabel: "Effect example",
    limit: 5, // US dollars
    onSignedIn: ({ key, returnTo }) =>
      Effect.sync(() => {
        // A fresh id: somebody else may know the one from before the sign-in. An earlier session stays until it expires, which a real
        // app's sessions do: another tab may be loading a page with it.
        const id = crypto.randomUUID()
        sessions.set(id, key)
        return HttpServerResponse.redirect(returnTo ?? "/", { status: 303 }).pipe(
          HttpServerResponse.unsafeSetCookie("session", id, sessionCookie)
        )
      })
  })
  return HttpRouter.empty.pipe(
    HttpRouter.get("/", home),
    HttpRouter.post("/sign-out", signOut),
    HttpRouter.concat(signInRoutes),
    HttpServer.serve(),
    HttpServer.withLogAddress,
    Layer.provide(NodeHttpServer.layer(createServer, { port, host: "127.0.0.1" }))
  )
}).pipe(Layer.unwrapEffect)

/** A local OpenRouter, for as long as this program runs. */
const Sandboxed = Layer.unwrapEffect(
  Effect.map(SandboxNode.SandboxServer, ({ baseUrl }) => OAuthClient.layerFetch({ baseUrl }))
).pipe(Layer.provide(SandboxNode.layerServer({ appTitle: "Effect example" })))

const OpenRouter = Config.string("OPENROUTER_BASE_URL").pipe(
  Effect.map((baseUrl) => OAuthClient.layerFetch({ baseUrl })),
  Effect.orElseSucceed(() => Sandboxed),
  Layer.unwrapEffect
)

App.pipe(
  Layer.provide(SignIn.layer),
  Layer.provide([OpenRouter, PendingSignIns.layerMemory]),
  Layer.launch,
  NodeRuntime.runMain
)

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function page(body: string) {
  return HttpServerResponse.html(`<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>Effect example</title>
<style>
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1rem/1.6 system-ui, sans-serif; background: #f4f4f7; color: #1b1b1f }
  main { width: 22rem; padding: 2rem; background: #fff; border-radius: 1rem; box-shadow: 0 1px 4px #0002 }
  h1 { margin: 0 0 .5rem; font-size: 1.5rem }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem } dt { color: #666 } dd { margin: 0 }
  .button { display: inline-block; padding: .6rem 1.2rem; border: 0; border-radius: .6rem; background: #4a3fd1; color: #fff; font: inherit; text-decoration: none; cursor: pointer }
</style>
<main><h1>Effect example</h1>${body}</main>`).pipe(HttpServerResponse.setHeader("cache-control", "no-store"))
}
