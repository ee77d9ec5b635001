/** CPU of a call over a stub of `fetch`: what the client itself costs. */
import { granting, refusing } from "../exchange.mjs"
import { cpu } from "../measures.mjs"
import { stubbed } from "../prepare.mjs"

const plan = {
  unit: "µs of CPU",
  full: { processes: 3, rounds: 5, calls: 2_500, warmUp: 6_000 },
  smoke: { processes: 1, rounds: 2, calls: 300, warmUp: 300 }
}

const exchanges = (deadline) => async (subject) => {
  const { exchange } = await stubbed(subject, { stub: granting, deadline })
  return { warmUp: exchange, measure: (calls) => cpu(exchange, calls) }
}

export const cases = {
  cpu: { ...plan, subjects: ["sdk", "effect", "promise", "sdkClass", "fetch"], prepare: exchanges(true) },
  "cpu-without-deadline": { ...plan, subjects: ["sdk", "effect", "promise", "fetch"], prepare: exchanges(false) },
  refused: {
    ...plan,
    subjects: ["sdk", "effect", "promise", "fetch"],
    prepare: async (subject) => {
      const { refused } = await stubbed(subject, { stub: refusing, deadline: true })
      return { warmUp: refused, measure: (calls) => cpu(refused, calls) }
    }
  }
}
