/** How a sandbox answers, kept beside its public face: servers and clients are made of it, tests need not see it. */
import type * as Effect from "effect/Effect"
import type { Incoming, Reply } from "./Reply.js"

export type Answer = (request: Incoming) => Effect.Effect<Reply>

const answers = new WeakMap<object, Answer>()

export const setAnswer = (sandbox: object, answer: Answer): void => {
  answers.set(sandbox, answer)
}

/** Throws where the service was not made by `Sandbox.make`. */
export const answerOf = (sandbox: object): Answer => {
  const answer = answers.get(sandbox)
  if (answer === undefined) throw new TypeError("This sandbox was not made by Sandbox.make or one of its layers.")
  return answer
}
