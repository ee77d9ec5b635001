/** Somebody who is not signed in cannot end a server by beginning sign-ins (SECURITY 22). */
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Http from "node:http"
import { createRequire } from "node:module"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import { Browser, begun, send } from "./support.js"

const begins = 100_000
const atOnce = 64
const tsx = createRequire(import.meta.url).resolve("tsx")

/** Starts the server with a heap of 256 MB. */
const startServer = (baseUrl: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(
        process.execPath,
        ["--max-old-space-size=256", "--import", tsx, fileURLToPath(new URL("floodServer.ts", import.meta.url))],
        { env: { ...process.env, OPENROUTER_BASE_URL: baseUrl }, stdio: ["ignore", "pipe", "inherit"] }
      )
      const [port] = await once(createInterface(child.stdout), "line")
      return { child, origin: `http://127.0.0.1:${port}` }
    }),
    ({ child }) =>
      Effect.promise(async () => {
        const ended = child.exitCode ?? once(child, "exit")
        child.kill("SIGKILL")
        await ended
      })
  )

const agent = new Http.Agent({ keepAlive: true, maxSockets: atOnce })

const statusOf = (url: URL): Promise<number> =>
  new Promise((resolve, reject) => {
    Http.get(url, { agent }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode ?? 0))
    }).once("error", reject)
  })

it.scopedLive(
  "100,000 begins against a heap of 256 MB: the server lives, refuses with 503 above 10,000, and completes what was begun before",
  () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(SandboxNode.layerServer({ approve: true }))
      const { baseUrl } = yield* Effect.provide(SandboxNode.SandboxServer, context)
      const { child, origin } = yield* startServer(baseUrl)
      yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))
      const at = (path: string) => new URL(path, origin)
      const rss = () => fetch(at("/memory")).then(async (response) => Number(await response.text()))

      const browser = new Browser()
      const callback = yield* Effect.promise(() => begun({ at, origin }, browser))
      const url = at(`/auth/openrouter?returnTo=/${"x".repeat(2_000)}`)
      const counts = new Map<number, number>()
      const flood = (count: number) =>
        Effect.forEach(
          Array.from({ length: count }),
          () =>
            Effect.map(
              Effect.promise(() => statusOf(url)),
              (status) => void counts.set(status, (counts.get(status) ?? 0) + 1)
            ),
          { concurrency: atOnce, discard: true }
        )
      yield* flood(20_000)
      const early = yield* Effect.promise(rss)
      yield* flood(begins - 20_000)
      const late = yield* Effect.promise(rss)
      console.log(
        `RSS ${Math.round(early / 2 ** 20)} MiB after 20,000, ${Math.round(late / 2 ** 20)} MiB after 100,000`
      )

      assert.isNull(child.exitCode)
      assert.deepStrictEqual([...counts].sort(), [
        [303, 9_999],
        [503, begins - 9_999]
      ])
      assert.isBelow(late, early * 1.25, "memory is flat")
      const refused = yield* Effect.promise(() => send(url))
      assert.strictEqual(refused.title, "Too many people are signing in")
      assert.strictEqual(refused.headers["retry-after"], "60")
      const answer = yield* Effect.promise(() => browser.open(callback))
      assert.strictEqual(answer.location?.pathname, "/signed-in")
    }),
  600_000
)
