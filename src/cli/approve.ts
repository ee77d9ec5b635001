/** `--approve`: plays the browser in a sign-in to a sandbox that consents by itself. */
import * as Http from "node:http"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Waiting } from "../node/LoopbackSignIn.js"
import { CommandFailed } from "./exit.js"

const failed = () =>
  new CommandFailed({
    why: "network",
    message: "The sandbox's page could not be loaded. Try again without --approve, in a browser."
  })

/** The start address, the consent page and the callback, and two more. */
const maxPages = 5

/** Follows redirects with cookies, as a browser does. `fetch` cannot be used: its headers say that it is no browser. */
const browse = (
  url: URL,
  signal: AbortSignal,
  cookies: ReadonlyArray<string> = [],
  pages = maxPages
): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = Http.get(url, { headers: { cookie: cookies.join("; ") }, signal }, (response) => {
      let page = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => {
        page += chunk
      })
      response.once("error", reject)
      response.once("end", () => {
        const { location } = response.headers
        if (location === undefined) return resolve(page)
        if (pages === 0) return reject(failed())
        const set = (response.headers["set-cookie"] ?? []).map((cookie) => cookie.split(";", 1)[0] ?? "")
        browse(new URL(location, url), signal, [...cookies, ...set], pages - 1).then(resolve, reject)
      })
    })
    request.once("error", reject)
  })

/** Opens the address as a browser does. Returns the code that the page shows, in headless mode. */
export const visit = ({ mode, url }: Waiting): Effect.Effect<Option.Option<string>, CommandFailed> =>
  Effect.tryPromise({ try: (signal) => browse(url, signal), catch: failed }).pipe(
    Effect.flatMap((page) => {
      if (mode === "loopback") return Effect.succeedNone
      const code = /<code>([^<]+)<\/code>/.exec(page)?.[1]
      return code === undefined ? Effect.fail(failed()) : Effect.succeedSome(code)
    })
  )
