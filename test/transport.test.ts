import * as Http from "node:http"
import * as Https from "node:https"
import * as Net from "node:net"
import { inspect } from "node:util"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { failureOf } from "../src/client/connection.js"
import { selfSigned } from "./util/certificate.js"
import { portOf } from "./util/server.js"

const codeOf = (error: unknown) => failureOf(error).code

const provablyNotSent = (error: unknown) => failureOf(error).notSent

/** Runs `use` against a server on 127.0.0.1, which ends with it. */
const listening = async (server: Net.Server, use: (port: number) => Promise<void>): Promise<void> => {
  const sockets = new Set<Net.Socket>()
  server.on("connection", (socket: Net.Socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  try {
    await use(portOf(server))
  } finally {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
}

/** What the runtime's own fetch fails with, body and all. */
const thrownBy = async (url: string, init: RequestInit = {}): Promise<unknown> => {
  try {
    const response = await fetch(url, { method: "POST", body: "code=fake", ...init })
    await response.text()
  } catch (error) {
    return error
  }
  assert.fail("the request must fail")
}

const closedPort = async (): Promise<number> => {
  let closed = 0
  await listening(Net.createServer(), async (port) => {
    closed = port
  })
  return closed
}

const sent = (error: unknown) => assert.isFalse(provablyNotSent(error), inspect(error))
const notSent = (error: unknown) => assert.isTrue(provablyNotSent(error), inspect(error))

describe("errors of this runtime that prove that nothing was sent", () => {
  it("a refused connection", async () => {
    const error = await thrownBy(`http://127.0.0.1:${await closedPort()}/`)
    notSent(error)
    assert.strictEqual(codeOf(error), "ECONNREFUSED")
  })

  it("a refused connection of a name with several addresses", async () => {
    const error = await thrownBy(`http://localhost:${await closedPort()}/`)
    notSent(error)
    assert.strictEqual(codeOf(error), "ECONNREFUSED")
  })

  it("a host that does not exist", async () => {
    const error = await thrownBy("http://nonexistent.invalid/")
    notSent(error)
    assert.match(codeOf(error) ?? "", /^(ENOTFOUND|EAI_AGAIN)$/)
  })

  it("a certificate that nobody vouches for", () =>
    listening(Https.createServer(selfSigned()), async (port) => {
      const error = await thrownBy(`https://127.0.0.1:${port}/`)
      notSent(error)
      assert.strictEqual(codeOf(error), "DEPTH_ZERO_SELF_SIGNED_CERT")
    }))

  it("TLS to a server that speaks plain HTTP", () =>
    listening(Http.createServer(), async (port) => {
      const error = await thrownBy(`https://127.0.0.1:${port}/`)
      notSent(error)
      assert.strictEqual(codeOf(error), "ERR_SSL_WRONG_VERSION_NUMBER")
    }))

  it("a connection that ends within the TLS handshake", () =>
    listening(
      Net.createServer((socket) => {
        socket.once("data", () => socket.end())
      }),
      async (port) => notSent(await thrownBy(`https://127.0.0.1:${port}/`))
    ))
})

describe("errors of this runtime after which the request may have been processed", () => {
  it("a reset after the request", () =>
    listening(
      Net.createServer((socket) => {
        socket.once("data", () => socket.resetAndDestroy())
      }),
      async (port) => sent(await thrownBy(`http://127.0.0.1:${port}/`))
    ))

  it("an end after the request, without an answer", () =>
    listening(
      Net.createServer((socket) => {
        socket.once("data", () => socket.end())
      }),
      async (port) => sent(await thrownBy(`http://127.0.0.1:${port}/`))
    ))

  it("a reset within the answer", () =>
    listening(
      Net.createServer((socket) => {
        socket.once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", () => socket.resetAndDestroy())
        })
      }),
      async (port) => sent(await thrownBy(`http://127.0.0.1:${port}/`))
    ))

  it("an answer that is no HTTP", () =>
    listening(
      Net.createServer((socket) => {
        socket.once("data", () => socket.end("220 mail.example ESMTP\r\n"))
      }),
      async (port) => {
        const error = await thrownBy(`http://127.0.0.1:${port}/`)
        sent(error)
        assert.match(codeOf(error) ?? "", /^HPE_/)
      }
    ))

  it("a redirect that was not to be followed", () =>
    listening(
      Http.createServer((_, response) => {
        response.writeHead(307, { location: "/elsewhere" }).end()
      }),
      async (port) => sent(await thrownBy(`http://127.0.0.1:${port}/`, { redirect: "error" }))
    ))

  it("an abort", async () => sent(await thrownBy("http://127.0.0.1:1/", { signal: AbortSignal.abort() })))
})

describe("what was never sent", () => {
  const coded = (code: string, more: object = {}) => Object.assign(new Error(`fake ${code}`), { code }, more)
  const failed = (cause: unknown) => new TypeError("fetch failed", { cause })

  it.each([
    "Failed to fetch",
    "NetworkError when attempting to fetch resource.",
    "Load failed",
    "fetch failed",
    "The network connection was lost.",
    "connect ECONNREFUSED"
  ])("is false for a browser's errors: they prove nothing: %s", (message) => {
    sent(new TypeError(message))
    sent(failed(new TypeError(message)))
    assert.isUndefined(codeOf(new TypeError(message)))
  })

  it("is false for a browser's errors: they prove nothing: a DOMException", () =>
    sent(new DOMException("A network error occurred.", "NetworkError")))

  it.each([
    "UND_ERR_CONNECT_TIMEOUT",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "CERT_HAS_EXPIRED",
    "CERT_NOT_YET_VALID",
    "CERT_REVOKED",
    "CERT_UNTRUSTED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
  ])("is true for every certificate error, and for a connection that took too long: %s", (code) => {
    notSent(failed(coded(code)))
    notSent(coded(code))
  })

  it.each(["ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "EACCES"])(
    "is true for every failure to connect, whatever its code: %s",
    (code) => {
      notSent(failed(coded(code, { syscall: "connect" })))
      sent(failed(coded(code, { syscall: "read" })))
      sent(failed(coded(code, { syscall: "write" })))
    }
  )

  it.each(["ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "EACCES"])(
    "is false for a code that does not say that it was connecting: %s",
    (code) => sent(failed(coded(code)))
  )

  it("is true for a failure to resolve a name", () => notSent(failed(coded("ENOTFOUND", { syscall: "getaddrinfo" }))))

  it("is true for Bun's refused connection, which has no syscall", () => notSent(coded("ECONNREFUSED")))

  it("is true for Deno's failure to connect and its missing net permission, and for no other of its errors", () => {
    const because = (message: string) => new TypeError("error sending request", { cause: new Error(message) })
    notSent(because("client error (Connect): tcp connect error: Connection refused (os error 111)"))
    notSent(Object.assign(new Error("Requires net access"), { name: "NotCapable" }))
    sent(because("client error (SendRequest): connection closed before message completed"))
  })

  it.each([
    "UND_ERR_SOCKET",
    "UND_ERR_HEADERS_TIMEOUT",
    "UND_ERR_BODY_TIMEOUT",
    "UND_ERR_ABORTED",
    "HPE_INVALID_CONSTANT",
    "ECONNRESET",
    "EPIPE",
    "ABORT_ERR",
    "Z_DATA_ERROR",
    "NOT_CERT_HAS_EXPIRED_",
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
    "X_UND_ERR_CONNECT_TIMEOUT"
  ])("is false for what can come later, when sockets, headers and bodies end: %s", (code) => sent(failed(coded(code))))

  const refused = coded("ECONNREFUSED", { syscall: "connect" })
  const reset = coded("ECONNRESET", { syscall: "read" })

  it("of several causes each must prove it", () => {
    notSent(failed(new AggregateError([refused, refused])))
    sent(failed(new AggregateError([refused, reset])))
    sent(failed(new AggregateError([reset, refused])))
    sent(failed(new AggregateError([])))
    sent(failed(new AggregateError([refused, undefined])))
    notSent(failed(new AggregateError(Array.from({ length: 8 }, () => refused))))
  })

  it.each([9, 10, 18])("of several causes each must prove it: the last one after %s others", (length) =>
    sent(failed(new AggregateError([...Array.from({ length }, () => refused), reset])))
  )

  describe("of the platform's errors", () => {
    const request = HttpClientRequest.get("http://127.0.0.1/")
    const response = HttpClientResponse.fromWeb(request, new Response())

    it.each(["Encode", "InvalidUrl"] as const)("is true for a request that could not be made: %s", (reason) =>
      notSent(new HttpClientError.RequestError({ request, reason, cause: new Error("fake") }))
    )

    it("of a transport's failure, is what its cause proves", () => {
      notSent(new HttpClientError.RequestError({ request, reason: "Transport", cause: refused }))
      sent(new HttpClientError.RequestError({ request, reason: "Transport", cause: new Error("fake") }))
    })

    it.each(["StatusCode", "Decode", "EmptyBody"] as const)("is false for every answer: %s", (reason) =>
      sent(new HttpClientError.ResponseError({ request, response, reason, cause: refused }))
    )
  })

  it.each(["connect", "getaddrinfo", "Encode", "InvalidUrl", "CERT_HAS_EXPIRED"])(
    "is false for words that prove it only where the runtime says them: %s",
    (word) => sent(failed(Object.assign(new Error(word), { reason: word })))
  )

  it("ends at causes that go round in circles", () => {
    const round: { cause?: unknown; errors?: ReadonlyArray<unknown>; code?: string } = {}
    round.cause = round
    sent(round)
    assert.isUndefined(codeOf(round))
    const pair: { readonly errors: Array<unknown> } = { errors: [] }
    pair.errors.push(pair, pair)
    sent(pair)
    assert.isUndefined(codeOf(pair))
    let deep: unknown = coded("ECONNREFUSED", { syscall: "connect" })
    for (let level = 0; level < 100; level++) deep = { cause: deep }
    sent(deep)
    assert.isUndefined(codeOf(deep))
  })

  it("never throws, whatever was thrown", () =>
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true }),
        fc.constantFrom("code", "message", "syscall", "cause", "errors"),
        (u, name) => {
          for (const error of [u, { [name]: u }, { cause: { [name]: u } }, { errors: [{ [name]: u }] }]) {
            assert.isFalse(provablyNotSent(error))
            codeOf(error)
          }
        }
      ),
      { numRuns: 500 }
    ))
})

describe("the code of a failure", () => {
  it("takes the first code, and only what looks like one: a server's text is none", () => {
    const coded = (code: unknown, cause?: unknown) => Object.assign(new Error("x", { cause }), { code })
    assert.strictEqual(codeOf(coded("ECONNRESET")), "ECONNRESET")
    assert.strictEqual(codeOf(coded("UND_ERR_SOCKET", coded("ECONNRESET"))), "UND_ERR_SOCKET")
    assert.strictEqual(codeOf(new Error("x", { cause: coded("ECONNRESET") })), "ECONNRESET")
    assert.strictEqual(codeOf(coded(20, coded("ECONNRESET"))), "ECONNRESET")
    assert.strictEqual(codeOf(new AggregateError([new Error("x"), coded("ETIMEDOUT")])), "ETIMEDOUT")
  })

  it.for(["sk-or-v1-fake", "fake", "E", "", "E RESET", `E${"X".repeat(100)}`, 5, null, undefined, {}, ["ECONNRESET"]])(
    "takes the first code, and only what looks like one: a server's text is none: row %#",
    (code) => {
      const coded = (code: unknown, cause?: unknown) => Object.assign(new Error("x", { cause }), { code })
      assert.isUndefined(codeOf(coded(code)))
    }
  )

  it.each([undefined, null, "ECONNRESET", 5])(
    "takes the first code, and only what looks like one: a server's text is none: %o",
    (u) => {
      assert.isUndefined(codeOf(u))
    }
  )
})

describe("the code of a failure is one that runtimes give", () => {
  const shown = [
    ["ECONNREFUSED", "ECONNREFUSED"],
    ["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_CONNECT_TIMEOUT"],
    ["SK_OR_V1_FAKE", undefined],
    ["FAKE0123456789ABCDEF", undefined],
    ["ERR_FAKE0123456789ABCDEF", undefined],
    ["123456", undefined]
  ] as const
  for (const [code, expected] of shown) {
    it(`${code} is ${expected === undefined ? "not shown: it is none that runtimes give" : "shown"}`, () =>
      assert.strictEqual(failureOf({ code }).code, expected))
  }
})
