/** The sandbox as a function from `Request` to `Response`. */
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import { type Check, equal, matches } from "./check.js"

const origin = "https://openrouter.ai"

export const sandboxChecks: ReadonlyArray<Check> = [
  {
    name: "Sandbox: describes itself, and knows its key",
    run: async () => {
      const { apiKey, handler } = Sandbox.toWebHandler()
      equal((await handler(new Request(`${origin}/openapi.json`))).status, 200, "the description")
      const headers = { authorization: `Bearer ${apiKey}` }
      equal((await handler(new Request(`${origin}/api/v1/key`, { headers }))).status, 200, "the key")
      equal((await handler(new Request(`${origin}/api/v1/key`))).status, 401, "without a key")
    }
  },
  {
    name: "Sandbox: streams a chat, and ends it",
    run: async () => {
      const { apiKey, handler } = Sandbox.toWebHandler()
      const response = await handler(
        new Request(`${origin}/api/v1/chat/completions`, {
          method: "POST",
          headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
          body: JSON.stringify({
            model: "openrouter/auto",
            messages: [{ role: "user", content: "Hello" }],
            stream: true
          })
        })
      )
      equal(response.status, 200)
      matches(await response.text(), /Hello[\s\S]*data: \[DONE\]\s*$/)
    }
  },
  {
    name: "Sandbox: a connection that is reset rejects as fetch does",
    run: async () => {
      const { addFault, handler } = Sandbox.toWebHandler()
      addFault({ breakage: "reset" })
      const outcome = await handler(new Request(`${origin}/api/v1/key`)).catch((error: unknown) => error)
      equal(outcome instanceof TypeError, true, "a TypeError")
    }
  }
]
