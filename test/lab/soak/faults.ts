/** What the sandbox does wrong during the soak, and what that has to lead to. */
import * as Effect from "effect/Effect"
import type { Fault, Operation, Service } from "effect-openrouter-oauth/Sandbox"
import type { Chance } from "./chance.js"

interface ExchangeFault {
  readonly fault: Fault
  /** Whether the sign-in fails. */
  readonly isFailure: boolean
  /** Whether a key is made that nobody gets. */
  readonly losesKey: boolean
}

const exchange = (fault: Fault, isFailure: boolean, losesKey: boolean): ExchangeFault => ({
  fault: { operation: "exchangeAuthCodeForAPIKey", ...fault },
  isFailure,
  losesKey
})

const exchangeFaults: readonly [ExchangeFault, ...ReadonlyArray<ExchangeFault>] = [
  exchange({ delay: "300 millis" }, false, false),
  exchange({ status: 400, message: "Invalid code" }, true, false),
  exchange({ status: 403, message: "Authorization code expired" }, true, false),
  exchange({ status: 429, retryAfter: "1 second" }, true, false),
  exchange({ status: 500 }, true, false),
  exchange({ status: 502, body: "html" }, true, false),
  exchange({ breakage: "reset", processed: false }, true, false),
  exchange({ breakage: "reset" }, true, true),
  exchange({ breakage: "resetInBody" }, true, true),
  exchange({ breakage: "truncated" }, true, true),
  exchange({ breakage: "contentType" }, true, true),
  exchange({ breakage: "invalidUtf8" }, true, true),
  exchange({ breakage: "redirect" }, true, true),
  exchange({ breakage: "oversized" }, true, true)
]

/** All of them are tried again, so that the call succeeds in the end. */
const keyFaults: readonly [Fault, ...ReadonlyArray<Fault>] = [
  { operation: "getCurrentKey", status: 429, retryAfter: "1 second" },
  { operation: "getCurrentKey", status: 500 },
  { operation: "getCurrentKey", status: 503, body: "html" },
  { operation: "getCurrentKey", breakage: "reset" },
  { operation: "getCurrentKey", breakage: "resetInBody" }
]

export interface Taken {
  readonly exchange: number
  readonly currentKey: number
  readonly failures: number
  readonly lostKeys: number
}

/** Breaks one answer in twenty. `afterRequest` decides about the next request of the same operation. */
export const breakSome = (chance: Chance, probability = 0.05) => {
  let sandbox: Service | undefined
  const added: Array<number> = exchangeFaults.map(() => 0)
  let currentKey = 0
  const add = (fault: Fault) => sandbox && Effect.runSync(sandbox.faults.add(fault))
  return {
    begin: (service: Service) => {
      sandbox = service
    },
    afterRequest: (operation: Operation | undefined) => {
      if (operation === "exchangeAuthCodeForAPIKey" && chance.happens(probability)) {
        const chosen = chance.pick(exchangeFaults)
        const index = exchangeFaults.indexOf(chosen)
        added[index] = (added[index] ?? 0) + 1
        add(chosen.fault)
      }
      if (operation === "getCurrentKey" && chance.happens(probability)) {
        currentKey++
        add(chance.pick(keyFaults))
      }
    },
    /** Those that hit a request: what is left in the queue did not. */
    taken: (service: Service): Effect.Effect<Taken> =>
      Effect.map(service.faults.pending, (pending) => {
        const counts = exchangeFaults.map(
          ({ fault }, index) => (added[index] ?? 0) - pending.filter((one) => one === fault).length
        )
        const sum = (wanted: (fault: ExchangeFault) => boolean) =>
          exchangeFaults.reduce((total, fault, index) => total + (wanted(fault) ? (counts[index] ?? 0) : 0), 0)
        return {
          exchange: sum(() => true),
          currentKey: currentKey - pending.filter(({ operation }) => operation === "getCurrentKey").length,
          failures: sum(({ isFailure }) => isFailure),
          lostKeys: sum(({ losesKey }) => losesKey)
        }
      })
  }
}
