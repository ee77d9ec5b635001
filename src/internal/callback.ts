/** The query parameters of a callback, and how long a sign-in waits for one. */
import * as Duration from "effect/Duration"

/**
 * The query parameters of a callback. OpenRouter adds `code`, `state` and `error`; `attempt` stands in the callback URL from the
 * beginning, because `state` does not always come back.
 */
export const callbackParameters = ["code", "state", "error", "attempt"] as const

export type CallbackParameter = (typeof callbackParameters)[number]

/** Says more about an `error` (RFC 6749, section 4.1.2.1). */
export const errorDescription = "error_description"

/** How long a sign-in stays pending. OpenRouter's codes live as long. */
export const lifetime: Duration.Duration = Duration.minutes(10)

/** Returns the fault of a callback URL's query, or undefined. `reserved` are further names, which a route uses itself. */
export const callbackQueryFault = (url: URL, reserved: ReadonlyArray<string> = []): string | undefined => {
  const taken = [...callbackParameters, ...reserved].filter((name) => url.searchParams.has(name))
  return taken.length === 0 ? undefined : `must not have ${taken.join(", ")} in its query: a callback is read by them`
}
