/** The error of every server of this package that cannot listen where it was asked to. */
import * as Data from "effect/Data"

/**
 * None of the ports that were asked for can be listened on.
 *
 * @since 0.1.0
 * @category errors
 */
export class PortUnavailable extends Data.TaggedError("PortUnavailable")<{
  /** The function that the caller called. */
  readonly operation: string
  /** The address that was to be listened on, such as `127.0.0.1`. */
  readonly host: string
  /** The first port that was tried. */
  readonly port: number
  /** Every port that was tried, in order. */
  readonly ports: ReadonlyArray<number>
  /** `AddressInUse`: another program has the port. `Other`: the system refuses it; `code` says how. */
  readonly reason: "AddressInUse" | "Other"
  /** The code of the system's error, such as `EACCES`. */
  readonly code?: string | undefined
}> {
  override get message(): string {
    const ports = this.ports.length > 1 ? `Ports ${this.ports.join(", ")}` : `Port ${this.port}`
    const taken = this.ports.length > 1 ? "are taken by other programs" : "is taken by another program"
    return this.reason === "AddressInUse"
      ? `${ports} on ${this.host} ${taken}. Choose another port, or 0 for any free one.`
      : `${ports} on ${this.host} cannot be listened on (${this.code ?? "unknown reason"}). Choose another host or port.`
  }
}
