/** Create and exchange in turns, with a server on this machine, over connections that stay. A deadline on both sides. */
import { cpu, wall } from "../measures.mjs"
import { onServer } from "../prepare.mjs"

const subjects = ["sdk", "effect", "promise", "undici", "sdkClass", "fetch"]
const smoke = { processes: 1, rounds: 2, calls: 200, warmUp: 200 }

export const cases = {
  latency: {
    unit: "µs",
    server: true,
    subjects,
    full: { processes: 3, rounds: 7, calls: 600, warmUp: 2_000 },
    quick: { processes: 1, rounds: 5, calls: 400, warmUp: 1_000 },
    smoke,
    prepare: async (subject, port) => {
      const { turns } = await onServer(subject, port)
      return { warmUp: turns, measure: (calls) => wall(turns, calls) }
    }
  },
  concurrency: {
    unit: "µs of CPU",
    server: true,
    subjects,
    full: { processes: 3, rounds: 5, calls: 1_500, warmUp: 3_000 },
    quick: { processes: 1, rounds: 3, calls: 1_000, warmUp: 2_000 },
    smoke,
    prepare: async (subject, port) => {
      const { workers } = await onServer(subject, port)
      const turns = (calls) => workers(calls, 64)
      return { warmUp: turns, measure: (calls) => cpu(turns, calls) }
    }
  }
}
