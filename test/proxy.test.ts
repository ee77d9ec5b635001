/** A real proxy on loopback that does not open the tunnel it is asked for: nothing of the request has left, and only then is that said. */
import * as Http from "node:http"
import type * as Net from "node:net"
import { inspect } from "node:util"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { layer, OAuthClient } from "effect-openrouter-oauth/OAuthClient"
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import * as RetryPolicy from "effect-openrouter-oauth/RetryPolicy"
import { EnvHttpProxyAgent, ProxyAgent, request, fetch as undiciFetch } from "undici"
import { failureOf } from "../src/client/connection.js"
import { portOf } from "./util/server.js"

const target = "https://openrouter.invalid/api/v1"

interface Proxy {
  readonly url: string
  /** What was asked for: `CONNECT host:port`, or a request in plain text. */
  readonly asked: Array<string>
}

/** Runs `use` against a proxy that answers CONNECT by `answer`; the proxy ends with it. */
const behind = async (answer: (socket: Net.Socket) => void, use: (proxy: Proxy) => Promise<void>): Promise<void> => {
  const asked: Array<string> = []
  const sockets = new Set<Net.Socket>()
  const server = Http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(403).end()
  })
  server.on("connection", (socket: Net.Socket) => sockets.add(socket.on("error", () => {})))
  server.on("connect", ({ url }, socket: Net.Socket) => {
    asked.push(`CONNECT ${url}`)
    answer(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  try {
    await use({ url: `http://127.0.0.1:${portOf(server)}`, asked })
  } finally {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
}

const refusing = (status: number) => (socket: Net.Socket) =>
  socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`)

const post = { method: "POST", body: "code=fake" } as const

/** Each way to send through a proxy. Node's own fetch takes the dispatcher of the package, though its types do not say so. */
const ways: ReadonlyArray<readonly [string, (url: string, proxy: string) => Promise<unknown>]> = [
  ["Node's fetch", (url, proxy) => fetch(url, Object.assign({ dispatcher: new ProxyAgent(proxy) }, post))],
  ["undici's fetch", (url, proxy) => undiciFetch(url, { ...post, dispatcher: new ProxyAgent(proxy) })],
  ["undici's request", (url, proxy) => request(url, { ...post, dispatcher: new ProxyAgent(proxy) })],
  [
    "a proxy that the environment names",
    (url, proxy) =>
      request(url, { ...post, dispatcher: new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy }) })
  ]
]

const thrownBy = async (sending: Promise<unknown>): Promise<unknown> => {
  try {
    await sending
  } catch (error) {
    return error
  }
  assert.fail("the request must fail")
}

describe("a proxy that refuses the tunnel proves that nothing was sent", () => {
  const table = ways.flatMap(([way, send]) => [403, 407, 502].map((status) => ({ way, send, status })))

  it.each(table)("$way, status $status", ({ send, status }) =>
    behind(refusing(status), async ({ asked, url }) => {
      const error = await thrownBy(send(target, url))
      assert.isTrue(failureOf(error).notSent, inspect(error))
      assert.deepStrictEqual(asked, ["CONNECT openrouter.invalid:443"])
    })
  )

  // As Node 24's agent of node:https and Bun's fetch say it.
  it("ERR_PROXY_TUNNEL, which Node's agents and Bun give", () => {
    const error = Object.assign(new Error("Proxy refused to open a tunnel: 403 No"), { code: "ERR_PROXY_TUNNEL" })
    assert.isTrue(failureOf(error).notSent)
    assert.strictEqual(failureOf(error).code, "ERR_PROXY_TUNNEL")
  })
})

describe("behind a proxy, what may have been sent is not called unsent", () => {
  it.each(ways)("a tunnel that breaks after it was opened: %s", (_, send) =>
    behind(
      (socket) => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
        // The request itself, in plain text.
        socket.once("data", () => socket.destroy())
      },
      async ({ url }) => {
        const error = await thrownBy(send("http://openrouter.invalid/api/v1", url))
        assert.isFalse(failureOf(error).notSent, inspect(error))
      }
    )
  )

  it.each([
    "The operation was aborted",
    "Request aborted",
    "upstream: Proxy response (403) !== 200 when HTTP Tunneling"
  ])("an abort that is no refused tunnel: %s", (message) =>
    assert.isFalse(failureOf(Object.assign(new Error(message), { code: "UND_ERR_ABORTED" })).notSent)
  )

  it("the sentence of a refused tunnel in an error of another kind", () =>
    assert.isFalse(failureOf(new Error("Proxy response (403) !== 200 when HTTP Tunneling")).notSent))
})

describe("behind a proxy that refuses the tunnel the clients fail with ConnectionFailed", () => {
  it("createClient", () =>
    behind(refusing(407), async ({ url }) => {
      const dispatcher = new ProxyAgent(url)
      const client = createClient({
        baseUrl: target,
        fetch: (input, init) => fetch(input, Object.assign({ dispatcher }, init)),
        retries: { strategy: "none" }
      })
      const error = await thrownBy(client.exchangeAuthCodeForAPIKey({ code: "the-code-0123456789" }))
      assert.deepInclude(error, { _tag: "ConnectionFailed" })
      await client.dispose()
    }))

  it("OAuthClient.layer over the platform's undici client", () =>
    behind(refusing(502), async ({ url }) => {
      const agent = NodeHttpClient.layerUndiciWithoutDispatcher.pipe(
        Layer.provide(Layer.succeed(NodeHttpClient.Dispatcher, new ProxyAgent(url)))
      )
      const exchange = Effect.flatMap(OAuthClient, (client) =>
        Effect.flip(client.exchangeAuthCodeForAPIKey({ code: Redacted.make("the-code-0123456789") }))
      )
      const provided = layer({ baseUrl: target }).pipe(Layer.provide([agent, RetryPolicy.layer(RetryPolicy.none)]))
      const error = await Effect.runPromise(Effect.provide(exchange, provided))
      assert.strictEqual(error._tag, "ConnectionFailed")
    }))
})
