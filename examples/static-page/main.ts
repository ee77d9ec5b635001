/**
 * The script of a static page: signs the user in, shows what their key may spend, keeps the key in memory.
 */
import { createBrowserSignIn } from "effect-openrouter-oauth/browser/BrowserSignIn"
import { createClient } from "effect-openrouter-oauth/PromiseClient"

/** serve.ts puts the sandbox's here. Without a base URL it is OpenRouter itself. */
declare const OPENROUTER_BASE_URL: string | undefined

const settings = { appTitle: "Static page example", baseUrl: OPENROUTER_BASE_URL }
const signIn = createBrowserSignIn(settings)
const client = createClient(settings)

const status = document.querySelector("#status")
const signInButton = document.querySelector<HTMLButtonElement>("#sign-in")
const signOutButton = document.querySelector<HTMLButtonElement>("#sign-out")

const show = (text: string, key?: string) => {
  if (status) status.textContent = text
  if (signInButton) signInButton.hidden = key !== undefined
  if (signOutButton) signOutButton.hidden = key === undefined
}

const signedOut = () => show("You are signed out.")

const explain = (error: { readonly _tag?: string; readonly message: string }) =>
  show(error._tag === "AuthorizationDenied" ? "You did not allow it." : error.message)

signInButton?.addEventListener("click", () => {
  show("Off to OpenRouter…")
  signIn.begin({ keyLabel: "Static page example", limit: 5 }).catch(explain)
})
signOutButton?.addEventListener("click", signedOut)
// Whoever goes back from OpenRouter's page finds this one as they left it.
addEventListener("pageshow", ({ persisted }) => persisted && signedOut())

try {
  const signedIn = await signIn.complete()
  if (signedIn === null) signedOut()
  else {
    const { label, limitRemaining } = await client.getCurrentKey(signedIn.key)
    show(`Signed in. The key "${label}" may spend ${limitRemaining ?? "any number of"} US dollars.`, signedIn.key)
  }
} catch (error) {
  explain(error as Error)
}
