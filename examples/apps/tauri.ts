/** The page of a Tauri app, with the plugins deep-link and opener, and a scheme of the app's own in tauri.conf.json. */
import { onOpenUrl } from "@tauri-apps/plugin-deep-link"
import { openUrl } from "@tauri-apps/plugin-opener"
import type { ClientOptions } from "effect-openrouter-oauth/PromiseClient"
import { createSignIn } from "effect-openrouter-oauth/PromiseSignIn"
import { signInByLink } from "./callbacks.js"

const callbackUrl = "com.example.my-app:/callback"

/** Keep the key in Stronghold or in the system's keychain, not in the page's `localStorage`. */
export const signInWithOpenRouter = async (
  signal?: AbortSignal,
  client: ClientOptions = { appTitle: "My app" }
): Promise<string> => {
  const signIn = createSignIn({ client })
  const links = new EventTarget()
  const stopListening = await onOpenUrl((urls) => {
    for (const detail of urls) links.dispatchEvent(new CustomEvent("link", { detail }))
  })
  try {
    const { key } = await signInByLink(
      signIn,
      { callbackUrl, keyLabel: "My app", limit: 5 },
      {
        open: (url) => openUrl(url),
        subscribe: (listener) => {
          const onLink = (event: Event) => event instanceof CustomEvent && listener(event.detail)
          links.addEventListener("link", onLink)
          return () => links.removeEventListener("link", onLink)
        },
        signal
      }
    )
    return key
  } finally {
    stopListening()
    await signIn.dispose()
  }
}
