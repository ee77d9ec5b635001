/**
 * Two servers behind a balancer that hands every request to the other one: a sign-in begins on one, its callback comes to the other.
 *
 *   npm run example examples/two-servers/start.ts
 *
 * They share an SQLite file; for a real database or Redis set STORE_URL to postgres://… or redis://…
 * PORT is where to open the app, 3000 unless set. OpenRouter is a sandbox of its own: no account needed.
 */
import { type ChildProcess, fork } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import { startProxy } from "./proxy.js"

class StartFailed extends Data.TaggedError("StartFailed")<{ readonly message: string }> {}

const names = ["A", "B"]

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "two-servers-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** Starts a server, and gives the address that it listens on. */
const server = (env: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      fork(fileURLToPath(new URL("./server.ts", import.meta.url)), {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "inherit", "ipc"]
      })
    ),
    stop
  ).pipe(
    Effect.flatMap((child) =>
      Effect.async<string, StartFailed>((resume) => {
        child.once("exit", () =>
          resume(Effect.fail(new StartFailed({ message: `Server ${env.SERVER_NAME} could not start.` })))
        )
        if (child.stdout === null) return
        createInterface({ input: child.stdout }).once("line", (line) =>
          resume(Effect.succeed(line.replace("Listening on ", "")))
        )
      })
    )
  )

function stop(child: ChildProcess) {
  return Effect.async<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill()
  })
}

const program = Effect.gen(function* () {
  const port = yield* Config.integer("PORT").pipe(Config.withDefault(3000))
  const folder = yield* temporaryFolder
  const storeUrl = yield* Config.string("STORE_URL").pipe(Config.withDefault(`file:${join(folder, "pending.db")}`))
  const { baseUrl } = yield* SandboxNode.SandboxServer
  const proxy = yield* Effect.tryPromise({
    try: () => startProxy(port, (method, path, n) => console.log(`${method} ${path}: server ${names[n]}`)),
    catch: () => new StartFailed({ message: `Cannot listen on port ${port}: set PORT to another one.` })
  })
  const env = { PUBLIC_URL: proxy.url, STORE_URL: storeUrl, OPENROUTER_BASE_URL: baseUrl }
  for (const name of names) proxy.servers.push(yield* server({ ...env, SERVER_NAME: name }))
  yield* Console.log(`Open ${proxy.url}`)
  return yield* Effect.never
})

program.pipe(Effect.scoped, Effect.provide(SandboxNode.layerServer({ appTitle: "Two servers" })), NodeRuntime.runMain)
