/** What other sites' pages may send to a sandbox that listens on the machine of a developer. */
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import { heapUsed } from "../util/heap.js"

const body = "x".repeat(1024 * 1024)

/** A form of another site, sent as a browser sends it; resolves with the status line. */
const post = (port: number, path: string): Promise<string> =>
  new Promise((resolve) => {
    let text = ""
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: https://evil.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
      )
      socket.end(body)
    })
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
    })
    socket.on("error", () => resolve(text.split("\r\n", 1)[0] ?? ""))
    socket.on("close", () => resolve(text.split("\r\n", 1)[0] ?? ""))
  })

describe("255 foreign forms of 1 MB, sixteen at once", () => {
  it.live.each(["/auth", "/api/v1/auth/keys"])(
    "to %s: each is refused, memory is flat, and the sandbox goes on",
    (path) =>
      Effect.gen(function* () {
        const { baseUrl, port } = yield* SandboxNode.SandboxServer
        const flood = (count: number) =>
          Effect.all(
            Array.from({ length: count }, () => Effect.promise(() => post(port, path))),
            { concurrency: 16 }
          )
        yield* flood(32)
        const before = heapUsed()
        const answers = yield* flood(255)
        assert.deepStrictEqual([...new Set(answers)], ["HTTP/1.1 413 Payload Too Large"])
        assert.isBelow((heapUsed() - before) / 1024 / 1024, 10)
        const alive = yield* Effect.promise(() => fetch(`${baseUrl}/key`))
        assert.strictEqual(alive.status, 401)
      }).pipe(Effect.provide(SandboxNode.layerServer())),
    60_000
  )
})
