/** What holds of the rows of every store of pending sign-ins, whatever somebody else wrote into them. */
import { inspect } from "node:util"
import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { PendingSignIn, Service } from "effect-openrouter-oauth/PendingSignIns"
import { rfcChallenge, rfcVerifier } from "../util/words.js"
import { nearly } from "./nearly.js"
import { check } from "./runs.js"

/** A store, and the way behind its back. */
export interface Rows {
  readonly store: Service
  /** Puts anything in the place of a row; undefined leaves none there. */
  readonly write: (key: string, row: unknown) => Promise<unknown>
}

export const fields = {
  codeVerifier: rfcVerifier,
  bindingDigest: rfcChallenge,
  callbackUrl: "https://app.example/callback",
  returnTo: "/",
  subject: "user",
  expiresAt: 600_000
}

/** What stores that keep a sign-in as its JSON hold, or nearly so. */
export const nearlyPending = nearly(fields)

const shown = ({ codeVerifier, ...rest }: PendingSignIn) => ({ ...rest, codeVerifier: Redacted.value(codeVerifier) })

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

/** `row`: what a row may hold. `divisor`: a store that is slow runs so many times less often. */
export const rowsSuite = (open: () => Promise<Rows>, row: fc.Arbitrary<unknown>, divisor = 1) => {
  const key = "key"

  const putAndGet = async ({ store, write }: Rows, pending: PendingSignIn) => {
    await write(key, undefined)
    return store
      .put(key, pending, Duration.minutes(10))
      .pipe(Effect.zipRight(store.get(key)), Effect.map(Option.getOrThrow), Effect.runPromise)
  }

  it("gives back every sign-in that was put", async () => {
    const rows = await open()
    await check(
      fc.asyncProperty(pendings, async (pending) => {
        assert.deepStrictEqual(shown(await putAndGet(rows, pending)), shown(pending))
      }),
      Math.ceil(300 / divisor)
    )
  })

  it("is a sign-in that can be put again or a StoreError that repeats nothing, whatever is in it", async () => {
    const rows = await open()
    await check(
      fc.asyncProperty(row, fc.constantFrom("get" as const, "take" as const), async (written, how) => {
        await rows.write(key, written)
        const read = await Effect.runPromise(Effect.either(rows.store[how](key)))
        assert.notInclude(inspect(read, { depth: 9 }), rfcVerifier)
        if (read._tag === "Left") assert.strictEqual(read.left._tag, "StoreError")
        else if (Option.isSome(read.right)) {
          assert.deepStrictEqual(shown(await putAndGet(rows, read.right.value)), shown(read.right.value))
        }
      }),
      Math.ceil(500 / divisor)
    )
  })
}
