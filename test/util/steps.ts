/**
 * Interrupts a program at one step, and says what is left of it.
 *
 * A step is one operation of Effect's run loop, in whichever fiber of this process: between two of them an interruption can arrive.
 */
import { getEventListeners } from "node:events"
import { setImmediate } from "node:timers/promises"
import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { defaultScheduler } from "effect/Scheduler"

/** Calls `onStep` before each step of each fiber, until it is stopped. */
const watchSteps = (onStep: (fiber: Fiber.RuntimeFiber<unknown, unknown>) => void): (() => void) => {
  const usual = defaultScheduler.shouldYield
  defaultScheduler.shouldYield = (fiber) => {
    onStep(fiber)
    return usual.call(defaultScheduler, fiber)
  }
  return () => {
    defaultScheduler.shouldYield = usual
  }
}

/**
 * The timers that were set through the globals, as Effect's Clock does, and have neither fired nor been cleared. Those that hold up
 * no process are left out: undici has one for all its connections.
 */
const watchTimers = () => {
  const timers = new Set<NodeJS.Timeout>()
  const { clearInterval, clearTimeout, setInterval, setTimeout } = globalThis
  globalThis.setTimeout = Object.assign((run: (...args: Array<unknown>) => void, ...rest: [number?]) => {
    const timer = setTimeout(
      (...args: Array<unknown>) => {
        timers.delete(timer)
        run(...args)
      },
      ...rest
    )
    timers.add(timer)
    return timer
  }, setTimeout)
  globalThis.setInterval = Object.assign((run: (...args: Array<unknown>) => void, ...rest: [number?]) => {
    const timer = setInterval(run, ...rest)
    timers.add(timer)
    return timer
  }, setInterval)
  const clear = (timer: NodeJS.Timeout | string | number | undefined) => {
    if (typeof timer === "object") timers.delete(timer)
    clearTimeout(timer)
  }
  globalThis.clearTimeout = clear
  globalThis.clearInterval = clear
  return {
    pending: () => [...timers].filter((timer) => timer.hasRef()).length,
    stop: () => Object.assign(globalThis, { clearInterval, clearTimeout, setInterval, setTimeout })
  }
}

/** The listeners that others could hear of: those of the process and of its standard streams. */
const listeners = (): number =>
  [process, process.stdin, process.stdout, process.stderr].reduce(
    (all, emitter) => emitter.eventNames().reduce((some, name) => some + emitter.listenerCount(name), all),
    0
  )

/** Servers and children of this process. Sockets may be kept alive for the next request; pipes are the test runner's. */
const handles = (): ReadonlyArray<string> =>
  process
    .getActiveResourcesInfo()
    .filter((name) => /^(TCPServer|Process)/.test(name))
    .sort()

/** Lets everything that is under way have its turn, until `isDone` or for as long as a slow machine may take. */
const settle = async (isDone: () => boolean): Promise<void> => {
  const end = performance.now() + 5_000
  do await setImmediate()
  while (!isDone() && performance.now() < end)
}

/** A program, as often as it is wanted. */
export interface Program<A, E> {
  /** An Effect that is interrupted, or a function whose signal is aborted. */
  readonly run: Effect.Effect<A, E> | ((signal: AbortSignal) => Promise<A>)
  /** How many requests left this program so far. */
  readonly sent?: (() => number) | undefined
  /** What has to hold afterwards. */
  readonly holds?: ((exit: Exit.Exit<A, E>, sent: number) => Promise<void>) | undefined
  /** What this program begins with, such as a server, ends. */
  readonly dispose?: (() => Promise<void>) | undefined
}

interface Running<A, E> {
  readonly interrupt: () => void
  readonly ended: Promise<Exit.Exit<A, E>>
  /** Listeners on the signal that it was given. */
  readonly listeners: () => number
}

const start = <A, E>(run: Program<A, E>["run"]): Running<A, E> => {
  if (Effect.isEffect(run)) {
    const fiber = Effect.runFork(run)
    return {
      interrupt: () => fiber.unsafeInterruptAsFork(FiberId.none),
      ended: new Promise((resolve) => fiber.addObserver(resolve)),
      listeners: () => 0
    }
  }
  const controller = new AbortController()
  return {
    interrupt: () => controller.abort(),
    ended: run(controller.signal).then(
      (value) => Exit.succeed(value),
      (error) => (controller.signal.aborted ? Exit.interrupt(FiberId.none) : Exit.die(error))
    ),
    listeners: () => getEventListeners(controller.signal, "abort").length
  }
}

/** Runs the program and calls `interrupt` where `watch` says. Checks what holds for every program. */
const runOnce = async <A, E>(
  { dispose, holds, run, sent = () => 0 }: Program<A, E>,
  at: number,
  by: "step" | "turn"
): Promise<number> => {
  const where = `${by} ${at}`
  const before = { handles: handles(), listeners: listeners(), sent: sent() }
  const fibers = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  const timers = watchTimers()
  let steps = 0
  let isOver = false
  let running: Running<A, E> | undefined
  const stop = watchSteps((fiber) => {
    fibers.add(fiber)
    // An Effect begins before its fiber is known here: its first steps are those of the start itself.
    if (by === "step" && !isOver && running !== undefined && ++steps === at) running.interrupt()
  })
  const alive = () => [...fibers].filter((fiber) => fiber.unsafePoll() === null).length
  try {
    const begun = Effect.isEffect(run) ? Effect.zipRight(Effect.yieldNow(), run) : run
    running = start<A, E>(begun)
    const { ended } = running
    let exit: Exit.Exit<A, E> | undefined
    ended.then((given) => {
      exit = given
      isOver = true
    })
    if (by === "turn") {
      while (exit === undefined && steps < at) {
        steps++
        await setImmediate()
      }
      if (exit === undefined) running.interrupt()
    }
    await settle(() => exit !== undefined)
    assert(exit !== undefined, `${where}: it does not end`)
    const atEnd = sent()
    assert(
      Exit.isSuccess(exit) || Cause.isInterruptedOnly(exit.cause),
      `${where}: ${Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""}`
    )
    await settle(() => alive() === 0 && timers.pending() === 0)
    assert.strictEqual(alive(), 0, `${where}: a fiber is left`)
    assert.strictEqual(timers.pending(), 0, `${where}: a timer is left`)
    assert.strictEqual(running.listeners(), 0, `${where}: a listener is left on its signal`)
    assert.strictEqual(sent(), atEnd, `${where}: something was sent after the interruption`)
    stop()
    timers.stop()
    await holds?.(exit, atEnd - before.sent)
    await dispose?.()
    assert.strictEqual(listeners(), before.listeners, `${where}: a listener is left`)
    await settle(() => handles().length <= before.handles.length)
    assert.isAtMost(handles().length, before.handles.length, `${where}: ${handles()} instead of ${before.handles}`)
    return steps
  } finally {
    stop()
    timers.stop()
  }
}

/**
 * Interrupts a program at the first step, at every `stride`th after it, and so on until it ends before. Returns how many steps it
 * had. `turn`: interrupts at turns of the event loop instead, which find it in the middle of its input and output.
 */
export const interruptEverywhere = async <A, E>(
  make: () => Promise<Program<A, E>>,
  { by = "step", first = 1, stride = 1 }: { by?: "step" | "turn"; first?: number; stride?: number } = {}
): Promise<number> => {
  for (let at = first; ; at += stride) {
    const steps = await runOnce(await make(), at, by)
    if (steps < at) return steps
  }
}
