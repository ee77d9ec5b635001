/**
 * "Connect OpenRouter" in an app whose users are signed in already, with Express, express-session and SQLite:
 *
 *   npm ci --prefix examples/connect-account
 *   npm run example examples/connect-account/server.ts
 *
 * It listens on PORT, or 3000, and signs in at a sandbox of its own: no account needed. For OpenRouter itself, set
 * OPENROUTER_BASE_URL to https://openrouter.ai/api/v1. What it keeps is gone when it ends, unless DATABASE_URL names a file.
 */
import { fileURLToPath } from "node:url"
import { toMiddleware } from "effect-openrouter-oauth/node/NodeSignInRoutes"
import { Unauthorized } from "effect-openrouter-oauth/OAuthError"
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import express from "express"
import { rateLimit } from "express-rate-limit"
import session from "express-session"
import { keys, SessionStore, secret } from "./database.js"
import * as pages from "./pages.js"
import { startSandbox } from "./sandbox.js"

declare module "express-session" {
  interface SessionData {
    user: string
  }
}

const origin = `http://127.0.0.1:${process.env.PORT ?? 3000}` // of a real app: https://app.example, from its configuration
const baseUrl = process.env.OPENROUTER_BASE_URL ?? (await startSandbox())
const client = createClient({ baseUrl, appTitle: "Notes" })

const app = express()
app.use(express.static(fileURLToPath(new URL("public", import.meta.url))))
app.use(express.urlencoded({ extended: false }))
app.use(
  session({
    secret,
    store: new SessionStore(),
    resave: false,
    saveUninitialized: false,
    // Lax, not strict: the cookie has to come with the callback, which OpenRouter's page causes. Other sites' forms come without it.
    cookie: { httpOnly: true, sameSite: "lax", secure: origin.startsWith("https:"), maxAge: 7 * 24 * 60 * 60 * 1000 }
  })
)

// Only begin: at the callback `subjectOf` decides, and a page says what is wrong.
app.all(
  "/auth/openrouter",
  (req, res, next) => {
    if (req.session.user === undefined) res.status(401).send(pages.signedOut())
    else next()
  },
  // Every begin waits in a store of limited size. Where strangers may begin too, limit by address.
  rateLimit({ windowMs: 60_000, limit: 10, keyGenerator: (req) => req.session.user ?? "" })
)

app.use(
  toMiddleware({
    callbackUrl: `${origin}/auth/openrouter/callback`,
    client: { baseUrl, appTitle: "Notes" },
    keyLabel: "Notes",
    limit: 5, // US dollars
    // The user who began must be the one who completes.
    subjectOf: (req: express.Request) => req.session.user,
    onSignedIn: async ({ key, subject }) => {
      if (subject !== undefined) await keys.set(subject, key)
      return "/"
    },
    // A denial is said on the app's own page. Everything else has a page of the middleware's.
    onFailed: ({ _tag }) => (_tag === "AuthorizationDenied" ? "/?denied" : undefined)
  })
)

app.get("/", async (req, res) => {
  const { user } = req.session
  res.set("cache-control", "no-store")
  if (user === undefined) return void res.send(pages.signedOut())
  const key = await keys.get(user)
  if (key === undefined) {
    const denied = "You did not allow it. That is fine: nothing has changed."
    return void res.send(pages.notConnected(user, "denied" in req.query ? denied : undefined))
  }
  try {
    const { label, limit } = await client.getCurrentKey(key)
    res.send(pages.connected(user, key, label, limit))
  } catch (error) {
    // Deleted by its owner at OpenRouter, or expired. Every other error is passing, and the key may be a good one.
    if (!(error instanceof Unauthorized)) throw error
    await keys.remove(user)
    res.send(pages.notConnected(user, "OpenRouter does not accept your key any more. Connect again."))
  }
})

app.post("/disconnect", async (req, res) => {
  const { user } = req.session
  const key = user && (await keys.get(user))
  if (!user || !key) return res.redirect(303, "/")
  await keys.remove(user)
  res.send(pages.disconnected(user, key))
})

app.post("/sign-in", (req, res, next) => {
  const { user } = req.body // a real app checks a password
  if (typeof user !== "string" || user === "" || user.length > 100) return res.redirect(303, "/")
  // A fresh session: somebody else may know the id of the one from before.
  req.session.regenerate((error) => {
    if (error) return next(error)
    req.session.user = user
    res.redirect(303, "/")
  })
})

app.post("/sign-out", (req, res, next) => {
  req.session.destroy((error) => (error ? next(error) : res.redirect(303, "/")))
})

app.listen(Number(new URL(origin).port), "127.0.0.1", () => console.log(`Listening on ${origin}`))
