/** What a sign-in writes to standard error by default. */
import * as Effect from "effect/Effect"

/** What the user must know of a sign-in that waits. */
export interface Invitation {
  readonly url: URL
  readonly mode: "loopback" | "headless"
  readonly browserOpened: boolean
  readonly noBrowserBecause?: string | undefined
}

const invitation = ({ browserOpened, mode, noBrowserBecause }: Invitation): string => {
  if (mode === "headless") return "Open this page in any browser, and paste the code that it shows"
  if (browserOpened) return "Your browser opens this page; if it does not, open it yourself"
  const because = noBrowserBecause === undefined ? "" : ` (no browser was opened: ${noBrowserBecause})`
  return `To sign in, open this page in a browser on this machine${because}`
}

export const print = (line: string): Effect.Effect<void> => Effect.sync(() => void process.stderr.write(`${line}\n`))

export const showUrl = (waiting: Invitation): Effect.Effect<void> =>
  print(`${invitation(waiting)}:\n\n  ${waiting.url.href}\n`)
