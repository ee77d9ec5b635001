/** For Deno alone: its own fetch keeps connections, and repeats a POST where one breaks. */
import { createClient } from "effect-openrouter-oauth/PromiseClient"
import { type Check, equal } from "./check.js"
import { postsOfExchanges } from "./client.js"

interface HttpClient {
  readonly close: () => void
}

/** The part of Deno that is used here. */
declare const Deno: { createHttpClient: (options: object) => HttpClient }

/** Counts the clients of Deno that are made and closed while `use` runs. */
const counting = async (use: () => Promise<unknown>): Promise<{ made: number; closed: number }> => {
  const { createHttpClient } = Deno
  const count = { made: 0, closed: 0 }
  Deno.createHttpClient = (options) => {
    const client = createHttpClient(options)
    const close = client.close.bind(client)
    count.made++
    return Object.assign(client, {
      close: () => {
        count.closed++
        close()
      }
    })
  }
  try {
    await use()
  } finally {
    Deno.createHttpClient = createHttpClient
  }
  return count
}

export const denoChecks: ReadonlyArray<Check> = [
  {
    name: "Deno: each call has a client without kept connections, which is closed again",
    run: async ({ breakingUrl }) => {
      const client = createClient({ baseUrl: breakingUrl })
      const exchange = (code: string) => client.exchangeAuthCodeForAPIKey({ code })
      equal(await counting(() => postsOfExchanges(breakingUrl, exchange)), { made: 8, closed: 8 }, "the clients")
    }
  },
  {
    name: "Deno: a call that fails closes it too",
    run: async ({ closedUrl }) => {
      const client = createClient({ baseUrl: closedUrl, retries: { strategy: "none" } })
      const call = () => client.getCurrentKey("sk-or-v1-check").catch(() => {})
      equal(await counting(call), { made: 1, closed: 1 }, "the clients")
    }
  },
  {
    name: "Deno: a fetch of the caller's is left alone",
    run: async ({ baseUrl, apiKey }) => {
      const client = createClient({ baseUrl, fetch: (input, init) => fetch(input, init) })
      equal(await counting(() => client.getCurrentKey(apiKey)), { made: 0, closed: 0 }, "the clients")
    }
  }
]
