/** Two servers on the real stores, which are restarted under them. */
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { postgres, redis } from "../services/server.js"
import { callbacksOnTheOther, restartInTheMiddle } from "./twoServers.js"

for (const [name, store] of [
  ["PostgreSQL", postgres()],
  ["Redis", redis()]
] as const) {
  describe(`two servers on ${name}`, () => {
    it.live(
      "2,000 sign-ins, each completed by the server that did not begin it: none lost, none twice",
      () =>
        store.pipe(
          Effect.flatMap(({ url }) => callbacksOnTheOther(url, 2_000)),
          Effect.scoped
        ),
      180_000
    )

    it.live(
      "2,000 more, and a restart in the middle: each ends in a key or an error with a name, and the next ones work",
      () =>
        store.pipe(
          Effect.flatMap((server) => restartInTheMiddle(server, 2_000)),
          Effect.scoped
        ),
      180_000
    )
  })
}
