/** Sockets that send nothing, or never finish: closed, by the callback server itself. */
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as CallbackServer from "../../src/node/internal/callbackServer.js"

const late: Record<string, string> = {
  "sends nothing": "",
  "stops in a header": "GET /callback HTTP/1.1\r\nHost: 127.0.0.1",
  "stops in the body": "GET /callback HTTP/1.1\r\nHost: 127.0.0.1:1\r\nContent-Length: 10\r\n\r\nhalf"
}

describe("a socket is closed that", () => {
  for (const [name, bytes] of Object.entries(late)) {
    it.scopedLive(name, () =>
      Effect.gen(function* () {
        const { port } = yield* CallbackServer.make({
          operation: "signIn",
          host: "127.0.0.1",
          ports: [0],
          path: "/callback",
          requestTimeout: 50
        })
        yield* Effect.async<void>((resume) => {
          const socket = Net.connect(port, "127.0.0.1", () => socket.write(bytes))
          socket.on("error", () => {})
          // What it is told before the end must be read, or the end is never seen.
          socket.resume()
          socket.once("close", () => resume(Effect.void))
        })
      })
    )
  }

  it("takes longer than ten seconds, unless a test says otherwise", () => {
    assert.strictEqual(CallbackServer.defaultRequestTimeout, 10_000)
  })
})
