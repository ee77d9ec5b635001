import * as Util from "node:util"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"
import type { OAuthError } from "effect-openrouter-oauth/OAuthError"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import { cast } from "./util/cast.js"
import { bodyOf } from "./util/client.js"
import { spansOf } from "./util/tracing.js"

/** Every way a program could come to print a value. */
const printed = (value: unknown): ReadonlyArray<string> => [
  String(value),
  Util.inspect(value, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true }),
  Inspectable.toStringUnknown(value),
  JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner)) ?? "",
  ...(value instanceof Error
    ? [
        value.message,
        value.stack ?? "",
        Util.inspect(value.cause, { showHidden: true, depth: null }),
        Cause.pretty(Cause.fail(value), { renderErrorCause: true }),
        Util.inspect(Cause.fail(value), { showHidden: true, depth: null }),
        JSON.stringify(Exit.fail(value))
      ]
    : [])
]

const urlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
const base64Url = urlSafe.replace(/[.~]/g, "")
const text = (alphabet: string, minLength: number, maxLength: number) =>
  FastCheck.array(FastCheck.constantFrom(...alphabet), { minLength, maxLength }).map((characters) =>
    characters.join("")
  )

const secrets = FastCheck.record({
  apiKey: text(urlSafe, 20, 60).map((rest) => `sk-or-v1-${rest}`),
  // Codes come from outside: whatever somebody pasted.
  code: FastCheck.oneof(
    text(urlSafe, 12, 60),
    FastCheck.string({ minLength: 12, maxLength: 60, unit: "grapheme" })
  ).filter((code) => code.trim().length > 8),
  verifier: text(urlSafe, 43, 128),
  subjectToken: FastCheck.tuple(text(base64Url, 12, 60), text(base64Url, 12, 99), text(base64Url, 12, 99)).map(
    (parts) => parts.join(".")
  )
})

type Secrets = typeof secrets extends FastCheck.Arbitrary<infer A> ? A : never

const encodings: Record<string, (secret: string) => string> = {
  literally: (secret) => secret,
  "percent-encoded": encodeURIComponent,
  "percent-encoded twice": (secret) => encodeURIComponent(encodeURIComponent(secret)),
  "percent-encoded to the last byte": (secret) =>
    Array.from(new TextEncoder().encode(secret), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  "in JSON in a text": (secret) => JSON.stringify(secret)
}

const bodies: Record<string, (echo: string) => { readonly type: string; readonly body: string }> = {
  envelope: (echo) => ({
    type: "application/json",
    body: JSON.stringify({
      error: { code: 400, message: `You sent ${echo}, twice: ${echo}`, metadata: { [echo]: [echo, { deep: echo }] } },
      user_id: echo
    })
  }),
  zod: (echo) => ({
    type: "application/json",
    body: JSON.stringify({ error: { name: "ZodError", message: JSON.stringify([{ path: [echo], message: echo }]) } })
  }),
  text: (echo) => ({ type: "text/plain", body: `no such code: ${echo}` }),
  html: (echo) => ({ type: "text/html", body: `<title>${echo}</title>` }),
  string: (echo) => ({ type: "application/json", body: JSON.stringify({ error: echo, error_description: echo }) }),
  "wrong success": (echo) => ({ type: "application/json", body: JSON.stringify({ key: [echo], data: echo }) }),
  success: (echo) => ({
    type: "application/json",
    body: JSON.stringify({
      key: echo,
      user_id: null,
      access_token: echo,
      issued_token_type: "x",
      token_type: "Bearer",
      expires_in: 900,
      data: { id: echo, app_id: 1, created_at: "x", label: "y", usage: 0 }
    })
  })
}

/** What must stand nowhere: the secret, and any spelling of it. */
const spellings = (secret: string): ReadonlyArray<string> => Object.values(encodings).map((encode) => encode(secret))

const check = (
  all: Secrets,
  respond: (
    request: Parameters<Parameters<typeof HttpClient.make>[0]>[0]
  ) => ReturnType<Parameters<typeof HttpClient.make>[0]>,
  // Trace headers need a span around each request.
  transformClient = HttpClient.withTracerPropagation(false)
) =>
  Effect.gen(function* () {
    const seen: Array<unknown> = []
    const logger = Logger.make((entry) => {
      seen.push(entry.message, Cause.pretty(entry.cause), entry.annotations)
    })
    const layer = OAuthClient.layer({ apiKey: Redacted.make(all.apiKey), transformClient }).pipe(
      Layer.provide([
        Layer.succeed(HttpClient.HttpClient, HttpClient.make(respond)),
        RetryPolicy.layer(RetryPolicy.none)
      ])
    )
    const calls = (client: OAuthClient.Service): ReadonlyArray<Effect.Effect<unknown, OAuthError>> => [
      client.exchangeAuthCodeForAPIKey({ code: Redacted.make(all.code), codeVerifier: Redacted.make(all.verifier) }),
      client.createAuthCode({
        callbackUrl: "https://app.example/",
        codeChallenge: all.verifier,
        codeChallengeMethod: "plain"
      }),
      client.getCurrentKey(Redacted.make(all.apiKey)),
      // Refused before they are sent: what is wrong is named, not shown.
      client.exchangeAuthCodeForAPIKey({
        code: Redacted.make(all.code),
        codeVerifier: Redacted.make(`${all.verifier} and a space`)
      }),
      client.exchangeAuthCodeForAPIKey(cast({ code: all.code, codeVerifier: all.verifier })),
      client.getCurrentKey(Redacted.make(`${all.apiKey}\n`)),
      client.getCurrentKey(cast(all.apiKey)),
      client.createOauthToken({ subjectToken: Redacted.make(all.subjectToken), federationPolicyId: "policy_fake" }),
      client.createOauthToken({
        subjectToken: Redacted.make(`${all.subjectToken}\n`),
        federationPolicyId: "policy_fake"
      }),
      client.createOauthToken(cast({ subjectToken: all.subjectToken, federationPolicyId: "policy_fake" }))
    ]
    const spans = yield* Effect.gen(function* () {
      const client = yield* OAuthClient.OAuthClient
      seen.push(client)
      for (const call of calls(client)) {
        const exit = yield* Effect.exit(Effect.tapErrorCause(call, (cause) => Effect.logError("failed", cause)))
        seen.push(exit, ...(Exit.isFailure(exit) ? Cause.failures(exit.cause) : [exit.value]))
        if (Exit.isFailure(exit)) assert.isTrue(Cause.isFailType(exit.cause), Cause.pretty(exit.cause))
      }
    }).pipe(
      Effect.provide(layer),
      spansOf,
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Logger.withMinimumLogLevel(LogLevel.All)
    )
    assert.isAbove(spans.length, 0)
    const output = [...seen, ...spans, ...spans.flatMap(({ attributes, told }) => [attributes, ...told])]
      .flatMap(printed)
      .join("\n")
    for (const secret of Object.values(all)) {
      for (const spelling of spellings(secret)) {
        const at = output.toLowerCase().indexOf(spelling.toLowerCase())
        if (at !== -1) assert.fail(`${spelling} stands in: ${output.slice(Math.max(0, at - 200), at + 300)}`)
      }
    }
  })

describe("no secret is shown", () => {
  it.effect.prop(
    "by any error, value, log or span, whatever the server echoes and however it spells it",
    {
      all: secrets,
      encode: FastCheck.constantFrom(...Object.keys(encodings)),
      body: FastCheck.constantFrom(...Object.keys(bodies)),
      status: FastCheck.constantFrom(200, 301, 400, 401, 403, 404, 409, 429, 500, 502),
      propagate: FastCheck.boolean()
    },
    ({ all, body, encode, propagate, status }) =>
      check(
        all,
        (request) => {
          // A server knows what was sent to it.
          const sent = [...Object.values(bodyOf(request) ?? {}), request.headers.authorization?.replace("Bearer ", "")]
          const echo = Object.values(all)
            .filter((secret) => sent.includes(secret))
            .map((secret) => (encodings[encode] ?? String)(secret))
            .join(" ")
          const made = bodies[body]?.(echo) ?? { type: "text/plain", body: "" }
          return Effect.succeed(
            HttpClientResponse.fromWeb(
              request,
              new Response(made.body, {
                status,
                // Header values are Latin-1: those that are not cannot be echoed there.
                headers: {
                  "content-type": made.type,
                  ...(/^[\x21-\x7e ]*$/.test(echo) && { "request-id": echo, "retry-after": echo, location: `/${echo}` })
                }
              })
            )
          )
        },
        HttpClient.withTracerPropagation(propagate)
      ),
    { fastCheck: { numRuns: 150 } }
  )

  it.effect.prop(
    "when the transport fails with errors that hold the whole request",
    { all: secrets, propagate: FastCheck.boolean() },
    ({ all, propagate }) =>
      check(
        all,
        (request) =>
          Effect.fail(
            new HttpClientError.RequestError({
              request,
              reason: "Transport",
              cause: Object.assign(new Error(Object.values(all).join(" ")), {
                code: Object.values(all).join("_"),
                body: all
              }),
              description: Object.values(all).join(" ")
            })
          ),
        HttpClient.withTracerPropagation(propagate)
      ),
    { fastCheck: { numRuns: 20 } }
  )

  it.effect("a key of OpenRouter's that the client never knew is taken out too", () =>
    check(
      {
        apiKey: "sk-or-v1-fake-0123456789",
        code: "fake_code_0123",
        verifier: "v".repeat(43),
        subjectToken: "fake_head.fake_payload.fake_signature"
      },
      (request) =>
        Effect.succeed(
          HttpClientResponse.fromWeb(
            request,
            new Response("key sk-or-v1-somebodyelses and sk%2Dor%2Dv1%2Dothers", { status: 500 })
          )
        )
    )
  )

  it.effect("interruption shows none either", () =>
    Effect.gen(function* () {
      const layer = OAuthClient.layer().pipe(
        Layer.provide(
          Layer.succeed(
            HttpClient.HttpClient,
            HttpClient.make(() => Effect.interrupt)
          )
        )
      )
      const exit = yield* Effect.flatMap(OAuthClient.OAuthClient, (client) =>
        client.exchangeAuthCodeForAPIKey({ code: Redacted.make("fake_code_0123456789") })
      ).pipe(Effect.provide(layer), Effect.exit)
      assert.isTrue(Exit.isInterrupted(exit))
      for (const output of printed(exit)) assert.notInclude(output, "fake_code")
    })
  )
})
