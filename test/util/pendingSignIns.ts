/** What every store of pending sign-ins promises; each store runs it. */
import { inspect } from "node:util"
import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { type PendingSignIn, PendingSignIns } from "effect-openrouter-oauth/PendingSignIns"
import { verifier } from "./client.js"

export const pending = (overrides: Partial<PendingSignIn> = {}): PendingSignIn => ({
  codeVerifier: Redacted.make(verifier),
  bindingDigest: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  callbackUrl: "https://app.example/callback?attempt=fake",
  returnTo: "/settings?tab=ä'\"",
  expiresAt: 600_000,
  ...overrides
})

const plain = ({ codeVerifier, ...rest }: PendingSignIn) => ({ ...rest, codeVerifier: Redacted.value(codeVerifier) })

export const ttl = Duration.minutes(10)

/** Stores outlive a test: every test has keys of its own. */
export const freshKey = (name: string): string => `${name}-${crypto.randomUUID()}`

export interface Subject<E> {
  readonly layer: Layer.Layer<PendingSignIns, E>
  /** Writes a row behind the store's back. A store in memory has no such back. */
  readonly tamper?: (key: string, text: string) => Effect.Effect<unknown, unknown, PendingSignIns>
}

/** What an exit tells whoever prints it. */
const told = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.match(exit, {
    onSuccess: (value) => `${inspect(value, { depth: 9 })}${JSON.stringify(value)}`,
    onFailure: (cause) => `${Cause.pretty(cause)}${inspect(cause, { depth: 9 })}${JSON.stringify(cause)}`
  })

export const suite = <E>({ layer, tamper }: Subject<E>) => {
  const itWithStore = (name: string, effect: Effect.Effect<void, unknown, PendingSignIns>) =>
    it.effect(name, () => Effect.provide(effect, layer))

  for (const [what, one] of [
    ["a whole sign-in", pending()],
    ["a headless one", pending({ callbackUrl: null, returnTo: null })],
    ["quotes and SQL", pending({ returnTo: `/'"\`; DROP TABLE openrouter_pending_sign_ins; -- $1 ? :a %s \\` })],
    ["other scripts", pending({ returnTo: "/日本語/🔑/\u202e/é/\u0000", callbackUrl: "https://app.example/ü?x=🙂" })],
    ["a long callback URL", pending({ callbackUrl: `https://app.example/?${"x".repeat(8_000)}` })]
  ] as const) {
    itWithStore(
      `gives back what was put, as often as it is asked: ${what}`,
      Effect.gen(function* () {
        const store = yield* PendingSignIns
        const key = freshKey("round-trip")
        yield* store.put(key, one, ttl)
        for (let i = 0; i < 2; i++) {
          assert.deepStrictEqual(plain(yield* Effect.flatten(store.get(key))), plain(one))
        }
        assert.deepStrictEqual(plain(yield* Effect.flatten(store.take(key))), plain(one))
      })
    )
  }

  itWithStore(
    "takes once",
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      const key = freshKey("once")
      yield* store.put(key, pending(), ttl)
      assert.deepStrictEqual(plain(yield* Effect.flatten(store.take(key))), plain(pending()))
      assert.isTrue(Option.isNone(yield* store.take(key)))
      assert.isTrue(Option.isNone(yield* store.get(key)))
    })
  )

  itWithStore(
    "of 100 takes at once one wins",
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      const key = freshKey("race")
      yield* store.put(key, pending(), ttl)
      const takes = yield* Effect.all(
        Array.from({ length: 100 }, () => store.take(key)),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(takes.filter(Option.isSome), 1)
    })
  )

  itWithStore(
    "knows neither unknown keys nor those of others",
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      const mine = freshKey("mine")
      yield* store.put(mine, pending(), ttl)
      const foreign = [
        "",
        "theirs",
        mine.toUpperCase(),
        `${mine}/`,
        `../${mine}`,
        `${mine} `,
        "__proto__",
        "%",
        "*",
        "'"
      ]
      for (const key of foreign) {
        assert.isTrue(Option.isNone(yield* store.get(key)), key)
        assert.isTrue(Option.isNone(yield* store.take(key)), key)
      }
      assert.isTrue(Option.isSome(yield* store.get(mine)))
    })
  )

  itWithStore(
    "refuses a second put under the key of one that is pending, which stays as it was",
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      const key = freshKey("again")
      yield* store.put(key, pending(), ttl)
      const error = yield* Effect.flip(store.put(key, pending({ returnTo: "/other" }), ttl))
      assert.strictEqual(error._tag, "StoreError")
      assert.strictEqual(error.operation, "put")
      assert.include(error.message, "already holds one")
      assert.strictEqual((yield* Effect.flatten(store.take(key))).returnTo, pending().returnTo)
    })
  )

  itWithStore(
    "takes back what was taken: a put after a take",
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      const key = freshKey("back")
      yield* store.put(key, pending(), ttl)
      const taken = yield* Effect.flatten(store.take(key))
      yield* store.put(key, taken, Duration.minutes(3))
      assert.deepStrictEqual(plain(yield* Effect.flatten(store.take(key))), plain(pending()))
    })
  )

  itWithStore(
    "keeps nothing whose time is over already",
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      const key = freshKey("late")
      yield* store.put(key, pending(), Duration.zero)
      assert.isTrue(Option.isNone(yield* store.get(key)))
      assert.isTrue(Option.isNone(yield* store.take(key)))
    })
  )

  if (tamper === undefined) return

  const whole = { ...plain(pending()), codeVerifier: verifier }
  for (const [what, text] of [
    ["an empty text", ""],
    ["half a JSON", `{"codeVerifier":"${verifier}`],
    ["null", "null"],
    ["a list", `["${verifier}"]`],
    ["a number", "1e999"],
    ["a missing field", JSON.stringify({ codeVerifier: verifier })],
    ["a field of another type", JSON.stringify({ ...whole, codeVerifier: [verifier] })],
    ["a prototype", `{"__proto__":${JSON.stringify(whole)}}`],
    ["a million characters", JSON.stringify({ ...whole, returnTo: `/${"x".repeat(1_000_000)}` })]
  ] as const) {
    itWithStore(
      `where somebody else wrote ${what}: a StoreError that shows none of it`,
      Effect.gen(function* () {
        const store = yield* PendingSignIns
        const key = freshKey("tampered")
        yield* tamper(key, text)
        for (const operation of ["get", "take"] as const) {
          const exit = yield* Effect.exit(store[operation](key))
          assert(Exit.isFailure(exit), "a row that is no sign-in came out as one")
          const error = Option.getOrThrow(Cause.failureOption(exit.cause))
          assert.strictEqual(error._tag, "StoreError")
          assert.strictEqual(error.operation, operation)
          assert.include(error.message, "start the sign-in again")
          assert.notInclude(told(exit), verifier)
          assert.notInclude(told(exit), "xxxxxxxx")
        }
        yield* store.put(freshKey("next"), pending(), ttl)
      })
    )
  }
}

/** For stores that expire by Effect's Clock. */
export const expirySuite = <E>(layer: Layer.Layer<PendingSignIns, E>) => {
  it.effect("forgets what has expired, to the millisecond, and its key is free again", () =>
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      const [short, long] = [freshKey("short"), freshKey("long")]
      yield* store.put(short, pending(), Duration.seconds(5))
      yield* store.put(long, pending(), Duration.seconds(6))
      yield* TestClock.adjust("4999 millis")
      assert.isTrue(Option.isSome(yield* store.get(short)))
      yield* TestClock.adjust("1 millis")
      assert.isTrue(Option.isNone(yield* store.get(short)))
      assert.isTrue(Option.isNone(yield* store.take(short)))
      yield* store.put(short, pending({ returnTo: "/next" }), Duration.seconds(5))
      assert.strictEqual((yield* Effect.flatten(store.take(short))).returnTo, "/next")
      assert.isTrue(Option.isSome(yield* store.take(long)))
    }).pipe(Effect.provide(layer))
  )
}
