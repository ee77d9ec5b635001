/** What every store of pending sign-ins promises; each store runs it. */
import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
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

const ttl = Duration.minutes(10)

export const suite = <E>(layer: Layer.Layer<PendingSignIns, E>) => {
  const test = (name: string, effect: Effect.Effect<void, unknown, PendingSignIns>) =>
    it.effect(name, () => Effect.provide(effect, layer))

  test(
    "gives back what was put, as often as it is asked",
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      for (const one of [pending(), pending({ callbackUrl: null, returnTo: null })]) {
        yield* store.put("round-trip", one, ttl)
        for (let i = 0; i < 2; i++) {
          const got = yield* Effect.flatten(store.get("round-trip"))
          assert.deepStrictEqual(plain(got), plain(one))
        }
      }
    })
  )

  test(
    "takes once",
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      yield* store.put("once", pending(), ttl)
      assert.deepStrictEqual(plain(yield* Effect.flatten(store.take("once"))), plain(pending()))
      assert.isTrue(Option.isNone(yield* store.take("once")))
      assert.isTrue(Option.isNone(yield* store.get("once")))
    })
  )

  test(
    "of 100 takes at once one wins",
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      yield* store.put("race", pending(), ttl)
      const takes = yield* Effect.all(
        Array.from({ length: 100 }, () => store.take("race")),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(takes.filter(Option.isSome), 1)
    })
  )

  test(
    "knows neither unknown keys nor those of others",
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      yield* store.put("mine", pending(), ttl)
      for (const key of ["", "theirs", "MINE", "mine/", "../mine", "__proto__", "%"]) {
        assert.isTrue(Option.isNone(yield* store.get(key)), key)
        assert.isTrue(Option.isNone(yield* store.take(key)), key)
      }
      assert.isTrue(Option.isSome(yield* store.get("mine")))
    })
  )

  test(
    "a second put replaces the first",
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      yield* store.put("again", pending(), ttl)
      yield* store.put("again", pending({ returnTo: "/other" }), ttl)
      assert.strictEqual((yield* Effect.flatten(store.take("again"))).returnTo, "/other")
      assert.isTrue(Option.isNone(yield* store.take("again")))
    })
  )
}

/** For stores that expire by Effect's Clock. */
export const expirySuite = <E>(layer: Layer.Layer<PendingSignIns, E>) => {
  it.effect("forgets what has expired, to the millisecond", () =>
    Effect.gen(function* () {
      const store = yield* PendingSignIns
      yield* store.put("short", pending(), Duration.seconds(5))
      yield* store.put("long", pending(), Duration.seconds(6))
      yield* TestClock.adjust("4999 millis")
      assert.isTrue(Option.isSome(yield* store.get("short")))
      yield* TestClock.adjust("1 millis")
      assert.isTrue(Option.isNone(yield* store.get("short")))
      assert.isTrue(Option.isNone(yield* store.take("short")))
      assert.isTrue(Option.isSome(yield* store.take("long")))
    }).pipe(Effect.provide(layer))
  )
}
