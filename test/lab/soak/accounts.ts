/** The books of the soak: every key that the sandbox made against every key that somebody got. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Service } from "effect-openrouter-oauth/Sandbox"

/** Small whatever the number of sign-ins is: a key that was made and received is forgotten. */
export const openBooks = (sandbox: Service) => {
  /** Made, and not received yet: with the label that it was asked for with. */
  const made = new Map<string, string>()
  /** Received, and not seen in the sandbox yet. */
  const received = new Map<string, string>()
  const mixedUp: Array<string> = []
  let issued = 0
  let last = Redacted.value(sandbox.keys.apiKey)

  const settle = (key: string, label: string) => {
    const asked = made.get(key)
    if (asked === undefined) return false
    made.delete(key)
    if (asked !== label) mixedUp.push(`${label} got the key of ${asked}`)
    return true
  }
  return {
    /** Somebody got this key. */
    receive: (key: string, label: string) => {
      if (settle(key, label)) return
      // Twice the same key stays here for good, because it is made once.
      received.set(received.has(key) ? `${key}, a second time` : key, label)
    },
    /** Reads the keys that were made since the last time. The sandbox keeps 10,000. */
    read: Effect.map(sandbox.keys.all, (all) => {
      const fresh: Array<readonly [key: string, label: string]> = []
      for (let index = all.length - 1; index >= 0; index--) {
        const entry = all[index]
        const key = entry === undefined ? last : Redacted.value(entry.key)
        if (entry === undefined || key === last) break
        fresh.push([key, entry.label])
      }
      last = fresh[0]?.[0] ?? last
      issued += fresh.length
      for (const [key, label] of fresh) made.set(key, label)
      for (const [key, label] of [...received]) if (settle(key, label)) received.delete(key)
    }),
    result: () => ({
      issued,
      /** Made, and got by nobody. */
      lost: made.size,
      /** Got, although the sandbox did not make it, or got a second time. */
      tooMany: received.size,
      mixedUp
    })
  }
}
