/** A command that takes the first free port of a range. */
import { type Options, signIn } from "effect-openrouter-oauth/node/PromiseSignIn"

export const login = async (first: number, count: number, options: Options): Promise<string> => {
  const { key } = await signIn({ ...options, port: Array.from({ length: count }, (_, index) => first + index) })
  return key
}
