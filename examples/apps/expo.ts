/**
 * React Native with Expo. React Native has no `crypto.subtle`: load a polyfill of Web Crypto in the app's first file, such as
 * `install()` of `react-native-quick-crypto`.
 */
import type { ClientOptions } from "effect-openrouter-oauth/PromiseClient"
import { createSignIn } from "effect-openrouter-oauth/PromiseSignIn"
import * as SecureStore from "expo-secure-store"
import * as WebBrowser from "expo-web-browser"

/** The scheme is `scheme` of app.json. */
const callbackUrl = "com.example.my-app:/callback"

/** Returns the key; undefined where the user closed the browser. */
export const signInWithOpenRouter = async (
  client: ClientOptions = { appTitle: "My app" }
): Promise<string | undefined> => {
  const signIn = createSignIn({ client })
  try {
    const { authorizationUrl, browserBinding } = await signIn.begin({ callbackUrl, keyLabel: "My app", limit: 5 })
    const result = await WebBrowser.openAuthSessionAsync(authorizationUrl, callbackUrl)
    if (result.type !== "success") return undefined
    const { key } = await signIn.complete(result.url, { browserBinding })
    await SecureStore.setItemAsync("openrouter-key", key)
    return key
  } finally {
    await signIn.dispose()
  }
}
