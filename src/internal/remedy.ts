/** Words that errors share. */

export const later = "Try again later."

export const lookBetween = "Check the base URL, and proxies."

/** What to do when OpenRouter may have done what was asked: its code works once. */
export const tryAgain = (operation: string): string =>
  operation === "exchangeAuthCodeForAPIKey" ? "The code may be used up: start the sign-in again." : later

/** `what` happened, and nobody knows whether OpenRouter did what was asked. */
export const outcomeUnknown = (operation: string, what: string): string =>
  `${operation} ${what}, so its outcome is unknown. ${tryAgain(operation)}`
