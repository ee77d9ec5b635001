/**
 * Bare `fetch`: the key of the environment, of the store, or of a sign-in goes along as the bearer, to OpenRouter alone.
 */
import { createApiKey } from "effect-openrouter-oauth/node/PromiseApiKey"

const baseUrl = process.env.OPENROUTER_BASE_URL ?? "https://openrouter.ai/api/v1"

const keys = createApiKey({ client: { baseUrl }, signIn: { when: "terminal", keyLabel: "fetch example", limit: 1 } })

try {
  const response = await keys.fetch(`${baseUrl}/key`)
  const { source } = await keys.resolve()
  console.log(`GET /key answered ${response.status} with the key from: ${source}.`)
} finally {
  await keys.dispose()
}
