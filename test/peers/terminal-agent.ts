/** A terminal agent: shows the address, takes a pasted address or code meanwhile, and can be stopped. */
import { type Options, signIn } from "effect-openrouter-oauth/node/PromiseSignIn"

export interface Terminal {
  readonly show: (line: string) => void
  readonly ask: (question: string, signal: AbortSignal) => Promise<string>
}

export const login = async (terminal: Terminal, signal: AbortSignal, options: Options): Promise<string> => {
  const { key } = await signIn({
    ...options,
    signal,
    prompt: (ended) => terminal.ask("Paste the address or the code: ", ended),
    onWaiting: ({ url }) => terminal.show(`Open ${url} to connect OpenRouter.`),
    onExchanging: () => terminal.show("Connecting…"),
    onRefused: ({ message }) => terminal.show(message)
  })
  return key
}
