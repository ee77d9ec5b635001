/**
 * The official SDK, `@openrouter/sdk`: it asks for the key at each call.
 */
import { OpenRouter } from "@openrouter/sdk"
import { createApiKey } from "effect-openrouter-oauth/node/PromiseApiKey"

const serverURL = process.env.OPENROUTER_BASE_URL ?? "https://openrouter.ai/api/v1"

const keys = createApiKey({
  client: { baseUrl: serverURL },
  signIn: { when: "terminal", keyLabel: "SDK example", limit: 1 }
})

const openRouter = new OpenRouter({ apiKey: keys.get, serverURL })

try {
  const { data } = await openRouter.oAuth.createAuthCode({
    requestBody: { callbackUrl: "https://app.example/callback" }
  })
  const { source } = await keys.resolve()
  console.log(`createAuthCode gave the code of app ${data.appId} with the key from: ${source}.`)
} finally {
  await keys.dispose()
}
