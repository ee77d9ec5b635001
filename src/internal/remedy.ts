/** Words that errors share. */
import type { Operation } from "../OAuthError.js"

/** What to do when OpenRouter may have done what was asked: its code works once. */
export const tryAgain = (operation: Operation): string =>
  operation === "exchangeAuthCodeForAPIKey" ? "The code may be used up: start the sign-in again." : "Try again later."

/** `what` happened, and nobody knows whether OpenRouter did what was asked. */
export const outcomeUnknown = (operation: Operation, what: string): string =>
  `${operation} ${what}, so its outcome is unknown. ${tryAgain(operation)}`
