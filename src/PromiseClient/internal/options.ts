/** Checks of the options that a caller without types can get wrong. */
import { headerFault } from "../../client/headers.js"
import type { Issue } from "../../OAuthError.js"
import type { CallOptions, ClientOptions, SharedOptions } from "./models.js"

/** Returns the issues of the client's options that its service does not check. */
export const clientIssues = (options: ClientOptions): Array<Issue> => {
  const { fetch, timeoutMs } = options
  const issues: Array<Issue> = []
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0)) {
    issues.push({ path: "timeoutMs", message: "must be a number of milliseconds above 0" })
  }
  if (fetch !== undefined && typeof fetch !== "function") issues.push({ path: "fetch", message: "must be a function" })
  return [...issues, ...retryIssues(options)]
}

const retryIssues = ({ retries, retryCodes }: SharedOptions): Array<Issue> => {
  const issues: Array<Issue> = []
  if (retries !== undefined && retries?.strategy !== "none" && retries?.strategy !== "backoff") {
    issues.push({ path: "retries.strategy", message: 'must be "backoff" or "none"' })
  } else if (retries?.strategy === "backoff") {
    for (const [name, value] of Object.entries(retries.backoff ?? {})) {
      if (typeof value !== "number" || !(value >= 0))
        issues.push({ path: `retries.backoff.${name}`, message: "must be a number, 0 or more" })
    }
  }
  if (retryCodes !== undefined && retries === undefined) {
    issues.push({ path: "retryCodes", message: "needs retries beside it: they say how those statuses are retried" })
  }
  const isCode = (code: unknown) => typeof code === "string" && /^[1-5](?:\d\d|XX)$/i.test(code)
  if (retryCodes !== undefined && !(Array.isArray(retryCodes) && retryCodes.every(isCode))) {
    issues.push({ path: "retryCodes", message: 'must be a list of statuses such as "429", or families such as "5XX"' })
  }
  return issues
}

// The client's own, and those that belong to the connection: fetch fails at them once the request is on its way.
const ownHeaders =
  /^(?:authorization|content-type|content-length|host|connection|keep-alive|transfer-encoding|upgrade|expect)$/i
const ownFetchOptions = ["method", "body", "redirect", "signal"]

const headerEntries = (headers: RequestInit["headers"]): Array<[string, string]> =>
  headers instanceof Headers ? Array.from(headers) : Array.isArray(headers) ? headers : Object.entries(headers ?? {})

export const isSignal = (signal: AbortSignal | undefined): boolean => typeof signal?.addEventListener === "function"

/** Returns the issues of one call's options. `settings` are the client's and the call's together. */
export const callIssues = (call: CallOptions, settings: SharedOptions): Array<Issue> => {
  const issues = retryIssues(settings)
  const checkHeaders = (path: string, headers: RequestInit["headers"]) => {
    for (const [name, value] of headerEntries(headers)) {
      const fault = ownHeaders.test(name)
        ? "is set by the client"
        : /^[\w!#$%&'*+.^`|~-]+$/.test(name)
          ? headerFault(value)
          : "is not a header name"
      if (fault !== undefined) issues.push({ path: `${path}.${name}`, message: fault })
    }
  }
  checkHeaders("headers", call.headers)
  checkHeaders("fetchOptions.headers", call.fetchOptions?.headers)
  if (call.signal && !isSignal(call.signal)) issues.push({ path: "signal", message: "must be an AbortSignal" })
  for (const name of Object.keys(call.fetchOptions ?? {})) {
    if (ownFetchOptions.includes(name)) issues.push({ path: `fetchOptions.${name}`, message: "is set by the client" })
  }
  return issues
}
