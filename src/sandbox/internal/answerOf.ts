/** The function by which a sandbox answers. It is kept outside of `Service`: servers and clients need it, tests do not. */
import type * as Effect from "effect/Effect"
import type { Incoming, Reply } from "./Reply.js"

export type Answer = (request: Incoming) => Effect.Effect<Reply>

const answers = new WeakMap<object, Answer>()

export const setAnswer = (sandbox: object, answer: Answer): void => {
  answers.set(sandbox, answer)
}

/** Throws if the service was not made by `Sandbox.make`. */
export const answerOf = (sandbox: object): Answer => {
  const answer = answers.get(sandbox)
  if (answer === undefined) throw new TypeError("This sandbox was not made by Sandbox.make or one of its layers.")
  return answer
}
