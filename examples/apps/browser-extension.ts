/** The service worker of a browser extension. Its manifest has the permissions `identity` and `storage`. */
import type { ClientOptions } from "effect-openrouter-oauth/PromiseClient"
import { createSignIn } from "effect-openrouter-oauth/PromiseSignIn"

/** Opens OpenRouter's page in a window of the browser's own, which closes by itself. */
export const signInWithOpenRouter = async (client: ClientOptions = { appTitle: "My extension" }): Promise<string> => {
  const signIn = createSignIn({ client })
  try {
    const { authorizationUrl, browserBinding } = await signIn.begin({
      callbackUrl: chrome.identity.getRedirectURL("openrouter"),
      keyLabel: "My extension",
      limit: 5
    })
    const callback = await chrome.identity.launchWebAuthFlow({ url: authorizationUrl, interactive: true })
    if (callback === undefined) throw new Error("The window was closed before the sign-in was complete.")
    const { key } = await signIn.complete(callback, { browserBinding })
    await chrome.storage.local.set({ openRouterKey: key })
    return key
  } finally {
    await signIn.dispose()
  }
}
