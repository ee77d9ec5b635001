import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import { cast } from "./util/cast.js"
import { code } from "./util/client.js"
import { callback, fixture, tampering } from "./util/signIn.js"

const callbackUrl = "https://app.example/callback"

const granted = (started: SignIn.SignInStarted, more: Record<string, string | undefined> = {}) =>
  callback(started, { code, state: started.attempt, ...more })

interface Expected {
  readonly _tag: string
  readonly operation: string
  readonly reason?: string
  readonly message: RegExp
}

type Completing = (signIn: SignIn.Service, started: SignIn.SignInStarted) => Effect.Effect<unknown, Expected | Error>

describe("a sign-in that is not completed says which call failed, what happened and what to do", () => {
  const cases: ReadonlyArray<readonly [string, Completing, Expected]> = [
    [
      "a denial",
      (signIn, started) => signIn.complete(callback(started, { error: "access_denied" }), started),
      {
        _tag: "AuthorizationDenied",
        operation: "complete",
        message: /^The user did not allow OpenRouter to give a key\. Start the sign-in again/
      }
    ],
    [
      "a denial with a description",
      (signIn, started) =>
        signIn.complete(callback(started, { error: "access_denied", error_description: "Not today" }), started),
      { _tag: "AuthorizationDenied", operation: "complete", message: /give a key \("Not today"\)\. Start/ }
    ],
    [
      "a failure without a description",
      (signIn, started) => signIn.complete(callback(started, { error: "server_error" }), started),
      {
        _tag: "AuthorizationFailed",
        operation: "complete",
        message: /^OpenRouter could not complete the sign-in \(server_error\)\. Wait a moment, then start it again\.$/
      }
    ],
    [
      "an unknown attempt",
      (signIn, started) => signIn.complete(granted(started, { state: undefined, attempt: "unknown" }), started),
      { _tag: "UnknownAttempt", operation: "complete", message: /^No such sign-in is pending.* Start it again\.$/ }
    ],
    [
      "no attempt at all",
      (signIn, started) => signIn.complete(granted(started, { state: undefined, attempt: undefined }), started),
      { _tag: "UnknownAttempt", operation: "complete", message: /^No such sign-in is pending/ }
    ],
    [
      "a foreign state",
      (signIn, started) => signIn.complete(granted(started, { state: "forged" }), started),
      {
        _tag: "StateMismatch",
        operation: "complete",
        reason: "State",
        message: /state in the callback is not the one of its sign-in\. Start/
      }
    ],
    [
      "another browser",
      (signIn, started) => signIn.complete(granted(started), { browserBinding: Redacted.make("other") }),
      { _tag: "StateMismatch", operation: "complete", reason: "Browser", message: /another browser\. Start it again/ }
    ],
    [
      "another user of the app",
      (signIn, started) => signIn.complete(granted(started), { ...started, subject: "user-2" }),
      {
        _tag: "StateMismatch",
        operation: "complete",
        reason: "Subject",
        message: /^Another user of this app .*Start it again/
      }
    ],
    [
      "a malformed callback",
      (signIn, started) => signIn.complete(`${granted(started)}&code=other`, started),
      { _tag: "CallbackMalformed", operation: "complete", message: /code/ }
    ],
    [
      "a callback to another address",
      (signIn, started) => signIn.complete(`https://evil.example${granted(started).search}`, started),
      {
        _tag: "CallbackMalformed",
        operation: "complete",
        message: /callback did not arrive at the callback URL of its sign-in/
      }
    ],
    [
      "no binding",
      (signIn, started) => signIn.complete(granted(started), cast({})),
      {
        _tag: "InvalidRequest",
        operation: "complete",
        message: /browserBinding is missing: pass the one that begin returned/
      }
    ],
    [
      "a plain-string binding",
      (signIn, started) => signIn.complete(granted(started), cast({ browserBinding: "binding" })),
      { _tag: "InvalidRequest", operation: "complete", message: /browserBinding must be Redacted: wrap the string/ }
    ]
  ]

  it.effect.each(cases)("%s", ([, complete, { message, ...expected }]) =>
    Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const error = yield* Effect.flip(complete(signIn, yield* signIn.begin({ callbackUrl })))
      assert.deepInclude(cast<object>(error), expected)
      assert.match(cast<Error>(error).message, message)
    }).pipe(Effect.provide(fixture().layer))
  )

  it.effect("a row that somebody else wrote", () =>
    Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const started = yield* signIn.begin({ callbackUrl })
      const error = yield* Effect.flip(signIn.complete(granted(started), started))
      assert(error._tag === "StoreError")
      assert.strictEqual(error.operation, "get")
      assert.match(error.message, /holds a text under this key that is no sign-in.*start the sign-in again/)
    }).pipe(Effect.provide(fixture(undefined, tampering({ returnTo: "https://evil.example/" })).layer))
  )

  it.effect("a row that has expired in a store that forgets late", () => {
    const { exchanged, layer } = fixture(undefined, tampering({ expiresAt: 0 }))
    return Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const started = yield* signIn.begin({ callbackUrl })
      const error = yield* Effect.flip(signIn.complete(granted(started), started))
      assert(error._tag === "UnknownAttempt")
      assert.strictEqual(error.operation, "complete")
      assert.lengthOf(exchanged, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a callback with an address, of a sign-in that is headless", () =>
    Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const started = yield* signIn.begin({})
      const url = `${callbackUrl}?code=${code}&attempt=${started.attempt}`
      assert.strictEqual((yield* Effect.flip(signIn.complete(url, started)))._tag, "CallbackMalformed")
    }).pipe(Effect.provide(fixture().layer))
  )
})

describe("begin says which of its options is wrong, and what it must be", () => {
  it.effect.each<readonly [object, string]>([
    [{ callbackUrl: "/callback" }, "callbackUrl must be an absolute URL, such as https://app.example/callback"],
    [
      { returnTo: "settings" },
      "returnTo must be a path of this app's own, such as /settings, of at most 2,048 characters"
    ],
    [{ returnTo: ["/settings"] }, "returnTo must be a path"],
    [{ subject: "" }, "subject must be a string of 1 to 256 characters"],
    [{ subject: ["user-1"] }, "subject must be a string"]
  ])("%o", ([options, message]) =>
    Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const error = yield* Effect.flip(signIn.begin({ callbackUrl, ...options }))
      assert(error._tag === "InvalidRequest")
      assert.strictEqual(error.operation, "begin")
      assert.include(error.message, message)
    }).pipe(Effect.provide(fixture().layer))
  )

  it.effect("a subject may have 256 characters", () =>
    Effect.gen(function* () {
      const signIn = yield* SignIn.SignIn
      const subject = "x".repeat(256)
      const started = yield* signIn.begin({ callbackUrl, subject })
      assert.strictEqual((yield* signIn.complete(granted(started), { ...started, subject })).subject, subject)
    }).pipe(Effect.provide(fixture().layer))
  )
})
