/** "Sign in with OpenRouter" on Bun.serve. */
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"

const port = Number(Bun.env.PORT ?? 3000)
const appUrl = Bun.env.APP_URL ?? `http://localhost:${port}`
const baseUrl = Bun.env.OPENROUTER_BASE_URL

const client = createClient({ baseUrl })

/** Session id to key, in this process. An app of several has a database for it. */
const sessions = new Map<string, string>()

const signIn = SignInRoutes.toWebHandler({
  callbackUrl: `${appUrl}/auth/openrouter/callback`,
  client: { baseUrl },
  keyLabel: "Bun",
  limit: 5, // US dollars
  onSignedIn: async ({ key, returnTo }) => {
    // The key stays here. The browser gets the id of a new session.
    const id = crypto.randomUUID()
    sessions.set(id, key)
    const cookie = new Bun.Cookie("session", id, {
      httpOnly: true,
      sameSite: "lax",
      secure: appUrl.startsWith("https:")
    })
    return new Response(null, {
      status: 303,
      headers: { location: returnTo ?? "/", "set-cookie": cookie.toString() }
    })
  }
})

const server = Bun.serve({
  port,
  routes: {
    "/auth/openrouter": signIn.handler,
    "/auth/openrouter/*": signIn.handler,
    "/": async ({ cookies }) => {
      const key = sessions.get(cookies.get("session") ?? "")
      if (key === undefined) return page('<a href="/auth/openrouter">Sign in with OpenRouter</a>')
      const { label, limit } = await client.getCurrentKey(key)
      return page(`<p>Signed in with the key <b>${Bun.escapeHTML(label)}</b>, which may spend $${limit}.</p>`)
    }
  }
})

console.log(`Listening on ${server.url}`)

function page(content: string) {
  const html = `<!doctype html>
<title>Bun</title>
<h1>Bun</h1>
${content}`
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" } })
}
