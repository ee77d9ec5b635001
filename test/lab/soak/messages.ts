/** What the processes of the soak tell each other. */
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** The memory and the handles of one process, after a garbage collection. */
export interface Measure {
  readonly heapBytes: number
  readonly residentBytes: number
  readonly sockets: number
  readonly servers: number
}

/** How a sign-in at a terminal ended: with a key, by the user, or with the tag of an error. */
export type TerminalOutcome =
  | { readonly _tag: "Key"; readonly key: string }
  | { readonly _tag: "Left" }
  | { readonly _tag: "Failed"; readonly error: string }

/** How a terminal user signs in: by the browser, by a pasted code, or not: they press Ctrl-C while it waits. */
export type TerminalMode = "loopback" | "headless" | "leaves"

export type ToChild =
  | { readonly _tag: "Measure" }
  | { readonly _tag: "SignIn"; readonly label: string; readonly mode: TerminalMode }

export type FromChild =
  | { readonly _tag: "Ready"; readonly origin: string }
  | { readonly _tag: "Measured"; readonly measure: Measure }
  | { readonly _tag: "SignedIn"; readonly label: string; readonly outcome: TerminalOutcome }

const countOf = (resource: string) => process.getActiveResourcesInfo().filter((name) => name === resource).length

/** Needs `node --expose-gc`. */
export const measure = (): Measure => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  return {
    heapBytes: heapUsed,
    residentBytes: rss,
    sockets: countOf("TCPSocketWrap"),
    servers: countOf("TCPServerWrap")
  }
}

/** The child's side: says that it is ready, answers what every child is asked, and ends with its parent. */
export const serveParent = (origin: string, onSignIn: (message: ToChild & { readonly _tag: "SignIn" }) => void) => {
  const tell = (message: FromChild) => void process.send?.(message)
  process.on("message", (message: ToChild) => {
    if (message._tag === "Measure") tell({ _tag: "Measured", measure: measure() })
    else onSignIn(message)
  })
  process.once("disconnect", () => process.exit())
  tell({ _tag: "Ready", origin })
  return tell
}

export interface Child {
  readonly name: string
  readonly origin: string
  readonly measure: Effect.Effect<Measure>
  readonly signIn: (label: string, mode: TerminalMode) => Effect.Effect<TerminalOutcome>
}

const receive = <A>(child: ChildProcess, name: string, read: (message: FromChild) => A | undefined) =>
  Effect.async<A>((resume) => {
    const onMessage = (message: FromChild) => {
      const answer = read(message)
      if (answer === undefined) return
      forget()
      resume(Effect.succeed(answer))
    }
    const onExit = () => {
      forget()
      resume(Effect.dieMessage(`The process of ${name} ended`))
    }
    const forget = () => {
      child.off("message", onMessage)
      child.off("exit", onExit)
    }
    child.on("message", onMessage)
    child.on("exit", onExit)
    return Effect.sync(forget)
  })

/** Starts a file of this folder as a process, for as long as the scope lives. */
export const start = (
  name: string,
  file: string,
  env: Readonly<Record<string, string>>
): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
        execArgv: ["--expose-gc", "--import", "tsx"],
        env: { PATH: process.env.PATH ?? "", ...env }
      })
      return child.setMaxListeners(0)
    }),
    (child) =>
      Effect.async<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill()
      })
  ).pipe(
    Effect.flatMap((child) => {
      const ask = <A>(message: ToChild, read: (message: FromChild) => A | undefined) =>
        Effect.suspend(() => {
          child.send(message)
          return receive(child, name, read)
        })
      return Effect.map(
        receive(child, name, (message) => (message._tag === "Ready" ? message.origin : undefined)),
        (origin): Child => ({
          name,
          origin,
          measure: ask({ _tag: "Measure" }, (message) => (message._tag === "Measured" ? message.measure : undefined)),
          signIn: (label, mode) =>
            ask({ _tag: "SignIn", label, mode }, (message) =>
              message._tag === "SignedIn" && message.label === label ? message.outcome : undefined
            )
        })
      )
    })
  )
