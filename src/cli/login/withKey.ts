/** `--with-key`: a key that somebody has already, read from standard input and checked. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { SignedIn } from "../../SignIn.js"
import * as Client from "../client.js"
import { CommandFailed } from "../exit.js"
import * as Terminal from "../terminal.js"

/** Returns the key, whose it is, and its label at OpenRouter. */
export const readKey = (baseUrl: string): Effect.Effect<SignedIn & { readonly label: string }, unknown> =>
  Effect.gen(function* () {
    const line = yield* Terminal.askFor("the key", {
      question: "Paste the key, and press Enter. It is not shown:",
      hidden: true
    })
    if (line === "") {
      return yield* new CommandFailed({
        why: "usage",
        message:
          "There is no key on standard input. Pipe it into the command: openrouter-oauth login --with-key < key.txt"
      })
    }
    const key = Redacted.make(line)
    const { creatorUserId, label } = yield* Effect.catchTag(Client.askAbout(baseUrl, key), "Unauthorized", () =>
      Effect.fail(
        new CommandFailed({ why: "refused", message: `${baseUrl} does not accept this key. Nothing was stored.` })
      )
    )
    return { key, userId: creatorUserId, label }
  })
