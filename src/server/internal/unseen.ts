/** Keeps the codes of callbacks out of the platform's logs and traces. */
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"

/** The platform's tracer has noted the whole URL before a route is asked, and its logger would do so afterwards. */
export const unseen = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
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
