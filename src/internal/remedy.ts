/** Words that errors share. */
export const later = "Try again later."

/** What to do about an answer that OpenRouter would not give, or none. */
export const checkAddress = "Check the base URL (option baseUrl, OPENROUTER_BASE_URL) and the network."

/** What to do when OpenRouter may have done what was asked: its code works once. */
export const tryAgain = (operation: string): string =>
  operation === "exchangeAuthCodeForAPIKey" ? "Start the sign-in again: the code may be used up." : later

/** `what` happened, and nobody knows whether OpenRouter did what was asked. */
export const outcomeUnknown = (operation: string, what: string): string =>
  `${operation} ${what}, so its outcome is unknown. ${tryAgain(operation)}`

/** Issues, joined: `codeVerifier must be …; apiKey is missing`. */
export const sentence = (issues: ReadonlyArray<{ readonly path: string; readonly message: string }>): string =>
  issues.map(({ message, path }) => (path ? `${path} ${message}` : message)).join("; ")
