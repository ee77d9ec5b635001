/** Keeps the code in a callback's query out of the platform's logs and traces. */
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"

/**
 * Removes the query from the spans around a route, which the platform starts before it calls the route, and disables its logger, which
 * would log the whole URL afterwards.
 */
export const keepQueryPrivate = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.option(Effect.currentSpan), (span) => {
    for (let next: Option.Option<Tracer.AnySpan> = span; next._tag === "Some" && next.value._tag === "Span"; ) {
      const { attributes, parent } = next.value
      const url = attributes.get("url.full")
      if (typeof url === "string") next.value.attribute("url.full", url.replace(/\?.*/s, ""))
      if (attributes.has("url.query")) next.value.attribute("url.query", "")
      next = parent
    }
    return HttpMiddleware.withLoggerDisabled(effect)
  })
