/** A tracer that keeps its spans, and everything they were told. */
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

export interface RecordedSpan extends Tracer.Span {
  /** Events and the exit that ended it. */
  readonly told: Array<unknown>
}

/** The spans that an effect makes, in the order in which they began. */
export const spansOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<ReadonlyArray<RecordedSpan>, E, R> =>
  Effect.suspend(() => {
    const spans: Array<RecordedSpan> = []
    const tracer = Tracer.make({
      context: (f) => f(),
      span: (name, parent, context, links, startTime, kind) => {
        const attributes = new Map<string, unknown>()
        const told: Array<unknown> = []
        const span: RecordedSpan = {
          _tag: "Span",
          name,
          spanId: `span-${spans.length}`,
          traceId: "trace",
          parent,
          context,
          links,
          sampled: true,
          kind,
          status: { _tag: "Started", startTime },
          attributes,
          told,
          attribute: (key, value) => void attributes.set(key, value),
          event: (event, _, more) => void told.push(event, more),
          addLinks: () => {},
          end: (_, exit) => void told.push(exit)
        }
        spans.push(span)
        return span
      }
    })
    return Effect.as(Effect.withTracer(effect, tracer), spans)
  })
