/**
 * A process of its own that puts and takes in a shared store, for tests that need two. Arguments: the store's address, the first and
 * the last key it puts, the number of keys, how many calls at once. Says "put" when its own are put, waits for a line, takes all,
 * and prints which it got.
 */
import { once } from "node:events"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import { storeAt } from "../../examples/two-servers/store.js"

const [url = "", from, to, total, concurrency] = process.argv.slice(2)
const range = (first: number, last: number) => Array.from({ length: last - first }, (_, i) => first + i)
const atOnce = { concurrency: Number(concurrency) }

await Effect.gen(function* () {
  const store = yield* PendingSignIns
  yield* Effect.forEach(
    range(Number(from), Number(to)),
    (n) =>
      store.put(
        `attempt-${n}`,
        {
          codeVerifier: Redacted.make(`verifier-${n}`),
          bindingDigest: "digest",
          callbackUrl: null,
          returnTo: null,
          expiresAt: Date.now() + 600_000
        },
        Duration.minutes(10)
      ),
    { ...atOnce, discard: true }
  )
  console.log("put")
  yield* Effect.promise(() => once(process.stdin, "data"))
  const taken = yield* Effect.forEach(
    range(0, Number(total)),
    (n) =>
      Effect.map(
        store.take(`attempt-${n}`),
        Option.map(({ codeVerifier }) => {
          if (Redacted.value(codeVerifier) !== `verifier-${n}`)
            throw new Error(`attempt ${n} came with another's verifier`)
          return n
        })
      ),
    atOnce
  )
  console.log(JSON.stringify(taken.flatMap(Option.toArray)))
}).pipe(
  // Both work as hard as they can, and SQLite lets one of them wait for the other.
  Effect.provide(storeAt(url, { timeout: "1 minute" })),
  Effect.runPromise
)
process.exit()
