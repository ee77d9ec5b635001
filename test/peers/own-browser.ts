/** A program that opens the browser itself and only wants the address. */
import { type Options, signIn } from "effect-openrouter-oauth/node/PromiseSignIn"

export const login = async (show: (url: string) => void, options: Options): Promise<string> => {
  const { key } = await signIn({ ...options, open: show, onWaiting: () => {} })
  return key
}
