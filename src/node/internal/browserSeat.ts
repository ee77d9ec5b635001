/** The one browser of a sign-in, recognized by its cookies. */
import { timingSafeEqual } from "node:crypto"
import { random } from "../../internal/secret.js"

export interface BrowserSeat {
  /** Takes the seat if it is free (`first`). `same`: this browser already has it. `other`: another browser has it. */
  readonly take: (cookies: ReadonlyMap<string, string>) => "first" | "same" | "other"
  /** Whether a callback comes from the browser with the seat. */
  readonly holds: (cookies: ReadonlyMap<string, string>) => boolean
  /** The `Set-Cookie` headers for the browser that takes the seat. */
  readonly setCookies: ReadonlyArray<string>
}

const isSame = (given: string | undefined, expected: string): boolean =>
  given !== undefined &&
  given.length === expected.length &&
  timingSafeEqual(Buffer.from(given, "latin1"), Buffer.from(expected, "latin1"))

/**
 * Cookies ignore ports, so their names contain the port: two sign-ins at once do not disturb each other. The cookie for callbacks is limited
 * to the callback's path. A second one only tells the start address that this browser was there before.
 */
export const make = ({ path, port }: { readonly path: string; readonly port: number }): BrowserSeat => {
  const callback = { name: `openrouter-oauth-${port}`, value: random(32) }
  const start = { name: `openrouter-oauth-start-${port}`, value: random(16) }
  let isTaken = false
  return {
    take: (cookies) => {
      if (isTaken) return isSame(cookies.get(start.name), start.value) ? "same" : "other"
      isTaken = true
      return "first"
    },
    holds: (cookies) => isTaken && isSame(cookies.get(callback.name), callback.value),
    // Lax: it comes with the redirect from OpenRouter's page, and not with what another site's page fetches or posts.
    setCookies: [
      `${callback.name}=${callback.value}; Path=${path}; HttpOnly; SameSite=Lax`,
      `${start.name}=${start.value}; Path=/; HttpOnly; SameSite=Lax`
    ]
  }
}
