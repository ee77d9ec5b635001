import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { type Callback, parseCallback } from "effect-openrouter-oauth/AuthorizationUrl"
import { check } from "./runs.js"

const shown = (callback: Callback) =>
  callback._tag === "Granted" ? { ...callback, code: Redacted.value(callback.code) } : callback

/** The callback as a server would write it again. */
const written = (callback: Callback): string => {
  const params = new URLSearchParams()
  const add = (name: string, value: string | undefined) => value !== undefined && params.append(name, value)
  if (callback._tag === "Granted") add("code", Redacted.value(callback.code))
  else {
    add("error", callback.error)
    add("error_description", callback.description)
  }
  add("state", callback.state)
  add("attempt", callback.attempt)
  return `https://app.example/callback?${params}`
}

const value = fc.oneof(
  fc.constantFrom("", "access_denied", "server_error", "%00", "sk-or-v1-fake", "x".repeat(600)),
  fc.string({ unit: "binary", maxLength: 20 }).map(encodeURIComponent),
  fc.string({ unit: fc.constantFrom("%", "%E2", "%AD", "%00", "+", "\u202e", "\uD800", "a", "_"), maxLength: 12 })
)
const query = fc
  .array(fc.tuple(fc.constantFrom("code", "error", "error_description", "state", "attempt", "x"), value), {
    maxLength: 5
  })
  .map((pairs) => pairs.map(([name, text]) => `${name}=${text}`).join("&"))
const address = fc
  .tuple(fc.constantFrom("/callback?", "?", "https://app.example/callback?", "vscode://auth/x?"), query)
  .map((parts) => parts.join(""))

describe("a callback, whatever its query is", () => {
  it("is read or refused, and what was read is read the same again", () =>
    check(
      fc.property(address, (text) => {
        const first = parseCallback(text)
        if (Either.isLeft(first)) return
        const again = parseCallback(written(first.right))
        assert.deepStrictEqual(Either.map(again, shown), Either.right(shown(first.right)), text)
      }),
      1500
    ))

  it("does not show its code to whoever prints the result, be it read or refused", () =>
    check(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{24}$/), query, (code, rest) => {
        const result = parseCallback(`https://app.example/callback?code=${code}&${rest}`)
        assert.notInclude(inspect(result, { depth: 9 }) + JSON.stringify(result) + String(result), code)
      }),
      700
    ))
})
