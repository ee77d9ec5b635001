/** A PKCE pair: a random verifier and its SHA-256. Wall time, because Web Crypto computes on another thread. */
import { wall } from "../measures.mjs"
import { made } from "../prepare.mjs"

export const cases = {
  pkce: {
    unit: "µs",
    subjects: ["sdk", "effect", "promise", "undici"],
    full: { processes: 3, rounds: 7, calls: 1_000, warmUp: 3_000 },
    quick: { processes: 1, rounds: 5, calls: 500, warmUp: 1_000 },
    smoke: { processes: 1, rounds: 2, calls: 200, warmUp: 200 },
    prepare: async (subject) => {
      const { pkce } = await made(subject)
      return { warmUp: pkce, measure: (calls) => wall(pkce, calls) }
    }
  }
}
