/** "Sign in with OpenRouter": the routes, and the keys of the users who are signed in. */

import { createClient } from "effect-openrouter-oauth/PromiseClient"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
import { APP_URL, OPENROUTER_BASE_URL } from "$app/env/private"
import { getRequestEvent } from "$app/server"

export const client = createClient({ baseUrl: OPENROUTER_BASE_URL })

/** Session id to key, in this process. An app of several has a database for it. */
export const sessions = new Map<string, string>()

export const { handler } = SignInRoutes.toWebHandler({
  callbackUrl: `${APP_URL}/auth/openrouter/callback`,
  client: { baseUrl: OPENROUTER_BASE_URL },
  keyLabel: "SvelteKit",
  limit: 5, // US dollars
  onSignedIn: async ({ key, returnTo }) => {
    // The key stays here. The browser gets the id of a new session.
    const id = crypto.randomUUID()
    sessions.set(id, key)
    // Http-only and SameSite=Lax, as SvelteKit has it.
    getRequestEvent().cookies.set("session", id, { path: "/", secure: APP_URL.startsWith("https:") })
    return new Response(null, { status: 303, headers: { location: returnTo ?? "/" } })
  }
})
