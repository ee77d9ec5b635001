/** Where the routes are, and what keys they ask for: checked once, when the program starts. */
import * as Either from "effect/Either"
import * as AuthorizationUrl from "../../AuthorizationUrl.js"
import { callbackQueryFault } from "../../internal/callback.js"
import { issuesIn } from "../../internal/invalid.js"
import { orUndefined } from "../../internal/orUndefined.js"
import { callbackUrlFault, parse } from "../../internal/url.js"
import { InvalidRequest } from "../../OAuthError.js"
import type { BeginOptions } from "../../SignIn.js"
import * as BindingCookies from "./bindingCookies.js"

/**
 * Where the routes are, and what keys they ask for.
 */
export interface Settings extends Omit<BeginOptions, "callbackUrl" | "returnTo" | "subject"> {
  /**
   * The whole address of the callback route, as browsers reach it: `https://app.example/auth/openrouter/callback`. From
   * configuration: what a request says of its host is never believed. Its path is the path of the route.
   */
  readonly callbackUrl: string | URL
  /** The path of the begin route, as browsers reach it; `/auth/openrouter`, after the `prefix`. */
  readonly beginPath?: string | undefined
  /**
   * What is taken off the path before requests come here, such as `/app`: by `HttpRouter.mount`, by the `use` of a framework, by a
   * proxy. Defaults to nothing.
   */
  readonly prefix?: string | undefined
}

/** The settings, ready for use. */
export interface Site {
  readonly callbackUrl: URL
  readonly keyOptions: Omit<BeginOptions, "callbackUrl" | "returnTo" | "subject">
  readonly cookies: BindingCookies.BindingCookies
  /** As browsers reach them. */
  readonly beginPath: string
  readonly home: string
  /** As requests come here. */
  readonly routes: { readonly begin: Path; readonly callback: Path }
}

type Path = `/${string}`

/**
 * The query parameters of the routes' own: how a sign-in ended, the attempt to try again, and whether a popup window shows it
 * (`display` is OpenID Connect's name for that).
 */
export const own = { outcome: "outcome", retry: "retry", display: "display" } as const

// Routers read more than letters into `:`, `*` and `%`, each in its own way.
const plainPath = /^(?:\/[\w.~-]+)+$/

const pathFault = (path: string, prefix: string): string | undefined =>
  plainPath.test(path) && path.startsWith(`${prefix}/`)
    ? undefined
    : `must have a path of letters, digits, - . _ ~ and /${prefix === "" ? "" : `, below ${prefix}`}`

const callbackFault = (url: URL | undefined): string | undefined => {
  const fault = callbackUrlFault(url)
  if (fault !== undefined) return fault
  if (url === undefined || !/^https?:$/.test(url.protocol)) return "must be http or https"
  if (url.hash !== "") return "must not have a fragment"
  return callbackQueryFault(url, Object.values(own))
}

/** Checks the settings that `operation` was given, and names each that cannot be right. */
export const read = (operation: string, settings: Settings): Either.Either<Site, InvalidRequest> => {
  const { beginPath: begin, callbackUrl: given, prefix = "", ...rest } = settings
  const { keyLabel, limit, requiredWorkspaceId, workspaceId } = rest
  const keyOptions = { keyLabel, limit, requiredWorkspaceId, workspaceId }
  const beginPath = begin ?? `${prefix}/auth/openrouter`
  const callbackUrl = parse(given)
  const asked = AuthorizationUrl.make({ ...keyOptions, codeChallenge: "x".repeat(43) })
  const issues = [
    ...issuesIn({
      prefix: prefix === "" ? undefined : pathFault(prefix, ""),
      beginPath:
        pathFault(beginPath, prefix) ??
        (beginPath === callbackUrl?.pathname ? "must not be the path of callbackUrl" : undefined),
      callbackUrl: callbackFault(callbackUrl) ?? pathFault(callbackUrl?.pathname ?? "", prefix)
    }),
    ...(Either.isLeft(asked) ? asked.left.issues : [])
  ]
  return callbackUrl === undefined || issues.length > 0
    ? Either.left(new InvalidRequest({ operation, issues }))
    : Either.right({
        callbackUrl,
        keyOptions,
        cookies: BindingCookies.make(callbackUrl.protocol === "https:"),
        beginPath,
        home: `${prefix}/`,
        routes: {
          begin: `/${beginPath.slice(prefix.length + 1)}`,
          callback: `/${callbackUrl.pathname.slice(prefix.length + 1)}`
        }
      })
}

/** The same for functions that throw. */
export const readOrThrow = (operation: string, settings: Settings): Site =>
  Either.getOrThrowWith(read(operation, settings), (error) => error)

/**
 * A path as a `Location` header takes it, where it is one of this app; anything else as it came, for `SignIn.begin` to refuse.
 */
export const asOwnPath = ({ callbackUrl }: Site, text: string): string => {
  const url = text.startsWith("/") ? orUndefined(() => new URL(text, callbackUrl)) : undefined
  return url?.origin === callbackUrl.origin ? url.href.slice(url.origin.length) : text
}
