/** One attempt of a call: a request sent and its answer read, in a fiber of its own, until its deadline. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRefs from "effect/FiberRefs"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Tracer from "effect/Tracer"
import { type Answer, read } from "./answer.js"

/**
 * Neither the deadline nor an interruption waits for what they end: a body that cannot be cancelled would hold them up.
 *
 * The platform would put a span around the request that holds URL, headers and, where it fails, the request; and it would send trace
 * headers to whomever it talks to. Both are off in here, unless the given client turns the headers on itself.
 */
export const attempt = (
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  context: Context.Context<never>,
  timeout: Duration.Duration
): Effect.Effect<Answer, HttpClientError.HttpClientError | "late"> =>
  Effect.withFiberRuntime((parent) =>
    Effect.async((resume) => {
      const services = parent.currentDefaultServices
      const fork = Runtime.runFork(
        Runtime.make({
          context,
          fiberRefs: parent.getFiberRefs(),
          runtimeFlags: Runtime.defaultRuntimeFlags
        })
      )
      // As a value: Effect logs the fibers that fail unobserved.
      const exchange = fork(Effect.either(Effect.flatMap(client.execute(request), read)), {
        updateRefs: (refs, fiberId) =>
          FiberRefs.updateManyAs(refs, {
            entries: [
              [HttpClient.currentTracerPropagation, [[fiberId, false]]],
              [HttpClient.currentTracerDisabledWhen, [[fiberId, isNotPropagating]]],
              [
                DefaultServices.currentServices,
                [[fiberId, Context.add(services, Tracer.Tracer, secretive(parent.currentTracer))]]
              ]
            ]
          })
      })
      const stop = () => {
        exchange.unsafeInterruptAsFork(FiberId.none)
        resume(Effect.fail("late" as const))
      }
      // A timer costs 1 µs, and a fiber that sleeps by the clock 40.
      const clock = Context.get(services, Clock.Clock)
      const timer = clock === liveClock ? setTimeout(stop, Math.min(Duration.toMillis(timeout), longest)) : undefined
      const sleeper = timer === undefined ? fork(Effect.map(clock.sleep(timeout), stop)) : undefined
      const cancel = () => {
        clearTimeout(timer)
        sleeper?.unsafeInterruptAsFork(FiberId.none)
      }
      exchange.addObserver((exit) => {
        cancel()
        resume(Effect.flatten(exit))
      })
      return Effect.sync(() => {
        cancel()
        stop()
      })
    })
  )

const liveClock = Context.get(DefaultServices.liveServices, Clock.Clock)

/** The longest time that a timer takes, 24 days. */
const longest = 2 ** 31 - 1

const isNotPropagating = () =>
  !Option.exists(Fiber.getCurrentFiber(), (fiber) => fiber.getFiberRef(HttpClient.currentTracerPropagation))

/** For headers, a client span has to stand there: its parent's, which is told nothing. All other spans are the tracer's own. */
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
