/** Runs Effects for plain async code. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

/** Makes an `AbortError`: a `DOMException` where the runtime has that class (React Native has not). */
export const abortError = (message: string): Error =>
  typeof DOMException === "undefined"
    ? Object.assign(new Error(message), { name: "AbortError" })
    : new DOMException(message, "AbortError")

export interface Runner {
  /** Rejects with the typed error itself, with the signal's reason if that aborted it, and with an `AbortError` after `dispose`. */
  readonly run: <A, E>(effect: Effect.Effect<A, E>, signal?: AbortSignal | undefined) => Promise<A>
  /** Interrupts what is running and waits until it has ended. Later runs are refused. */
  readonly dispose: () => Promise<void>
}

/** Makes a runner that can be disposed. `name` is used in the message of later calls: "The client was disposed". */
export const makeRunner = (name: string): Runner => {
  const running = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  const disposal = () => abortError(`${name} was disposed`)
  let disposed = false
  return {
    run: (effect, signal) =>
      new Promise((resolve, reject) => {
        if (disposed) return reject(disposal())
        if (signal?.aborted) return reject(signal.reason)
        const fiber = Effect.runFork(effect)
        const abort = () => Effect.runFork(Fiber.interrupt(fiber))
        // Neither the signal nor the runner may hold on to a call that is over.
        signal?.addEventListener("abort", abort)
        running.add(fiber)
        fiber.addObserver((exit) => {
          signal?.removeEventListener("abort", abort)
          running.delete(fiber)
          if (Exit.isSuccess(exit)) return resolve(exit.value)
          const interrupted = Cause.isInterruptedOnly(exit.cause)
          if (interrupted && signal?.aborted) return reject(signal.reason)
          reject(interrupted && disposed ? disposal() : Cause.squash(exit.cause))
        })
      }),
    dispose: async () => {
      disposed = true
      await Effect.runPromise(Fiber.interruptAll(running))
    }
  }
}

/** Runs one Effect. Rejects with the typed error itself, and with the signal's reason if that aborted it. */
export const runPromise = <A, E>(effect: Effect.Effect<A, E>, signal?: AbortSignal | undefined): Promise<A> =>
  makeRunner("The call").run(effect, signal)

/**
 * The outcome of a function that never rejects.
 *
 * @since 0.1.0
 * @category models
 */
export type Result<A, E> = { readonly ok: true; readonly value: A } | { readonly ok: false; readonly error: E }
