import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Struct from "effect/Struct"
import * as OAuthError from "effect-openrouter-oauth/OAuthError"
import { cast } from "./util/cast.js"
import { errorsOf, operations, unexpected } from "./util/errors.js"

const classes = {
  BadRequest: OAuthError.BadRequest,
  Unauthorized: OAuthError.Unauthorized,
  Forbidden: OAuthError.Forbidden,
  Conflict: OAuthError.Conflict,
  InternalServer: OAuthError.InternalServer,
  UnexpectedStatus: OAuthError.UnexpectedStatus,
  InvalidRequest: OAuthError.InvalidRequest,
  CallbackMalformed: OAuthError.CallbackMalformed,
  ConnectionFailed: OAuthError.ConnectionFailed,
  ConnectionLost: OAuthError.ConnectionLost,
  TimedOut: OAuthError.TimedOut,
  MalformedResponse: OAuthError.MalformedResponse
}

const tags = Struct.keys(classes)

describe("every error", () => {
  for (const tag of tags) {
    const error = errorsOf("exchangeAuthCodeForAPIKey")[tag]

    it(`${tag} is an Error with its tag and name, an operation, a message and a stack`, () => {
      assert.instanceOf(error, Error)
      assert.isTrue(error instanceof classes[tag])
      assert.strictEqual(error._tag, tag)
      assert.strictEqual(error.name, tag)
      assert.strictEqual(error.operation, tag === "CallbackMalformed" ? "parseCallback" : "exchangeAuthCodeForAPIKey")
      assert.match(error.message, /^[A-Z\w].*\.$/)
      assert.include(error.stack ?? "", error.message)
      assert.match(String(error), new RegExp(`^${tag}: `))
    })

    it(`${tag} tells its tag and message as JSON, in the console and in a cause`, () => {
      const json = cast<Record<string, unknown>>(JSON.parse(JSON.stringify(error)))
      assert.strictEqual(json._tag, tag)
      assert.strictEqual(json.message, error.message)
      assert.strictEqual(json.operation, error.operation)
      assert.include(inspect(error), error.message)
      assert.include(Cause.pretty(Cause.fail(error)), error.message)
    })

    it.effect(`${tag} can be yielded, and caught by its tag`, () =>
      Effect.gen(function* () {
        const caught = yield* Effect.gen(function* () {
          return yield* cast<OAuthError.OAuthError>(error)
        }).pipe(Effect.catchAll((found) => Effect.succeed(found)))
        assert.strictEqual<unknown>(caught, error)
      })
    )
  }

  it.each(tags)("is of its own class only: %s", (tag) => {
    const error = errorsOf("createAuthCode")[tag]
    assert.deepStrictEqual(
      tags.filter((other) => error instanceof classes[other]),
      [tag]
    )
  })

  it.each(Object.values(errorsOf("exchangeAuthCodeForAPIKey")))(
    "holds nothing but its fields, no request, no response, no cause: $_tag",
    (error) => {
      const allowed = new Set([
        "_tag",
        "operation",
        "status",
        "message",
        "reason",
        "issues",
        "timeout",
        "stack",
        "name"
      ])
      for (const name of Object.getOwnPropertyNames(error)) assert.isTrue(allowed.has(name), `${error._tag}.${name}`)
      assert.isUndefined(cast<Error>(error).cause)
    }
  )
})

describe("isOAuthError", () => {
  for (const operation of operations) {
    it.each(Object.values(errorsOf(operation)))(
      `knows every error of every operation: ${operation}, $_tag`,
      (error) => {
        assert.isTrue(OAuthError.isOAuthError(error))
      }
    )
  }

  describe("does not take anything else for one", () => {
    const dressed = Object.assign(new Error("x"), { _tag: "Forbidden" })
    const others: ReadonlyArray<unknown> = [
      undefined,
      null,
      "Forbidden",
      5,
      {},
      { _tag: "Forbidden", operation: "createAuthCode", message: "x" },
      new Error("x"),
      dressed,
      Object.assign(new Error("x"), { _tag: "SomethingElse", operation: "createAuthCode" }),
      Object.assign(new Error("x"), { _tag: "toString", operation: "createAuthCode" }),
      Exit.fail(errorsOf("createAuthCode").Forbidden),
      new DOMException("x", "AbortError")
    ]

    it.each(others)("%o", (other) => {
      assert.isFalse(OAuthError.isOAuthError(other), inspect(other))
    })
  })
})

describe("isOutcomeUnknown", () => {
  const unknown = (error: unknown) => OAuthError.isOutcomeUnknown(error)

  it.each(operations)(
    "is true for ConnectionLost, TimedOut and MalformedResponse of every operation: %s",
    (operation) => {
      const errors = errorsOf(operation)
      assert.deepStrictEqual(
        tags.filter((tag) => unknown(errors[tag])),
        operation === "exchangeAuthCodeForAPIKey"
          ? ["InternalServer", "ConnectionLost", "TimedOut", "MalformedResponse"]
          : ["ConnectionLost", "TimedOut", "MalformedResponse"]
      )
    }
  )

  it("is false for a refusal", () => {
    assert.isFalse(unknown(errorsOf("exchangeAuthCodeForAPIKey").Forbidden))
  })

  it.each([500, 501, 502, 503, 504, 520, 529, 599])(
    "is true for a 5XX of the exchange, and only for that: %s",
    (status) => {
      assert.isTrue(unknown(unexpected("exchangeAuthCodeForAPIKey", status)))
      assert.isFalse(unknown(unexpected("createAuthCode", status)))
      assert.isFalse(unknown(unexpected("getCurrentKey", status)))
    }
  )

  it.each([201, 204, 401, 404, 409, 418, 429, 499])("is false for any other status of the exchange: %s", (status) => {
    assert.isFalse(unknown(unexpected("exchangeAuthCodeForAPIKey", status)))
  })

  it.each([undefined, null, "ConnectionLost", new Error("x"), { _tag: "ConnectionLost" }])(
    "is false for what is no error of ours: %o",
    (other) => {
      assert.isFalse(unknown(other))
    }
  )
})

describe("retryAfterMillis", () => {
  it.each(["BadRequest", "Unauthorized", "Forbidden", "Conflict", "InternalServer", "UnexpectedStatus"] as const)(
    "is retryAfter in milliseconds, undefined where there is none, on every status error: %s",
    (tag) => {
      const { message, operation, reason, retryAfterMillis, status } = errorsOf("createAuthCode")[tag]
      assert.isUndefined(retryAfterMillis)
      const Class = cast<typeof OAuthError.UnexpectedStatus>(classes[tag])
      const error = new Class({ operation, status, message, reason, retryAfter: Duration.seconds(1.5) })
      assert.strictEqual(error.retryAfterMillis, 1500)
      assert.strictEqual(
        new Class({ operation, status, message, reason, retryAfter: undefined }).retryAfterMillis,
        undefined
      )
      assert.strictEqual(
        new Class({ operation, status, message, reason, retryAfter: Duration.zero }).retryAfterMillis,
        0
      )
    }
  )
})

describe("messages", () => {
  it("of InvalidRequest name every field and what it must be", () => {
    const error = new OAuthError.InvalidRequest({
      operation: "createAuthCode",
      issues: [
        { path: "limit", message: "must be 0 or more" },
        { path: "", message: "it must be an object" },
        { path: "headers.host", message: "is set by the client" }
      ]
    })
    assert.strictEqual(
      error.message,
      "createAuthCode refused its input: limit must be 0 or more; it must be an object; headers.host is set by the client."
    )
    assert.strictEqual(error.issues.length, 3)
  })

  it("of CallbackMalformed too", () => {
    assert.strictEqual(
      new OAuthError.CallbackMalformed({ issues: [{ path: "code", message: "is given more than once" }] }).message,
      "This is not a callback of OpenRouter's: code is given more than once."
    )
  })

  it("of TimedOut say how long it waited, that the outcome is unknown, and what to do", () => {
    const message = (operation: OAuthError.Operation) =>
      new OAuthError.TimedOut({ operation, timeout: Duration.millis(1500) }).message
    assert.match(
      message("exchangeAuthCodeForAPIKey"),
      /^exchangeAuthCodeForAPIKey got no whole answer within 1s 500ms, so its outcome is unknown\. Start the sign-in again: the code may be used up\.$/
    )
  })

  it.each(["createAuthCode", "getCurrentKey"] as const)(
    "of TimedOut say how long it waited, that the outcome is unknown, and what to do: %s",
    (operation) => {
      const message = (operation: OAuthError.Operation) =>
        new OAuthError.TimedOut({ operation, timeout: Duration.millis(1500) }).message
      assert.match(message(operation), /so its outcome is unknown\. (?!Start)\S.*\.$/)
    }
  )
})
