/** Makes a browser opener from a function of the program's own. */
import * as Effect from "effect/Effect"
import type { Service } from "../BrowserOpener.js"

const failed = () => {
  process.stderr.write("The browser could not be opened. Open the address yourself.\n")
}

/** Calls `open` without waiting for its promise. If it fails, the user can still open the address by hand. */
export const openWith = (open: (url: string) => unknown): Service => ({
  open: (url) =>
    Effect.sync(() => {
      try {
        const opened = open(url.href)
        if (opened === false) return false
        Promise.resolve(opened).catch(failed)
        return true
      } catch {
        return false
      }
    }),
  unavailable: Effect.succeed("it could not be opened")
})
