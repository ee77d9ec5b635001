/**
 * TanStack AI with `@tanstack/ai-openrouter`: it asks for the key at each call.
 */
import { chat } from "@tanstack/ai"
import { OpenRouterTextAdapter } from "@tanstack/ai-openrouter"
import { createApiKey } from "effect-openrouter-oauth/node/PromiseApiKey"

const serverURL = process.env.OPENROUTER_BASE_URL ?? "https://openrouter.ai/api/v1"

const keys = createApiKey({ client: { baseUrl: serverURL }, signIn: { keyLabel: "TanStack AI example", limit: 1 } })

try {
  const adapter = new OpenRouterTextAdapter({ apiKey: keys.get, serverURL }, "openrouter/auto")

  const text = await chat({
    adapter,
    messages: [{ role: "user", content: "Hello from TanStack AI" }],
    stream: false
  })
  console.log(`whole: ${text}`)

  const parts: Array<string> = []
  const chunks = chat({ adapter, messages: [{ role: "user", content: "Hello in parts from TanStack AI" }] })
  for await (const chunk of chunks) {
    if (chunk.type === "RUN_ERROR") throw new Error(chunk.message)
    if (chunk.type === "TEXT_MESSAGE_CONTENT") parts.push(chunk.delta)
  }
  console.log(`in ${parts.length} parts: ${parts.join("")}`)
} finally {
  await keys.dispose()
}
