/** What a call leaves in memory, and what it takes from it on the way. */
import { granting } from "../exchange.mjs"
import { allocated, retained } from "../measures.mjs"
import { stubbed } from "../prepare.mjs"

const allocation = (deadline) => ({
  unit: "bytes",
  subjects: ["sdk", "effect", "promise", "fetch"],
  // New objects have room for all rounds: no collection takes away from what is counted.
  flags: ["--expose-gc", "--min-semi-space-size=1024", "--max-semi-space-size=1024"],
  full: { processes: 2, rounds: 5, calls: 1_000, warmUp: 10_000 },
  quick: { processes: 1, rounds: 3, calls: 1_000, warmUp: 5_000 },
  smoke: { processes: 1, rounds: 3, calls: 500, warmUp: 1_000 },
  prepare: async (subject) => {
    const { exchange } = await stubbed(subject, { stub: granting, deadline })
    return { warmUp: exchange, measure: (calls) => allocated(exchange, calls) }
  }
})

export const cases = {
  allocation: allocation(true),
  "allocation-without-deadline": allocation(false),
  heap: {
    unit: "bytes left",
    // Not the SDK: the deadlines of its calls stay until they would have ended them, and what they hold is no leak.
    subjects: ["effect", "promise"],
    flags: ["--expose-gc"],
    // What other processes do does not change it. One process's figure moves by some bytes with what else the runtime does.
    atOnce: true,
    full: { processes: 3, rounds: 1, calls: 200_000, warmUp: 20_000 },
    quick: { processes: 1, rounds: 1, calls: 50_000, warmUp: 10_000 },
    smoke: { processes: 1, rounds: 1, calls: 5_000, warmUp: 5_000 },
    prepare: async (subject) => {
      const { exchange } = await stubbed(subject, { stub: granting, deadline: true })
      return { warmUp: exchange, measure: (calls) => retained(exchange, calls) }
    }
  }
}
