/** Listening on a port of this machine, for as long as a scope lasts. */
import type * as Http from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { PortUnavailable } from "../../internal/PortUnavailable.js"

/**
 * Listens until the scope ends, and returns the port. At the end every connection is closed at once: `server.close()` alone waits for the
 * silent ones, which browsers open in advance.
 */
export const listen = (
  server: Http.Server,
  host: string,
  port: number
): Effect.Effect<number, NodeJS.ErrnoException, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<number, NodeJS.ErrnoException>((resume) => {
      server.once("error", (error) => resume(Effect.fail(error)))
      server.listen({ host, port, exclusive: true }, () => {
        // A connection that cannot be accepted does not end the server.
        server.on("error", () => {})
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
      })
    }),
    () =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

/** Turns the system's error into the one that users of this package get. `ports` were tried in order. */
export const portUnavailable =
  (operation: string, host: string, ports: ReadonlyArray<number>) =>
  ({ code }: NodeJS.ErrnoException): PortUnavailable =>
    new PortUnavailable({
      operation,
      host,
      port: ports[0] ?? 0,
      ports,
      reason: code === "EADDRINUSE" ? "AddressInUse" : "Other",
      code
    })
