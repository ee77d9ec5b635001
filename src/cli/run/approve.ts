/** `--approve`: the browser's part of a sign-in to a sandbox that consents by itself. */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Waiting } from "../../node/LoopbackSignIn.js"
import { CommandFailed } from "../outcome.js"

const failed = () =>
  new CommandFailed({
    why: "network",
    message: "The sandbox could not be reached from this process. Try without --approve, in a browser."
  })

/** Follows the authorization URL as a browser does; the code that the page shows, in headless mode. */
export const visit = ({ authorizationUrl, mode }: Waiting): Effect.Effect<Option.Option<string>, CommandFailed> =>
  Effect.tryPromise({
    try: async (signal) => (await fetch(authorizationUrl, { signal })).text(),
    catch: failed
  }).pipe(
    Effect.flatMap((page) => {
      if (mode === "loopback") return Effect.succeedNone
      const code = /<code>([^<]+)<\/code>/.exec(page)?.[1]
      return code === undefined ? Effect.fail(failed()) : Effect.succeedSome(code)
    })
  )
