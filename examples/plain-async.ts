/**
 * The same without Effect: promises, plain strings, and errors to catch.
 */
import { Forbidden, isOAuthError } from "effect-openrouter-oauth/OAuthError"
import { createClient, oAuthExchangeAuthCodeForAPIKey } from "effect-openrouter-oauth/PromiseClient"

const client = createClient({
  apiKey: process.env.OPENROUTER_API_KEY,
  baseUrl: process.env.OPENROUTER_BASE_URL, // without one: OpenRouter itself
  appTitle: "Plain async example",
  timeoutMs: 10_000
})

try {
  const { codeChallenge, codeVerifier } = await client.createSHA256CodeChallenge()
  const code = await client.createAuthCode({ callbackUrl: "https://app.example/callback", codeChallenge, limit: 5 })
  const { key } = await client.exchangeAuthCodeForAPIKey({ code: code.id, codeVerifier })
  const { label } = await client.getCurrentKey(key)
  console.log(`The code gave a key called "${label}".`)

  // A code works once. The standalone functions give a Result instead of rejecting.
  const again = await oAuthExchangeAuthCodeForAPIKey(client, { code: code.id, codeVerifier })
  if (again.ok) console.log("The same code gave a second key.")
  else if (again.error instanceof Forbidden) console.log(`The same code again: ${again.error.reason}.`)
  else console.log(`The same code again: ${again.error.message}`)
} catch (error) {
  // A rejected promise carries the tagged error itself.
  if (!isOAuthError(error)) throw error
  switch (error._tag) {
    case "Unauthorized":
      console.error("OpenRouter does not know this API key: check OPENROUTER_API_KEY.")
      break
    case "InvalidRequest":
      console.error(`Nothing was sent: ${error.issues.map(({ path, message }) => `${path} ${message}`).join("; ")}`)
      break
    default:
      console.error(`${error._tag}: ${error.message}`)
  }
}
