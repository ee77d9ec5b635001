/** CPU of a call over a stub of `fetch`, create and exchange in turns: what the client itself costs. */
import { granting, refusing } from "../exchange.mjs"
import { cpu } from "../measures.mjs"
import { stubbed } from "../prepare.mjs"

const plan = {
  unit: "µs of CPU",
  full: { processes: 3, rounds: 5, calls: 2_000, warmUp: 5_000 },
  quick: { processes: 1, rounds: 5, calls: 1_000, warmUp: 3_000 },
  smoke: { processes: 1, rounds: 2, calls: 300, warmUp: 300 }
}

const turns = (deadline) => async (subject) => {
  const { turns } = await stubbed(subject, { stub: granting, deadline })
  return { warmUp: turns, measure: (calls) => cpu(turns, calls) }
}

export const cases = {
  cpu: { ...plan, subjects: ["sdk", "effect", "promise", "sdkClass", "fetch"], prepare: turns(true) },
  "cpu-without-deadline": { ...plan, subjects: ["sdk", "effect", "promise", "fetch"], prepare: turns(false) },
  refused: {
    ...plan,
    subjects: ["sdk", "effect", "promise", "fetch"],
    prepare: async (subject) => {
      const { refused } = await stubbed(subject, { stub: refusing, deadline: true })
      return { warmUp: refused, measure: (calls) => cpu(refused, calls) }
    }
  }
}
