/** The runtime's own `fetch`, made to send every request once. */

/** The part of Deno that is used here. https://docs.deno.com/api/deno/~/Deno.createHttpClient */
declare const Deno:
  | undefined
  | {
      readonly createHttpClient?: (options: { readonly poolMaxIdlePerHost: number }) => { readonly close: () => void }
    }

/**
 * Deno's `fetch` sends a request again by itself where a kept connection breaks, and a code must not be sent twice. A client of Deno's
 * that keeps no connections does not; it is closed once the answer has begun, whose body is read all the same. A `client` in `init` wins.
 */
export const ownFetch: typeof globalThis.fetch = async (input, init) => {
  const client = typeof Deno === "undefined" ? undefined : Deno.createHttpClient?.({ poolMaxIdlePerHost: 0 })
  if (client === undefined) return globalThis.fetch(input, init)
  try {
    const given: object = { client, ...init }
    return await globalThis.fetch(input, given)
  } finally {
    client.close()
  }
}
