/** The flow from begin to a key, against a sandbox in the same process. */
import { createSignIn } from "effect-openrouter-oauth/PromiseSignIn"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import { type Check, equal, matches, rejection, tagOf } from "./check.js"

/** A sign-in at a sandbox in this process, and the callback that its consent page leads to. */
export const signInAtSandbox = () => {
  const { apiKey, dispose, handler } = Sandbox.toWebHandler({ approve: true })
  const fetch: typeof globalThis.fetch = (input, init) => handler(new Request(input, init))
  const consent = async (authorizationUrl: string): Promise<string> => {
    const { headers } = await handler(new Request(authorizationUrl))
    return headers.get("location") ?? ""
  }
  return { apiKey, fetch, handler, consent, dispose, signIn: createSignIn({ client: { fetch } }) }
}

const callbackUrl = "https://app.example/callback"

export const flowChecks: ReadonlyArray<Check> = [
  {
    name: "PromiseSignIn: from begin over the consent page to a key",
    run: async () => {
      const { consent, signIn } = signInAtSandbox()
      const { authorizationUrl, browserBinding } = await signIn.begin({ callbackUrl, returnTo: "/settings" })
      const signedIn = await signIn.complete(await consent(authorizationUrl), { browserBinding })
      matches(signedIn.key, /^sk-or-/)
      equal(signedIn.returnTo, "/settings")
      await signIn.dispose()
    }
  },
  {
    name: "PromiseSignIn: another browser's binding is refused, and the sign-in goes on",
    run: async () => {
      const { consent, signIn } = signInAtSandbox()
      const { authorizationUrl, browserBinding } = await signIn.begin({ callbackUrl })
      const other = await signIn.begin({ callbackUrl })
      const callback = await consent(authorizationUrl)
      const error = await rejection(signIn.complete(callback, { browserBinding: other.browserBinding }))
      equal(tagOf(error), "StateMismatch")
      matches((await signIn.complete(callback, { browserBinding })).key, /^sk-or-/)
      await signIn.dispose()
    }
  },
  {
    name: "PromiseSignIn: of two completions at once one exchanges, the other is UnknownAttempt",
    run: async () => {
      const { consent, signIn } = signInAtSandbox()
      const { authorizationUrl, browserBinding } = await signIn.begin({ callbackUrl })
      const callback = await consent(authorizationUrl)
      const both = await Promise.allSettled([1, 2].map(() => signIn.complete(callback, { browserBinding })))
      equal(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"])
      equal(
        both.flatMap((one) => (one.status === "rejected" ? [tagOf(one.reason)] : [])),
        ["UnknownAttempt"]
      )
      await signIn.dispose()
    }
  }
]
