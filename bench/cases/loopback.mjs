/** Exchanges with a server on this machine, over connections that stay. A deadline on both sides. */
import { cpu, wall } from "../measures.mjs"
import { onServer } from "../prepare.mjs"

const subjects = ["sdk", "effect", "promise", "undici", "sdkClass", "fetch"]
const smoke = { processes: 1, rounds: 2, calls: 200, warmUp: 200 }

export const cases = {
  latency: {
    unit: "µs",
    server: true,
    subjects,
    full: { processes: 3, rounds: 7, calls: 800, warmUp: 2_500 },
    smoke,
    prepare: async (subject, port) => {
      const { exchange } = await onServer(subject, port)
      return { warmUp: exchange, measure: (calls) => wall(exchange, calls) }
    }
  },
  concurrency: {
    unit: "µs of CPU",
    server: true,
    subjects,
    full: { processes: 3, rounds: 5, calls: 2_000, warmUp: 4_000 },
    smoke,
    prepare: async (subject, port) => {
      const { workers } = await onServer(subject, port)
      const exchange = (calls) => workers(calls, 64)
      return { warmUp: exchange, measure: (calls) => cpu(exchange, calls) }
    }
  }
}
