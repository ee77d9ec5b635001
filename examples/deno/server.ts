/** "Sign in with OpenRouter" on Deno.serve. */
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"

const port = Number(Deno.env.get("PORT") ?? 3000)
const appUrl = Deno.env.get("APP_URL") ?? `http://localhost:${port}`
const baseUrl = Deno.env.get("OPENROUTER_BASE_URL")

const client = createClient({ baseUrl })

/** Session id to key, in this process. An app of several has a database for it. */
const sessions = new Map<string, string>()

const signIn = SignInRoutes.toWebHandler({
  callbackUrl: `${appUrl}/auth/openrouter/callback`,
  client: { baseUrl },
  keyLabel: "Deno",
  limit: 5, // US dollars
  onSignedIn: async ({ key, returnTo }) => {
    // The key stays here. The browser gets the id of a new session.
    const id = crypto.randomUUID()
    sessions.set(id, key)
    const secure = appUrl.startsWith("https:") ? "; Secure" : ""
    return new Response(null, {
      status: 303,
      headers: {
        location: returnTo ?? "/",
        "set-cookie": `session=${id}; Path=/; HttpOnly; SameSite=Lax${secure}`
      }
    })
  }
})

Deno.serve({ port }, async (request) => {
  const { pathname } = new URL(request.url)
  if (pathname.startsWith("/auth/openrouter")) return signIn.handler(request)
  if (pathname !== "/") return new Response("Not found", { status: 404 })

  const [, id = ""] = /(?:^|; )session=([^;]*)/.exec(request.headers.get("cookie") ?? "") ?? []
  const key = sessions.get(id)
  if (key === undefined) return page('<a href="/auth/openrouter">Sign in with OpenRouter</a>')
  const { label, limit } = await client.getCurrentKey(key)
  return page(`<p>Signed in with the key <b>${escapeHtml(label)}</b>, which may spend $${limit}.</p>`)
})

const escapeHtml = (text: string) => text.replace(/[&<"]/g, (character) => `&#${character.charCodeAt(0)};`)

function page(content: string) {
  const html = `<!doctype html>
<title>Deno</title>
<h1>Deno</h1>
${content}`
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" } })
}
