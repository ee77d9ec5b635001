/**
 * "Sign in with OpenRouter" in Hono, through the web handler. The same lines serve Next.js, Bun, Deno and workers:
 *
 *   npm run example examples/server-hono.ts
 *
 * It listens on PORT, or 3000, and signs in at a sandbox of its own: no account needed. For OpenRouter itself, set
 * OPENROUTER_BASE_URL to https://openrouter.ai/api/v1.
 */
import { serve } from "@hono/node-server"
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
import { Hono } from "hono"
import { deleteCookie, getCookie } from "hono/cookie"
import { html } from "hono/html"
import { serialize } from "hono/utils/cookie"

const hostname = "127.0.0.1"
const port = Number(process.env.PORT ?? 3000)

/** A local OpenRouter, for as long as this program runs. */
const startSandbox = () =>
  new Promise<string>((resolve) => {
    const { handler } = Sandbox.toWebHandler({ appTitle: "Hono example" })
    serve({ fetch: handler, hostname, port: 0 }, ({ port }) => resolve(`http://${hostname}:${port}/api/v1`))
  })

const baseUrl = process.env.OPENROUTER_BASE_URL ?? (await startSandbox())
const client = createClient({ baseUrl })

/** Who is signed in: session id to key. The key never leaves the server; an app of more than one process has a database for it. */
const sessions = new Map<string, string>()
const sessionCookie = { path: "/", httpOnly: true, sameSite: "Lax" } as const // and secure: true, on https

const signIn = SignInRoutes.toWebHandler({
  callbackUrl: `http://${hostname}:${port}/auth/openrouter/callback`,
  client: { baseUrl },
  keyLabel: "Hono example",
  limit: 5, // US dollars
  onSignedIn: async ({ key, returnTo }) => {
    // A fresh id: somebody else may know the one from before the sign-in. An earlier session stays until it expires, which a real app's
    // sessions do: another tab may be loading a page with it.
    const id = crypto.randomUUID()
    sessions.set(id, key)
    return new Response(null, {
      status: 303,
      headers: { location: returnTo ?? "/", "set-cookie": serialize("session", id, sessionCookie) }
    })
  }
})

const app = new Hono()

app.all("/auth/openrouter/*", (context) => signIn.handler(context.req.raw))

app.get("/", async (context) => {
  context.header("cache-control", "no-store")
  const key = sessions.get(getCookie(context, "session") ?? "")
  if (key === undefined) return context.html(page(signedOut))
  try {
    const { label, limit } = await client.getCurrentKey(key)
    return context.html(
      page(html`<p>You are signed in.</p>
<dl><dt>Key</dt><dd>${label}</dd><dt>May spend</dt><dd>${limit === null ? "any amount" : `$${limit}`}</dd></dl>
<form method="post" action="/sign-out"><button class="button">Sign out</button></form>`)
    )
  } catch (error) {
    return context.html(
      page(html`<p>${error instanceof Error ? error.message : "Something went wrong."}</p>${signedOut}`)
    )
  }
})

app.post("/sign-out", (context) => {
  sessions.delete(deleteCookie(context, "session", sessionCookie) ?? "")
  return context.redirect("/", 303)
})

serve({ fetch: app.fetch, hostname, port }, () => console.log(`Listening on http://${hostname}:${port}`))

const signedOut = html`<p>This page has no key of yours yet.</p>
<a class="button" href="/auth/openrouter">Sign in with OpenRouter</a>`

function page(body: ReturnType<typeof html>) {
  return html`<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>Hono example</title>
<style>
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1rem/1.6 system-ui, sans-serif; background: #f4f4f7; color: #1b1b1f }
  main { width: 22rem; padding: 2rem; background: #fff; border-radius: 1rem; box-shadow: 0 1px 4px #0002 }
  h1 { margin: 0 0 .5rem; font-size: 1.5rem }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem } dt { color: #666 } dd { margin: 0 }
  .button { display: inline-block; padding: .6rem 1.2rem; border: 0; border-radius: .6rem; background: #4a3fd1; color: #fff; font: inherit; text-decoration: none; cursor: pointer }
</style>
<main><h1>Hono example</h1>${body}</main>`
}
