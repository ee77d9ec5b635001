/** Electron's main process, with a scheme of the app's own. */
import { EventEmitter } from "node:events"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createSignIn } from "effect-openrouter-oauth/PromiseSignIn"
import { app, safeStorage, shell } from "electron"
import { signInByLink } from "./callbacks.js"

const scheme = "com.example.my-app"
const signIn = createSignIn({ client: { appTitle: "My app", baseUrl: process.env.OPENROUTER_BASE_URL } })
const links = new EventEmitter<{ link: [url: string] }>()

/** Call it before `ready`: macOS gives the link to the app that runs, Windows and Linux to a second instance. */
export const receiveLinks = (): void => {
  if (!app.requestSingleInstanceLock()) app.quit()
  app.setAsDefaultProtocolClient(scheme)
  app.on("open-url", (event, url) => {
    event.preventDefault()
    links.emit("link", url)
  })
  app.on("second-instance", (_, argv) => {
    const url = argv.find((argument) => argument.startsWith(`${scheme}:`))
    if (url !== undefined) links.emit("link", url)
  })
}

export const signInWithOpenRouter = async (signal?: AbortSignal): Promise<string> => {
  const { key } = await signInByLink(
    signIn,
    { callbackUrl: `${scheme}:/callback`, keyLabel: "My app", limit: 5 },
    {
      open: (url) => shell.openExternal(url),
      subscribe: (listener) => {
        links.on("link", listener)
        return () => void links.off("link", listener)
      },
      signal
    }
  )
  await writeFile(join(app.getPath("userData"), "openrouter-key"), safeStorage.encryptString(key), { mode: 0o600 })
  return key
}
