/** A way to a server that can be cut, go silent, and be mended: what a network does to a store. */
import { connect, createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Link {
  readonly port: number
  /** Connections end, and new ones are refused. */
  readonly cut: Effect.Effect<void>
  /** Connections stay, and are accepted, and nothing passes. */
  readonly silence: Effect.Effect<void>
  /** All passes again: what was held back too. */
  readonly mend: Effect.Effect<void>
}

export const link = (target: number): Effect.Effect<Link, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sockets = new Set<Socket>()
      let isSilent = false
      const keep = (socket: Socket, other: () => Socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => {
          sockets.delete(socket)
          other().destroy()
        })
        if (isSilent) socket.pause()
      }
      const server = createServer({ pauseOnConnect: true }, (near) => {
        const far = connect(target, "127.0.0.1")
        keep(near, () => far)
        keep(far, () => near)
        near.pipe(far)
        far.pipe(near)
        if (isSilent) for (const socket of [near, far]) socket.pause()
      })
      const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
      const close = () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve())
          for (const socket of sockets) socket.destroy()
        })
      await listen(0)
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return {
        port,
        close: Effect.promise(async () => (server.listening ? close() : undefined)),
        cut: Effect.promise(close),
        silence: Effect.sync(() => {
          isSilent = true
          for (const socket of sockets) socket.pause()
        }),
        mend: Effect.promise(async () => {
          isSilent = false
          if (!server.listening) await listen(port)
          for (const socket of sockets) socket.resume()
        })
      }
    }),
    ({ close }) => close
  )
