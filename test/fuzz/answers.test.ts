import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import { isOAuthError } from "effect-openrouter-oauth/OAuthError"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import { readErrorBody } from "../../src/client/readErrorBody.js"
import { cleaner } from "../../src/internal/redact.js"
import { accessToken, call, code, mocked, ok, operations, verifier } from "../util/client.js"
import { nearly } from "./nearly.js"
import { check } from "./runs.js"

/** The documented answer with arbitrary values in some of its places. */
const mutated = (value: unknown): fc.Arbitrary<unknown> => {
  const kept = Array.isArray(value)
    ? fc.array(fc.oneof(...value.map(mutated)), { maxLength: 3 })
    : typeof value === "object" && value !== null
      ? fc.record(Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mutated(inner)])))
      : fc.constant(value)
  return fc.oneof(
    { arbitrary: kept, weight: 12 },
    fc.jsonValue(),
    fc.constantFrom(1e308, -1, "", "\u0000", "9999-99-99", "+275760-09-13T00:00:00.001Z", "x".repeat(3000))
  )
}

describe("an answer", () => {
  it("that is almost the documented one is a value or a typed error, and prints no secret", () =>
    check(
      fc.asyncProperty(
        fc
          .constantFrom(...operations)
          .chain((operation) => fc.record({ operation: fc.constant(operation), body: mutated(ok[operation]) })),
        async ({ body, operation }) => {
          const { layer } = mocked(() => Response.json(body))
          const exit = await call(operation).pipe(
            Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.none),
            Effect.provide(layer),
            Effect.runPromiseExit
          )
          assert.isTrue(
            exit._tag === "Success" || (exit.cause._tag === "Fail" && isOAuthError(exit.cause.error)),
            inspect(exit)
          )
          const told = inspect(exit, { depth: 9 }) + JSON.stringify(exit)
          for (const secret of [code, verifier, accessToken, "sk-or-v1-fake-user-key"]) assert.notInclude(told, secret)
        }
      ),
      200
    ))

  it("of an error is shown without control characters and without what was sent, in 500 characters", () =>
    check(
      fc.property(
        nearly({
          error: {
            code: 400,
            message: `no ${verifier}`,
            metadata: { sent: [verifier, "\u001b[2J"] },
            name: "ZodError"
          },
          error_description: `${verifier}\u202e`,
          message: "x".repeat(600),
          user_id: `user\u0007${verifier}`
        }),
        (text) => {
          const { message, metadata, raw, userId } = readErrorBody(text, cleaner([verifier]))
          assert.notInclude(inspect({ message, metadata, raw, userId }, { depth: 99 }), verifier)
          for (const shown of [message ?? "", userId ?? ""]) {
            assert.isAtMost(shown.length, 500)
            assert.notMatch(shown, /[\p{Cc}\p{Cf}]/u)
          }
        }
      ),
      400
    ))
})
