/**
 * The AI SDK (`ai`) with `@openrouter/ai-sdk-provider`. `fetch` is ours: after a 401 it asks for the next key, and sends once more.
 */
import { createOpenRouter } from "@openrouter/ai-sdk-provider"
import { generateText, streamText } from "ai"
import { createApiKey } from "effect-openrouter-oauth/node/PromiseApiKey"

const baseURL = process.env.OPENROUTER_BASE_URL ?? "https://openrouter.ai/api/v1"

const keys = createApiKey({ client: { baseUrl: baseURL }, signIn: { keyLabel: "AI SDK example", limit: 1 } })

try {
  const openRouter = createOpenRouter({ baseURL, apiKey: await keys.get(), fetch: keys.fetch })
  const model = openRouter.chat("openrouter/auto")

  const { text } = await generateText({ model, prompt: "Hello from the AI SDK" })
  console.log(`whole: ${text}`)

  const parts: Array<string> = []
  for await (const part of streamText({ model, prompt: "Hello in parts from the AI SDK" }).textStream) parts.push(part)
  console.log(`in ${parts.length} parts: ${parts.join("")}`)
} finally {
  await keys.dispose()
}
