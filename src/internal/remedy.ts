/** Sentences that messages share. */
export const later = "Try again later."

/** For an answer that cannot be OpenRouter's, and for a refused connection. */
export const checkAddress = "Check the base URL (option baseUrl, OPENROUTER_BASE_URL) and the network."

/** For a request that OpenRouter may have processed. A code works once. */
export const tryAgain = (operation: string): string =>
  operation === "exchangeAuthCodeForAPIKey" ? "Start the sign-in again: the code may be used up." : later

/** Says that `what` happened and that the outcome is unknown. */
export const outcomeUnknown = (operation: string, what: string): string =>
  `${operation} ${what}, so its outcome is unknown. ${tryAgain(operation)}`

/** Issues, joined: `codeVerifier must be …; apiKey is missing`. */
export const sentence = (issues: ReadonlyArray<{ readonly path: string; readonly message: string }>): string =>
  issues.map(({ message, path }) => (path ? `${path} ${message}` : message)).join("; ")
