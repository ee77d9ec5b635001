/** One attempt of a call: a request sent and its answer read, until its deadline. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import type * as Tracer from "effect/Tracer"
import type { Answer } from "./answer.js"

/** A request as this client makes them. */
export interface Request {
  readonly url: string
  readonly method: "GET" | "POST"
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

/**
 * A way to the API: sends a request of a fiber's, whose operation has the span, and reads its answer. It follows no redirect and
 * never rejects. The controller's signal ends all of it.
 */
export type Send = (
  request: Request,
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  span: Tracer.Span,
  controller: AbortController
) => Promise<Effect.Effect<Answer, unknown>>

/**
 * Undefined where the deadline came first. Neither the deadline nor an interruption waits for what they end: a body that cannot be
 * cancelled would hold them up.
 */
export const attempt = (
  send: Send,
  request: Request,
  span: Tracer.Span,
  timeout: Duration.Duration
): Effect.Effect<Answer | undefined, unknown> =>
  Effect.withFiberRuntime((fiber) =>
    Effect.async((resume) => {
      const controller = new AbortController()
      const stop = () => {
        cancel()
        controller.abort()
        resume(Effect.succeed(undefined))
      }
      const cancel = deadline(fiber, timeout, stop)
      send(request, fiber, span, controller).then((answer) => {
        cancel()
        resume(answer)
      })
      return Effect.sync(stop)
    })
  )

/** A timer costs 1 µs, and a fiber that sleeps by the clock 40. */
const deadline = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  timeout: Duration.Duration,
  stop: () => void
): (() => void) => {
  const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
  if (clock === liveClock) {
    const timer = setTimeout(stop, Math.min(Duration.toMillis(timeout), longest))
    return () => clearTimeout(timer)
  }
  const cancel = Runtime.runCallback(runtimeOf(fiber))(Effect.map(clock.sleep(timeout), stop))
  return () => cancel()
}

/** Runs what belongs to a fiber, with its settings. */
export const runtimeOf = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  context = fiber.currentContext
): Runtime.Runtime<never> =>
  Runtime.make({ context, fiberRefs: fiber.getFiberRefs(), runtimeFlags: Runtime.defaultRuntimeFlags })

const liveClock = Context.get(DefaultServices.liveServices, Clock.Clock)

/** The longest time that a timer takes, 24 days. */
const longest = 2 ** 31 - 1
