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
  readonly failure?: HttpClientError.HttpClientError | undefined
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
    span: (...call) => {
      const [name, parent, context, links, startTime, kind] = call
      if (kind !== "client") return tracer.span(...call)
      const { sampled, spanId, traceId } = Option.getOrElse(parent, () =>
        Tracer.externalSpan({ spanId: "", traceId: "", sampled: false })
      )
      const ignore = () => {}
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
        attribute: ignore,
        event: ignore,
        addLinks: ignore,
        end: ignore
      }
    }
  })

/** Reads a body until its end, its failure or the cap. */
const read = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Answer> =>
  Effect.suspend(() => {
    const { headers, status } = response
    const bytes = new Uint8Array(maxBytes)
    let size = 0
    const answer = (failure?: HttpClientError.HttpClientError): Answer => ({
      status,
      headers,
      bytes: bytes.subarray(0, size),
      whole: size <= maxBytes,
      failure: failure?.reason === "EmptyBody" ? undefined : failure
    })
    return response.stream.pipe(
      Stream.runForEachWhile((chunk) =>
        Effect.sync(() => {
          bytes.set(chunk.subarray(0, maxBytes - size), size)
          size += chunk.length
          return size <= maxBytes
        })
      ),
      Effect.match({ onFailure: answer, onSuccess: () => answer() })
    )
  })

/** Whether a status is a redirect; a browser shows one that was not followed as status 0. */
export const isRedirect = (status: number): boolean => status < 200 || (status >= 300 && status < 400)

/**
 * Sends a request and reads the answer. A redirect, and a 200 that is not JSON, are not read: the end of the scope
 * aborts them.
 */
export const fetchAnswer = <E>(
  client: HttpClient.HttpClient.With<E, Scope.Scope>,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<Answer, E> =>
  Effect.scoped(
    Effect.flatMap(client.execute(request), (response) => {
      const { headers, status } = response
      return isRedirect(status) || (status === 200 && !isJson(headers))
        ? Effect.succeed({ status, headers, bytes: new Uint8Array(), whole: false })
        : read(response)
    })
  )
