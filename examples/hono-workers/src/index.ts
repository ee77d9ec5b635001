/** "Sign in with OpenRouter" on Cloudflare Workers, with Hono. */
import { env } from "cloudflare:workers"
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
import { Hono } from "hono"
import { getCookie } from "hono/cookie"
import { html } from "hono/html"
import { serialize } from "hono/utils/cookie"
import { pendingSignIns } from "./pendingSignIns.js"

const client = createClient({ baseUrl: env.OPENROUTER_BASE_URL })

const signIn = SignInRoutes.toWebHandler({
  callbackUrl: `${env.APP_URL}/auth/openrouter/callback`,
  client: { baseUrl: env.OPENROUTER_BASE_URL },
  pendingSignIns: pendingSignIns(env.DB),
  keyLabel: "Hono on Workers",
  limit: 5, // US dollars
  onSignedIn: async ({ key, returnTo }) => {
    // The key stays in the database. The browser gets the id of a new session.
    const id = crypto.randomUUID()
    await env.DB.prepare("INSERT INTO sessions (id, openrouter_key) VALUES (?, ?)").bind(id, key).run()
    const secure = env.APP_URL.startsWith("https:")
    const cookie = serialize("session", id, { path: "/", httpOnly: true, sameSite: "Lax", secure })
    return new Response(null, { status: 303, headers: { location: returnTo ?? "/", "set-cookie": cookie } })
  }
})

const app = new Hono()

app.all("/auth/openrouter/*", (context) => signIn.handler(context.req.raw))

app.get("/", async (context) => {
  const id = getCookie(context, "session") ?? ""
  const key = await env.DB.prepare("SELECT openrouter_key FROM sessions WHERE id = ?")
    .bind(id)
    .first<string>("openrouter_key")
  context.header("cache-control", "no-store")
  if (key === null) return context.html(page(html`<a href="/auth/openrouter">Sign in with OpenRouter</a>`))
  const { label, limit } = await client.getCurrentKey(key)
  return context.html(page(html`<p>Signed in with the key <b>${label}</b>, which may spend $${limit}.</p>`))
})

const page = (content: ReturnType<typeof html>) => html`<!doctype html>
<title>Hono on Workers</title>
<h1>Hono on Workers</h1>
${content}`

export default app
