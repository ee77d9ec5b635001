/** A raw TCP and TLS server that does to a client what networks and broken servers do. */
import * as Net from "node:net"
import * as Tls from "node:tls"
import * as Zlib from "node:zlib"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { selfSigned } from "../util/certificate.js"

export interface Connection {
  readonly socket: Net.Socket
  /** The whole answer that a healthy server would give, head and body. */
  readonly answer: Buffer
  readonly body: string
  /** The path that was asked for. */
  readonly path: string
  /** Counts from 1, for each connection. */
  readonly request: number
}

export interface Fault {
  readonly name: string
  /** Breaks the answer to a request that has arrived whole. */
  readonly apply: (connection: Connection) => void
  /** Answers as soon as the head of the request is there. */
  readonly early?: boolean
  /** How long an attempt may take, where the fault is that nothing ends. */
  readonly timeoutMs?: number
  /** A healthy call goes first, on the same client. */
  readonly afterAnother?: boolean
  /** What comes of it depends on the moment, so it has no row in the table. */
  readonly isUnsteady?: boolean
  readonly tls?: boolean
}

const head = (...lines: ReadonlyArray<string>) => `${lines.join("\r\n")}\r\n\r\n`
const ok = "HTTP/1.1 200 OK"
const json = "content-type: application/json"

export const healthy = (body: string): Buffer =>
  Buffer.from(head(ok, json, `content-length: ${Buffer.byteLength(body)}`) + body)

const send = (socket: Net.Socket, ...parts: ReadonlyArray<string | Buffer>) => {
  for (const part of parts) socket.write(part)
}

const drip = (socket: Net.Socket, bytes: Buffer, everyMs: number) => {
  let sent = 0
  const timer = setInterval(() => {
    if (sent < bytes.length) socket.write(bytes.subarray(sent, ++sent))
  }, everyMs)
  socket.once("close", () => clearInterval(timer))
}

export const faults: ReadonlyArray<Fault> = [
  { name: "no fault", apply: ({ answer, socket }) => send(socket, answer) },
  { name: "an answer before the request has ended", early: true, apply: ({ answer, socket }) => send(socket, answer) },
  { name: "a byte at a time, in time", apply: ({ answer, socket }) => drip(socket, answer, 1) },
  { name: "a byte at a time, too slowly", timeoutMs: 3000, apply: ({ answer, socket }) => drip(socket, answer, 500) },
  { name: "silence", timeoutMs: 3000, apply: () => {} },
  { name: "a close without an answer", apply: ({ socket }) => void socket.end() },
  { name: "a reset without an answer", apply: ({ socket }) => void socket.resetAndDestroy() },
  { name: "half of the answer, then a close", apply: ({ answer, socket }) => void socket.end(answer.subarray(0, -9)) },
  {
    name: "half of the answer, then silence",
    timeoutMs: 3000,
    apply: ({ answer, socket }) => send(socket, answer.subarray(0, -9))
  },
  {
    name: "a length that is too long, then a close",
    apply: ({ body, socket }) => void socket.end(head(ok, json, "content-length: 5000") + body)
  },
  {
    name: "a length that is too short",
    apply: ({ body, socket }) => void socket.end(head(ok, json, "content-length: 9") + body)
  },
  {
    name: "a chunk whose length is none",
    apply: ({ body, socket }) => void socket.end(`${head(ok, json, "transfer-encoding: chunked")}zz\r\n${body}\r\n`)
  },
  {
    name: "chunks without their end",
    apply: ({ body, socket }) =>
      void socket.end(`${head(ok, json, "transfer-encoding: chunked")}${body.length.toString(16)}\r\n${body}\r\n`)
  },
  { name: "no HTTP", apply: ({ socket }) => void socket.end("SSH-2.0-fake\r\n") },
  {
    name: "gzip that is none",
    apply: ({ body, socket }) =>
      send(socket, head(ok, json, "content-encoding: gzip", `content-length: ${Buffer.byteLength(body)}`) + body)
  },
  {
    name: "gzip that is none, then a close",
    // Node's fetch often never ends such a body: the deadline does.
    isUnsteady: true,
    timeoutMs: 3000,
    apply: ({ body, socket }) => void socket.end(head(ok, json, "content-encoding: gzip") + body)
  },
  {
    name: "gzip of 64 MiB",
    apply: ({ socket }) => {
      const bomb = Zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024, " "))
      send(socket, head(ok, json, "content-encoding: gzip", `content-length: ${bomb.length}`), bomb)
    }
  },
  {
    name: "a redirect to itself",
    apply: ({ path, socket }) =>
      send(socket, head("HTTP/1.1 307 Temporary Redirect", `location: ${path}`, "content-length: 0"))
  },
  {
    name: "a reset of a kept connection, with the second request",
    afterAnother: true,
    isUnsteady: true,
    apply: ({ answer, request, socket }) => {
      if (request === 1) send(socket, answer)
      else socket.resetAndDestroy()
    }
  },
  { name: "a certificate that nobody vouches for", tls: true, apply: ({ answer, socket }) => send(socket, answer) }
]

export interface Network {
  /** An address of its own for each case, so that its requests can be counted. */
  readonly baseUrl: (id: string, fault: Fault) => string
  readonly requests: (id: string) => number
}

/** Serves every fault at once. `bodyFor` gives the healthy body of a path. */
export const serve = (
  faultOf: (id: string) => Fault,
  bodyFor: (path: string) => string
): Effect.Effect<Network, never, Scope.Scope> =>
  Effect.gen(function* () {
    const counted = new Map<string, number>()
    const sockets = new Set<Net.Socket>()

    const connected = (socket: Net.Socket) => {
      sockets.add(socket)
      socket.once("close", () => sockets.delete(socket))
      socket.on("error", () => {})
      let pending = ""
      let request = 0
      let answered = false
      socket.on("data", (chunk: Buffer) => {
        pending += chunk.toString("latin1")
        for (;;) {
          const end = pending.indexOf("\r\n\r\n")
          if (end < 0) return
          const path = pending.split(" ")[1] ?? ""
          const id = path.split("/")[1] ?? ""
          const fault = faultOf(id)
          const body = bodyFor(path)
          const answer = () => {
            request++
            counted.set(id, (counted.get(id) ?? 0) + 1)
            fault.apply({ socket, answer: healthy(body), body, path, request })
          }
          if (fault.early === true && !answered) {
            answered = true
            answer()
          }
          const length = Number(/\r\ncontent-length: (\d+)/i.exec(pending.slice(0, end))?.[1] ?? 0)
          if (pending.length < end + 4 + length) return
          pending = pending.slice(end + 4 + length)
          if (!answered) answer()
          answered = false
        }
      })
    }

    const listen = (server: Net.Server) =>
      Effect.acquireRelease(
        Effect.async<number>((resume) => {
          server.on("tlsClientError", () => {})
          server.listen(0, "127.0.0.1", () => {
            const address = server.address()
            resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
          })
        }),
        () =>
          Effect.async<void>((resume) => {
            for (const socket of sockets) socket.destroy()
            server.close(() => resume(Effect.void))
          })
      )

    const plain = yield* listen(Net.createServer(connected))
    const secure = yield* listen(Tls.createServer(selfSigned("localhost"), connected))
    return {
      baseUrl: (id, { tls }) =>
        tls === true ? `https://localhost:${secure}/${id}/api/v1` : `http://127.0.0.1:${plain}/${id}/api/v1`,
      requests: (id) => counted.get(id) ?? 0
    }
  })
