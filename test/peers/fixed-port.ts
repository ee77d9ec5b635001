/** A terminal agent with a registered callback: localhost, its own path and pages. */
import { type Options, signIn } from "effect-openrouter-oauth/node/PromiseSignIn"

export const login = async (port: number, options: Options): Promise<string> => {
  const { key } = await signIn({
    ...options,
    host: "localhost",
    port,
    path: "/auth/openrouter",
    pages: { signedIn: { title: "Agent connected", text: "Go back to your editor." } }
  })
  return key
}
