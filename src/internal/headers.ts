/** What may stand in a request header: `Headers` throws on the rest, and only once the request is on its way. */

/** The first thing wrong with a header value, as the end of a sentence. */
export const headerFault = (value: unknown): string | undefined =>
  typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? undefined : "must be one line of Latin-1 text"

/** The first thing wrong with an API key. */
export const apiKeyFault = (key: unknown): string | undefined =>
  typeof key === "string" && /^[\x21-\x7e]+$/.test(key) ? undefined : "must be an API key: ASCII without spaces"

/** `Retry-After` (seconds or an HTTP date) and `retry-after-ms`, in milliseconds; undefined where neither makes sense. */
export const retryAfterMillis = (header: (name: string) => string | undefined, now: number): number | undefined => {
  const after = header("retry-after") ?? ""
  // An HTTP date begins with its weekday; Date.parse alone would read "-5" as a month.
  const date = /^[A-Z][a-z]{2}/.test(after) ? Math.max(0, Date.parse(after) - now) : undefined
  return [amount(header("retry-after-ms")), amount(after) * 1000, date].find((millis) => Number(millis) >= 0)
}

const amount = (value = ""): number => Number(/^\s*\d+(?:\.\d+)?\s*$/.exec(value)?.[0])
