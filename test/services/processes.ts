/** Programs of this repository as processes of their own. */

import { type ChildProcessByStdio, spawn } from "node:child_process"
import { createRequire } from "node:module"
import { createInterface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { cast } from "../util/cast.js"

const root = fileURLToPath(new URL("../..", import.meta.url))
const tsx = createRequire(import.meta.url).resolve("tsx/cli")

export interface Program {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  /** The next line that it prints; fails where it ends instead. */
  readonly line: Effect.Effect<string>
}

/** Runs a source of this repository on the sources, for as long as the scope lives. */
export const program = (
  file: string,
  args: ReadonlyArray<string> = [],
  env: Record<string, string> = {}
): Effect.Effect<Program, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [tsx, "--tsconfig", "tsconfig.json", file, ...args], {
        cwd: root,
        env: { PATH: process.env.PATH ?? "", ...env },
        stdio: ["pipe", "pipe", "inherit"]
      })
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      const line = Effect.promise(async () => {
        const { done, value } = await lines.next()
        if (done) throw new Error(`${file} ended with ${child.exitCode ?? child.signalCode}`)
        return value
      })
      return { child, line }
    }),
    ({ child }) =>
      Effect.async<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill()
      })
  )

/** 10,000 attempts, put by two processes, which then both try to take every one of them. */
export const twoProcesses = (url: string, concurrency: number) =>
  Effect.gen(function* () {
    const total = 10_000
    const both = yield* Effect.forEach([0, 1], (n) =>
      program("test/services/worker.ts", [url, n * 5_000, (n + 1) * 5_000, total, concurrency].map(String))
    )
    for (const { line } of both) assert.strictEqual(yield* line, "put")
    for (const { child } of both) child.stdin.write("\n")
    const [one = [], other = []] = yield* Effect.forEach(
      both,
      ({ line }) => Effect.map(line, (text) => cast<ReadonlyArray<number>>(JSON.parse(text))),
      { concurrency: 2 }
    )
    assert.deepStrictEqual(
      [...one, ...other].sort((a, b) => a - b),
      Array.from({ length: total }, (_, n) => n),
      "each attempt once, none twice"
    )
    // Of two that write to SQLite without a pause, one may well be done before the other has its turn.
    if (!url.startsWith("file:")) assert.isAbove(Math.min(one.length, other.length), 0, "both took some")
  }).pipe(Effect.scoped)
