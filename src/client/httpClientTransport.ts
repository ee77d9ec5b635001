/** Any `HttpClient` as a transport. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import { fieldsOf } from "../internal/fieldsOf.js"
import { tryPromiseWithin } from "./deadline.js"
import { Answer, type Send } from "./transport.js"

/**
 * The platform would put a span around the request that holds URL, headers and, where it fails, the request; and it would send trace
 * headers to the server. The span is hidden from the tracer, and the headers are off unless the given client turns them on.
 */
export const sendByHttpClient = (given: HttpClient.HttpClient): Send => {
  const client = HttpClient.withScope(HttpClient.withTracerPropagation(given, false))
  return ({ url, ...request }, attempt) => {
    const { context, span } = attempt
    const answered = client
      .execute(
        HttpClientRequest.make(request.method)(url, {
          headers: request.headers,
          body: request.body ? HttpBody.text(request.body, request.headers["content-type"]) : undefined
        })
      )
      .pipe(
        Effect.flatMap(read),
        Effect.scoped,
        (effect) => Effect.tracerWith((tracer) => Effect.withTracer(effect, withoutClientSpans(tracer, span))),
        Effect.withParentSpan(span),
        Effect.provideService(FetchHttpClient.RequestInit, {
          // A client over fetch is told not to follow redirects, whatever its other settings are.
          ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
          redirect: "manual"
        }),
        // A value, because Effect logs the fibers that fail, and their errors hold the request.
        Effect.exit
      )
    return Effect.flatMap(Effect.runtime<never>(), (runtime) =>
      Effect.flatten(tryPromiseWithin(attempt, (signal) => Runtime.runPromise(runtime)(answered, { signal })))
    )
  }
}

/** Reads an answer's body, up to the cap. */
const read = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Answer> => {
  const answer = new Answer(response.status, (name) => response.headers[name])
  const body = answer.fault
    ? Stream.empty
    : isRead(response)
      ? // A body that a transform has read is kept as text only.
        Stream.encodeText(Stream.fromEffect(response.text))
      : response.stream
  return body.pipe(
    Stream.catchAll((failure) => {
      answer.failure = failure
      return Stream.empty
    }),
    Stream.runForEachWhile((chunk) => Effect.sync(() => answer.add(chunk))),
    Effect.as(answer)
  )
}

/**
 * Whether a transform has read the body already. Nothing public tells: `stream` then throws with fetch and looks like an empty body with
 * Node, and asking for `text` after an empty `stream` ends the process with undici. So this looks at `source`, which is the response of
 * fetch, undici or Node in the platform's clients. Without a `source` the body counts as unread.
 */
const isRead = (response: HttpClientResponse.HttpClientResponse): boolean => {
  const source = fieldsOf(fieldsOf(response).source)
  return [source.bodyUsed, source.readableDidRead, fieldsOf(source.body).readableDidRead].includes(true)
}

/** Replaces the platform's client span by one that has the identity of the operation's, for trace headers, and records nothing. */
const withoutClientSpans = (tracer: Tracer.Tracer, operation: Tracer.Span): Tracer.Tracer =>
  Object.assign(Object.create(tracer), {
    span: (...call: Parameters<Tracer.Tracer["span"]>) =>
      call[5] === "client"
        ? Object.assign(Object.create(operation), { attribute: () => {}, end: () => {} })
        : tracer.span(...call)
  })
