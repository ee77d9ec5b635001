import { inspect } from "node:util"
import * as Cookies from "@effect/platform/Cookies"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { type Begun, make } from "../../src/server/internal/bindingCookies.js"
import { check } from "./runs.js"

/** What a browser sends after the answer. */
const sentBack = (cookies: Cookies.Cookies): Readonly<Record<string, string>> =>
  Cookies.parseHeader(
    Cookies.toSetCookieHeaders(cookies)
      .map((line) => line.split(";", 1)[0])
      .join("; ")
  )

const shown = (begun: Begun | undefined) =>
  begun && { at: begun.at, binding: Redacted.value(begun.binding), code: begun.code && Redacted.value(begun.code) }

const token = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/)
const begun = fc.record({
  at: fc.nat({ max: 4_000_000_000_000 }),
  binding: token,
  code: fc.option(fc.string({ unit: "binary", minLength: 1 }), { nil: undefined })
})
const hidden = (given: { at: number; binding: string; code: string | undefined }): Begun => ({
  at: given.at,
  binding: Redacted.make(given.binding),
  ...(given.code !== undefined && { code: Redacted.make(given.code) })
})
const value = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("9", ".", "0", "a", "%", "\n", ";", "=") }),
  fc.tuple(fc.bigInt({ min: 0n }), fc.string({ unit: "binary" })).map((parts) => parts.join("."))
)

describe("the cookies of sign-ins that a browser began", () => {
  it("say again what they were made of, and print none of it", () =>
    check(
      fc.property(fc.boolean(), token, begun, (secure, digest, given) => {
        const cookies = make(secure)
        const added = cookies.add({}, digest, hidden(given))
        assert.deepStrictEqual(shown(cookies.find(sentBack(added), digest)), { ...given })
        assert.notInclude(inspect(added, { depth: 9 }) + JSON.stringify(added), given.binding)
      }),
      700
    ))

  it("are read, kept and removed, whatever a browser sends under their names, and never more than five are left", () =>
    check(
      fc.property(
        fc.boolean(),
        fc.array(fc.tuple(token, value), { maxLength: 9 }),
        fc.dictionary(fc.string(), value, { maxKeys: 3 }),
        token,
        begun,
        fc.nat(),
        (secure, entries, foreign, digest, given, now) => {
          const cookies = make(secure)
          const prefix = `${secure ? "__Host-" : ""}openrouter-sign-in-`
          const own = Object.fromEntries(entries.map(([name, text]) => [prefix + name, text]))
          const added = Cookies.toRecord(cookies.add({ ...foreign, ...own }, digest, hidden(given)))
          const left = Object.entries({ ...own, ...added }).filter(([name, text]) => !(name in added) || text !== "")
          assert.isAtMost(left.length, 5)
          for (const [name] of entries) {
            const found = cookies.find(own, name)
            assert(found !== undefined)
            cookies.isExpired(found, now)
            Cookies.toSetCookieHeaders(cookies.update(name, found, now))
          }
        }
      ),
      500
    ))
})
