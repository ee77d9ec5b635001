/** The sandbox behind `Request` and `Response`, and behind `HttpClient`. */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Answer } from "./answerOf.js"
import * as Reply from "./Reply.js"

/** Makes the errors of Node's fetch for a broken connection: before the answer, and in its body. */
const failed = (message: string, how: Reply.Break): TypeError =>
  new TypeError(message, {
    cause:
      how === "reset"
        ? Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" })
        : Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" })
  })

const aborted = (signal: AbortSignal) =>
  Effect.async<never, unknown>((resume) => {
    const abort = () => resume(Effect.fail(signal.reason))
    if (signal.aborted) abort()
    else signal.addEventListener("abort", abort, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", abort))
  })

export const toResponse = (
  reply: Reply.Reply,
  method: string,
  signal: AbortSignal,
  /** Runs when the whole answer is sent. */
  done: () => void = () => {}
): Effect.Effect<Response, TypeError> => {
  const { headers, status } = reply
  if (reply.delivery === "Reset") return Effect.fail(failed("fetch failed", "reset"))
  if (method === "HEAD" || !Reply.hasBody(reply) || reply.delivery === "Whole") {
    const isEmpty = method === "HEAD" || !Reply.hasBody(reply) || reply.body.length === 0
    return Effect.sync(() => {
      done()
      return new Response(isEmpty ? null : new Uint8Array(reply.body), { status, headers })
    })
  }
  return Reply.bodyStream(reply).pipe(
    Stream.mapError((how) => failed("terminated", how)),
    Stream.interruptWhen(aborted(signal)),
    Stream.ensuring(Effect.sync(done)),
    Stream.toReadableStreamEffect(),
    Effect.map((body) => new Response(body, { status, headers }))
  )
}

const limited = (text: string) => (text.length > Reply.maxRequestBytes ? undefined : text)

export const fromRequest = (request: Request): Reply.Incoming => ({
  method: request.method,
  url: new URL(request.url),
  headers: Headers.fromInput(request.headers),
  text: Effect.map(
    Effect.promise(() => request.text()),
    limited
  )
})

const textOf = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<string> => {
  const { body } = request
  switch (body._tag) {
    case "Empty":
      return Effect.succeed("")
    case "Uint8Array":
      return Effect.sync(() => new TextDecoder().decode(body.body))
    case "Raw":
      return Effect.promise(() => new Response(body.body as BodyInit).text())
    case "FormData":
      return Effect.promise(() => new Response(body.formData).text())
    case "Stream":
      return Stream.runFold(Stream.decodeText(Stream.orDie(body.stream)), "", (all, part) => all + part)
  }
}

/** Makes a client whose requests the sandbox answers, for any origin. */
export const makeHttpClient = (answer: Answer): HttpClient.HttpClient =>
  HttpClient.make((request, url, signal) =>
    answer({
      method: request.method,
      url,
      headers: request.headers,
      text: Effect.map(textOf(request), limited)
    }).pipe(
      Effect.flatMap((reply) => toResponse(reply, request.method, signal)),
      Effect.mapBoth({
        onFailure: (cause) => new HttpClientError.RequestError({ request, reason: "Transport", cause }),
        onSuccess: (response) => HttpClientResponse.fromWeb(request, response)
      })
    )
  )
