/**
 * LangChain with `@langchain/openrouter`: it takes the key when the model is made.
 */
import { ChatOpenRouter } from "@langchain/openrouter"
import { createApiKey } from "effect-openrouter-oauth/node/PromiseApiKey"

const baseURL = process.env.OPENROUTER_BASE_URL ?? "https://openrouter.ai/api/v1"

const keys = createApiKey({ client: { baseUrl: baseURL }, signIn: { keyLabel: "LangChain example", limit: 1 } })

try {
  const model = new ChatOpenRouter({ baseURL, apiKey: await keys.get(), model: "openrouter/auto" })

  const { text } = await model.invoke("Hello from LangChain")
  console.log(`whole: ${text}`)

  const parts: Array<string> = []
  for await (const chunk of await model.stream("Hello in parts from LangChain")) {
    if (chunk.text !== "") parts.push(chunk.text)
  }
  console.log(`in ${parts.length} parts: ${parts.join("")}`)
} finally {
  await keys.dispose()
}
