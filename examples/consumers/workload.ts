/**
 * A service without a person: the platform's token in a file is exchanged for OpenRouter's, which lives for 15 minutes at most.
 */
import { createApiKey } from "effect-openrouter-oauth/node/PromiseApiKey"

const baseUrl = process.env.OPENROUTER_BASE_URL ?? "https://openrouter.ai/api/v1"

const keys = createApiKey({
  client: { baseUrl },
  workload: {
    federationPolicyId: process.env.FEDERATION_POLICY ?? "your-policy",
    subjectToken: { file: process.env.SUBJECT_TOKEN_FILE ?? "/var/run/secrets/openrouter/token" }
  }
})

try {
  const response = await keys.fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "openrouter/auto", messages: [{ role: "user", content: "Hello from a workload" }] })
  })
  const { source } = await keys.resolve()
  console.log(`The chat answered ${response.status} with the key from: ${source}.`)
} finally {
  await keys.dispose()
}
