/** Checks the options of a loopback sign-in. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { lifetime } from "../../internal/callback.js"
import { InvalidRequest, type Issue } from "../../OAuthError.js"
import type { OwnPage, OwnPages } from "./outcomePages.js"

export interface Settings {
  readonly host?: "127.0.0.1" | "localhost" | undefined
  readonly port?: number | ReadonlyArray<number> | undefined
  readonly path?: string | undefined
  readonly timeout?: Duration.DurationInput | undefined
  readonly pages?: OwnPages | undefined
  readonly appName?: string | undefined
}

export interface Checked {
  readonly host: "127.0.0.1" | "localhost"
  readonly ports: ReadonlyArray<number>
  readonly path: string
  readonly timeout: Duration.Duration
  readonly pages: OwnPages
  readonly appName: string | undefined
}

const isPort = (port: unknown): boolean =>
  typeof port === "number" && Number.isInteger(port) && port >= 0 && port <= 65_535

const isText = (value: unknown): boolean => typeof value === "string" && value.trim() !== ""

const isPage = (page: OwnPage): boolean =>
  typeof page === "object" &&
  page !== null &&
  ("html" in page ? isText(page.html) : isText(page.title) && isText(page.text))

/** Whether it is a path below the start address that URLs do not change. */
const isPath = (path: unknown): boolean =>
  typeof path === "string" && /^\/[^/\\?#\s;]/.test(path) && new URL(path, "http://127.0.0.1").pathname === path

export const check = (settings: Settings): Effect.Effect<Checked, InvalidRequest> => {
  const { appName, host = "127.0.0.1", pages = {}, path = "/callback", port = 0 } = settings
  const ports = Array.isArray(port) ? port : [port]
  const timeout = Duration.decodeUnknown(settings.timeout ?? "5 minutes").pipe(Option.filter(Duration.greaterThan(0)))
  const issues: Array<Issue> = []
  if (ports.length === 0 || !ports.every(isPort)) {
    issues.push({ path: "port", message: "must be a port from 0 to 65535, or a list of ports that is not empty" })
  }
  if (host !== "127.0.0.1" && host !== "localhost") {
    issues.push({ path: "host", message: 'must be "127.0.0.1" or "localhost"' })
  }
  if (!isPath(path)) {
    issues.push({ path: "path", message: 'must be a path below "/", such as "/callback", without query and fragment' })
  }
  if (Option.isNone(timeout)) {
    issues.push({ path: "timeout", message: 'must be longer than 0, such as "5 minutes"' })
  }
  if (appName !== undefined && !isText(appName)) {
    issues.push({ path: "appName", message: "must be a string that is not empty" })
  }
  if (typeof pages !== "object" || pages === null) {
    issues.push({ path: "pages", message: "must be an object with signedIn, denied or failed" })
  } else {
    for (const name of ["signedIn", "denied", "failed"] as const) {
      const page = pages[name]
      if (page !== undefined && !isPage(page)) {
        issues.push({ path: `pages.${name}`, message: "must have a title and a text, or html" })
      }
    }
  }
  return Option.isNone(timeout) || issues.length > 0
    ? Effect.fail(new InvalidRequest({ operation: "signIn", issues }))
    : Effect.succeed({ host, ports, path, pages, appName, timeout: Duration.min(timeout.value, lifetime) })
}
