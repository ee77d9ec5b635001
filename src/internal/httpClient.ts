/** Any `HttpClient` as a way to the API. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Tracer from "effect/Tracer"
import { type Answer, type Body, read } from "./answer.js"
import { runtimeOf, type Send } from "./attempt.js"

/** What the responses of the platform's clients hold: fetch's, undici's or Node's own response, and what aborts the request. */
interface Holder {
  readonly original?: Holder
  readonly source?: Source & { readonly body?: Source | null }
  readonly controller?: AbortController
}

interface Source extends Body {
  readonly bodyUsed?: boolean
  readonly readableDidRead?: boolean
}

/**
 * The platform would put a span around the request that holds URL, headers and, where it fails, the request; and it would send trace
 * headers to whomever it talks to. The span is kept from the tracer, and the headers are off, unless the given client turns them on.
 *
 * A body comes from what the response holds: chunk by chunk it costs 5 µs so, and 300 as a Stream. One that a transform read comes from the
 * platform, which keeps its text.
 */
export const sendByHttpClient = (given: HttpClient.HttpClient, built: Context.Context<never>): Send => {
  const client = HttpClient.withTracerPropagation(given, false)
  return ({ body, url, ...request }, fiber, span, controller) => {
    const runtime = runtimeOf(
      fiber,
      fiber.currentContext.pipe(
        Context.add(FetchHttpClient.RequestInit, initOf(built, fiber.currentContext)),
        Context.add(Tracer.ParentSpan, span)
      )
    )
    const answerOf = (response: HttpClientResponse.HttpClientResponse): Promise<Answer> => {
      const holder = response as Holder
      const { source } = holder.original ?? holder
      const stream = source?.body ?? source
      const abort = () => holder.controller?.abort()
      controller.signal.addEventListener("abort", abort)
      return read(
        { header: (name) => response.headers[name], status: response.status },
        source?.bodyUsed || stream?.readableDidRead ? undefined : stream,
        // As a value, here too.
        () => Runtime.runPromise(runtime)(Effect.either(response.text)).then(Either.getOrThrowWith(identity)),
        abort
      )
    }
    return Runtime.runPromiseExit(runtime)(
      client
        .execute(
          HttpClientRequest.modify(HttpClientRequest.get(url), {
            ...request,
            body: body ? HttpBody.text(body, "application/json") : HttpBody.empty
          })
        )
        .pipe(
          Effect.flatMap((response) => Effect.promise(() => answerOf(response))),
          Effect.withTracer(secretive(Context.get(fiber.currentDefaultServices, Tracer.Tracer))),
          // As a value: Effect logs the fibers that fail unobserved, and their errors hold the request.
          Effect.either
        ),
      { signal: controller.signal }
    ).then(Effect.flatten)
  }
}

/** Clients over fetch are told not to follow redirects, whatever their other settings are. */
export const initOf = (built: Context.Context<never>, caller: Context.Context<never>): RequestInit => ({
  ...built.unsafeMap.get(FetchHttpClient.RequestInit.key),
  ...caller.unsafeMap.get(FetchHttpClient.RequestInit.key),
  redirect: "manual"
})

/** A client span is its parent, for the headers, and is told nothing. All other spans are the tracer's own. */
const secretive = (tracer: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    context: tracer.context.bind(tracer),
    span: (...call) => {
      const [, parent, , , , kind] = call
      const ignore = () => {}
      return kind === "client"
        ? ({
            ...Option.getOrUndefined(parent),
            parent,
            attribute: ignore,
            event: ignore,
            addLinks: ignore,
            end: ignore
          } as Tracer.Span)
        : tracer.span(...call)
    }
  })
