import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { make, type PendingSignIn } from "effect-openrouter-oauth/PendingSignIns"
import { rfcChallenge, rfcVerifier } from "../util/words.js"
import { nearly } from "./nearly.js"
import { check } from "./runs.js"

/** A store of one row, which anybody may have written. */
const storeOf = (first?: unknown) => {
  let row = first
  return make({
    put: (_, text) =>
      Effect.sync(() => {
        row = text
        return true
      }),
    get: () => Effect.sync(() => row),
    take: () => Effect.sync(() => row)
  })
}

const shown = ({ codeVerifier, ...rest }: PendingSignIn) => ({ ...rest, codeVerifier: Redacted.value(codeVerifier) })

const putAndGet = (pending: PendingSignIn) => {
  const store = storeOf()
  return store
    .put("key", pending, Duration.minutes(10))
    .pipe(Effect.zipRight(store.get("key")), Effect.map(Option.getOrThrow), Effect.runPromise)
}

const text = fc.string({ unit: "binary" })
const pendings = fc.record(
  {
    codeVerifier: text.map((verifier) => Redacted.make(verifier)),
    bindingDigest: text,
    callbackUrl: fc.option(text),
    returnTo: fc.option(text),
    subject: text,
    expiresAt: fc.integer()
  },
  { requiredKeys: ["codeVerifier", "bindingDigest", "callbackUrl", "returnTo", "expiresAt"] }
)

describe("a row of a store of pending sign-ins", () => {
  it("gives back every sign-in that was put", () =>
    check(
      fc.asyncProperty(pendings, async (pending) => {
        assert.deepStrictEqual(shown(await putAndGet(pending)), shown(pending))
      }),
      300
    ))

  it("is a sign-in that can be put again or a StoreError that repeats nothing, whatever is in it", () =>
    check(
      fc.asyncProperty(
        fc.oneof(
          {
            arbitrary: nearly({
              codeVerifier: rfcVerifier,
              bindingDigest: rfcChallenge,
              callbackUrl: "https://app.example/callback",
              returnTo: "/",
              subject: "user",
              expiresAt: 600_000
            }),
            weight: 8
          },
          fc.anything()
        ),
        async (row) => {
          const read = await Effect.runPromise(Effect.either(storeOf(row).take("key")))
          assert.notInclude(inspect(read, { depth: 9 }), rfcVerifier)
          if (read._tag === "Left") assert.strictEqual(read.left._tag, "StoreError")
          else if (Option.isSome(read.right)) {
            assert.deepStrictEqual(shown(await putAndGet(read.right.value)), shown(read.right.value))
          }
        }
      ),
      500
    ))
})
