/** "Sign in with OpenRouter": the routes, and the keys of the users who are signed in. */
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
import { cookies } from "next/headers"

const appUrl = process.env.APP_URL ?? "http://localhost:3000"
const baseUrl = process.env.OPENROUTER_BASE_URL

export const client = createClient({ baseUrl })

const make = () => {
  /** Session id to key, in this process. An app of several has a database for it. */
  const sessions = new Map<string, string>()
  const { handler } = SignInRoutes.toWebHandler({
    callbackUrl: `${appUrl}/auth/openrouter/callback`,
    client: { baseUrl },
    keyLabel: "Next.js",
    limit: 5, // US dollars
    onSignedIn: async ({ key, returnTo }) => {
      // The key stays here. The browser gets the id of a new session.
      const id = crypto.randomUUID()
      sessions.set(id, key)
      const jar = await cookies()
      jar.set("session", id, { httpOnly: true, sameSite: "lax", secure: appUrl.startsWith("https:") })
      return new Response(null, { status: 303, headers: { location: returnTo ?? "/" } })
    }
  })
  return { handler, sessions }
}

// Next.js loads this module more than once: for the page, for the route, and after every change in development.
const shared = globalThis as { openRouter?: ReturnType<typeof make> }
shared.openRouter ??= make()

export const { handler, sessions } = shared.openRouter
