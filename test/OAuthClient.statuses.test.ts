import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { isOAuthError } from "effect-openrouter-oauth/OAuthError"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import { call, errorTags, mocked, operations } from "./util/client.js"

const noRetries = Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.none)

describe("answers of every status", () => {
  const standard = (status: number, message: string) => ({
    error: { code: status, message, metadata: { hint: "fake" } },
    openrouter_metadata: null,
    user_id: "user_fake"
  })

  const bodies: Record<
    string,
    (status: number) => { readonly body: string; readonly type: string; readonly said?: string }
  > = {
    "the standard envelope": (status) => ({
      body: JSON.stringify(standard(status, "Something was refused")),
      type: "application/json",
      said: "Something was refused"
    }),
    "a ZodError": () => ({
      body: JSON.stringify({
        success: false,
        error: { name: "ZodError", message: JSON.stringify([{ path: ["callback_url"], message: "Invalid url" }]) }
      }),
      type: "application/json",
      said: "callback_url: Invalid url"
    }),
    "plain text": () => ({
      body: "Malformed JSON in request body",
      type: "text/plain",
      said: "Malformed JSON in request body"
    }),
    "an HTML page": () => ({
      body: "<!doctype html><html><head><title>502 Bad gateway</title></head><body>edge</body></html>",
      type: "text/html",
      said: "502 Bad gateway"
    }),
    "a string": () => ({ body: '{"error":"No such thing"}', type: "application/json", said: "No such thing" }),
    "RFC 6749's": () => ({
      body: '{"error":"invalid_grant","error_description":"The code is gone"}',
      type: "application/json",
      said: "invalid_grant: The code is gone"
    }),
    nothing: () => ({ body: "", type: "application/json" }),
    "what is not JSON but says so": () => ({ body: '{"error":', type: "application/json", said: '{"error":' }),
    "JSON of another shape": () => ({ body: '[1,{"a":null}]', type: "application/json" }),
    null: () => ({ body: "null", type: "application/json" }),
    "bytes that are not UTF-8": () => ({ body: "\xff\xfe", type: "application/octet-stream" })
  }

  const statuses = [201, 202, 204, 400, 401, 402, 403, 404, 405, 408, 409, 413, 422, 429, 500, 502, 503, 504, 522, 529]

  for (const operation of operations) {
    for (const [name, make] of Object.entries(bodies)) {
      it.effect.each(statuses)(
        `${operation}: every status is its own error, whatever the body: %o with ${name}`,
        (status) =>
          Effect.gen(function* () {
            const { body, said, type } = make(status)
            const bytes = status === 204 ? null : Uint8Array.from(body, (c) => c.charCodeAt(0))
            const { layer } = mocked(() => new Response(bytes, { status, headers: { "content-type": type } }))
            const error = yield* Effect.flip(call(operation)).pipe(noRetries, Effect.provide(layer))
            assert.strictEqual(error._tag, errorTags[operation][status] ?? "UnexpectedStatus")
            assert(isOAuthError(error) && "status" in error)
            assert.strictEqual(error.status, status)
            assert.strictEqual(error.operation, operation)
            if (error._tag !== "UnexpectedStatus") assert.notProperty(error, "body")
            if (said !== undefined && status !== 204) assert.include(error.message, `"${said}"`)
            assert.match(error.message, new RegExp(`^${operation} got status ${status}.*\\. [A-Z].*\\.$`))
          })
      )
    }
  }

  it.effect.prop(
    "arbitrary bytes with an arbitrary status give a typed error or a valid value, never a defect",
    {
      operation: FastCheck.constantFrom(...operations),
      status: FastCheck.integer({ min: 200, max: 599 }),
      type: FastCheck.constantFrom("application/json", "text/html", "text/plain", "", "application/json; charset=x"),
      body: FastCheck.oneof(
        FastCheck.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
        FastCheck.json().map((text) => new TextEncoder().encode(text)),
        FastCheck.record({ error: FastCheck.anything(), data: FastCheck.anything(), key: FastCheck.anything() }).map(
          (value) => new TextEncoder().encode(safeJson(value))
        )
      )
    },
    ({ body, operation, status, type }) => {
      const { layer } = mocked(
        () =>
          new Response([204, 205, 304].includes(status) ? null : body, { status, headers: { "content-type": type } })
      )
      return call(operation).pipe(
        noRetries,
        Effect.provide(layer),
        Effect.matchCause({
          onSuccess: () => true,
          onFailure: (cause) => cause._tag === "Fail" && isOAuthError(cause.error)
        }),
        Effect.map((typed) => assert.isTrue(typed))
      )
    },
    { fastCheck: { numRuns: 300 } }
  )
})

const safeJson = (value: unknown): string => {
  try {
    return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner)) ?? "null"
  } catch {
    return "null"
  }
}
