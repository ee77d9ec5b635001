/** The messages of every store's errors. They never repeat what the store itself said: that may hold what it was given. */

export const unavailable = (operation: string): string =>
  `The store of pending sign-ins failed to ${operation} one. Check that it can be reached, then start the sign-in again.`

export const silent = (operation: string, within: string): string =>
  `The store of pending sign-ins did not ${operation} one within ${within}. Check that it can be reached, then start the sign-in again.`

export const occupied =
  "The store of pending sign-ins already holds one under this key. Start the sign-in again: it gets another key."

export const malformed =
  "The store of pending sign-ins holds a text under this key that is no sign-in. Check which other program writes to it, then start the sign-in again."

export const full =
  "The store of pending sign-ins is full. Wait until some of them are completed or expire (10 minutes at most), then start the sign-in again."
