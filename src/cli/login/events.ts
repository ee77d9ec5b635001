/** `--events`: one line of JSON for each event, for a program that runs this one. */
import * as Effect from "effect/Effect"
import type { Waiting } from "../../node/LoopbackSignIn.js"
import { print } from "../output.js"
import type { LoginOptions } from "./options.js"

export type Event =
  | { readonly event: "waiting"; readonly url: string; readonly mode: Waiting["mode"] }
  | { readonly event: "exchanging" }
  | { readonly event: "refused"; readonly message: string }
  | {
      readonly event: "signed-in"
      readonly key: string
      readonly userId: string | null
      readonly savedTo: string | null
    }

/** Prints the event if `--events` is given. */
export const tell = ({ events }: Pick<LoginOptions, "events">, event: Event): Effect.Effect<void> =>
  events ? print(true, event, "") : Effect.void
