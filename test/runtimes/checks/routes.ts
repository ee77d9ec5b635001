/** The two routes of a web server. Not for browsers, which hide the `Set-Cookie` of every response. */
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
import { type Check, equal, matches } from "./check.js"

const site = "https://app.example"

const serving = (baseUrl: string) => {
  const keys: Array<string> = []
  const { handler } = SignInRoutes.toWebHandler({
    callbackUrl: `${site}/auth/openrouter/callback`,
    client: { baseUrl },
    onSignedIn: async ({ key, returnTo }) => {
      keys.push(key)
      return new Response(null, { status: 303, headers: { location: returnTo ?? "/" } })
    }
  })
  const begin = async () => {
    const response = await handler(new Request(`${site}/auth/openrouter?returnTo=/settings`))
    const cookie = response.headers.getSetCookie().map((text) => text.split(";", 1)[0])
    return { response, cookie: cookie.join("; "), authorizationUrl: response.headers.get("location") ?? "" }
  }
  /** The sandbox approves by itself and leads back at once. */
  const consent = async (authorizationUrl: string): Promise<string> => {
    const { headers } = await fetch(authorizationUrl, { redirect: "manual" })
    return headers.get("location") ?? ""
  }
  return { begin, consent, handler, keys }
}

export const routesChecks: ReadonlyArray<Check> = [
  {
    name: "SignInRoutes: from the begin route to a key",
    run: async ({ baseUrl }) => {
      const { begin, consent, handler, keys } = serving(baseUrl)
      const { authorizationUrl, cookie, response } = await begin()
      equal(response.status, 303)
      matches(response.headers.getSetCookie()[0] ?? "", /^__Host-[\s\S]*HttpOnly[\s\S]*Secure/)
      const callback = await consent(authorizationUrl)
      const answer = await handler(new Request(callback, { headers: { cookie } }))
      equal([answer.status, answer.headers.get("location")], [303, "/settings"])
      equal(keys.length, 1)
      matches(keys[0] ?? "", /^sk-or-/)
    }
  },
  {
    name: "SignInRoutes: a callback without the cookie gets no key",
    run: async ({ baseUrl }) => {
      const { begin, consent, handler, keys } = serving(baseUrl)
      const { authorizationUrl } = await begin()
      const answer = await handler(new Request(await consent(authorizationUrl)))
      equal(answer.status >= 400 || answer.headers.get("location")?.includes("outcome") === true, true, "a refusal")
      equal(keys.length, 0)
    }
  }
]
