import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as fc from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { headerFault, keyFault, retryAfter } from "../../src/client/headers.js"
import { check } from "./runs.js"

const text = fc.string({
  unit: fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    fc.integer({ min: 0, max: 0x100 }).map((code) => String.fromCharCode(code))
  )
})

const isTaken = (value: string): boolean => {
  try {
    new Headers({ "x-test": value })
    return true
  } catch {
    return false
  }
}

describe("a header's value, whatever it is", () => {
  it("has a fault exactly where Headers refuses it or it holds a control character", () =>
    check(
      fc.property(text, (value) => {
        const holdsControl = /[\0-\x08\x0a-\x1f\x7f]/.test(value)
        assert.strictEqual(headerFault(value) === undefined, isTaken(value) && !holdsControl)
      }),
      1500
    ))

  it("is sent as it is where it is a key without a fault", () =>
    check(
      fc.property(text, (key) => {
        if (keyFault(Redacted.make(key), true) !== undefined) return
        assert.strictEqual(new Headers({ authorization: `Bearer ${key}` }).get("authorization"), `Bearer ${key}`)
      }),
      1500
    ))

  it("is no Retry-After, or one that is not negative", () => {
    const now = Date.UTC(2026, 0, 1)
    const date = fc.date({ noInvalidDate: true }).map((at) => at.toUTCString())
    const value = fc.option(
      fc.oneof(
        text,
        date,
        fc.tuple(date, text).map((parts) => parts.join("")),
        fc.double().map(String),
        fc.bigInt().map(String),
        fc.string({ unit: fc.constantFrom("9", "0", ".", " ", "-", "e"), maxLength: 400 })
      ),
      { nil: undefined }
    )
    return check(
      fc.property(value, value, (after, millis) => {
        const duration = retryAfter((name) => (name === "retry-after" ? after : millis), now)
        assert.isTrue(duration === undefined || Duration.toMillis(duration) >= 0)
      }),
      1500
    )
  })

  it("is a Retry-After where it is a date to come, to the second", () =>
    check(
      fc.property(
        fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }),
        fc.nat(),
        (at, early) => {
          const whole = Math.floor(at.getTime() / 1000) * 1000
          const duration = retryAfter((name) => (name === "retry-after" ? at.toUTCString() : undefined), whole - early)
          assert.deepStrictEqual(duration, Duration.millis(early))
        }
      ),
      1000
    ))
})
