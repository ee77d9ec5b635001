/** One request on the wire: sent, and its answer read up to the cap. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"

const maxBytes = 64 * 1024

export interface Answer {
  readonly status: number
  readonly headers: HttpClientResponse.HttpClientResponse["headers"]
  readonly bytes: Uint8Array
  /** False where more came than the cap allows. */
  readonly whole: boolean
  /** What ended the body early. */
  readonly failure?: HttpClientError.HttpClientError
}

export const isJson = (headers: Answer["headers"]): boolean =>
  /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(headers["content-type"] ?? "")

/**
 * The client that requests go through. The platform would put a span around each that holds URL, headers and, where it
 * fails, the request body; and it would send trace headers to whomever it talks to. Both are off, unless the given client
 * turns the headers on itself.
 */
export const secure = <E, R>(
  client: HttpClient.HttpClient.With<E, R>
): HttpClient.HttpClient.With<E, R | Scope.Scope> =>
  client.pipe(
    HttpClient.withTracerPropagation(false),
    HttpClient.transformResponse((response) =>
      Effect.tracerWith((tracer) => Effect.withTracer(response, withoutClientSpans(tracer)))
    ),
    HttpClient.withScope
  )

/** A tracer that keeps all spans but those of HTTP clients: these stand in for their parent, and record nothing. */
const withoutClientSpans = (tracer: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    context: (run, fiber) => tracer.context(run, fiber),
    span: (name, parent, context, links, startTime, kind, options) => {
      if (kind !== "client") return tracer.span(name, parent, context, links, startTime, kind, options)
      const { sampled, spanId, traceId } = Option.getOrElse(parent, () =>
        Tracer.externalSpan({ spanId: "", traceId: "", sampled: false })
      )
      return {
        _tag: "Span",
        name,
        spanId,
        traceId,
        sampled,
        parent,
        context,
        links,
        kind,
        status: { _tag: "Started", startTime },
        attributes: new Map(),
        attribute: () => {},
        event: () => {},
        addLinks: () => {},
        end: () => {}
      }
    }
  })

/** Reads a body until its end, its failure or the cap. */
const read = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Answer> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const answer = (failure?: HttpClientError.HttpClientError): Answer => ({
      status: response.status,
      headers: response.headers,
      bytes: concat(chunks, Math.min(size, maxBytes)),
      whole: size <= maxBytes,
      ...(failure !== undefined && failure.reason !== "EmptyBody" && { failure })
    })
    return response.stream.pipe(
      Stream.runForEachWhile((chunk) =>
        Effect.sync(() => {
          chunks.push(chunk)
          size += chunk.length
          return size <= maxBytes
        })
      ),
      Effect.match({ onFailure: answer, onSuccess: () => answer() })
    )
  })

const concat = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk.subarray(0, size - offset), offset)
    offset = Math.min(size, offset + chunk.length)
  }
  return bytes
}

/**
 * Sends a request and reads the answer. A redirect, and a 200 that is not JSON, are not read: the end of the scope
 * aborts them.
 */
export const fetchAnswer = <E>(
  client: HttpClient.HttpClient.With<E, Scope.Scope>,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<Answer, E> =>
  Effect.flatMap(client.execute(request), (response) => {
    const { headers, status } = response
    const unread = status < 200 || (status >= 300 && status < 400) || (status === 200 && !isJson(headers))
    return unread ? Effect.succeed({ status, headers, bytes: new Uint8Array(), whole: false }) : read(response)
  }).pipe(Effect.scoped)
