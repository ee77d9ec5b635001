/** The paths of the routes and the options of the keys, checked once, when the program starts. */
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
 * The paths of the routes, and the options of the keys.
 */
export interface Settings extends Omit<BeginOptions, "callbackUrl" | "returnTo" | "subject"> {
  /**
   * The full address of the callback route as browsers reach it, such as `https://app.example/auth/openrouter/callback`. Take it from
   * configuration: the routes do not read the Host of a request. Its path is the path of the route.
   */
  readonly callbackUrl: string | URL
  /** The path of the begin route as browsers reach it. Defaults to `/auth/openrouter` below `prefix`. */
  readonly beginPath?: string | undefined
  /**
   * The part of the path that is removed before requests arrive here, such as `/app`: by `HttpRouter.mount`, by the `use` of a
   * framework, or by a proxy. Defaults to none.
   */
  readonly prefix?: string | undefined
}

/** The settings, checked and parsed. */
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
 * The query parameters of the routes: how a sign-in ended, the attempt to try again, and whether a popup window shows it (`display` is
 * OpenID Connect's name for that).
 */
export const own = { outcome: "outcome", retry: "retry", display: "display" } as const

// `:`, `*` and `%` mean something to routers, and to each something else.
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

/** Checks the settings that `operation` was given, and names each invalid one. */
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

/** Checks the settings as `read` does, and throws `InvalidRequest`. */
export const readOrThrow = (operation: string, settings: Settings): Site =>
  Either.getOrThrowWith(read(operation, settings), (error) => error)

/**
 * Encodes a path of this app for a `Location` header. Returns anything else as it came: `SignIn.begin` refuses it.
 */
export const asOwnPath = ({ callbackUrl }: Site, text: string): string => {
  const url = text.startsWith("/") ? orUndefined(() => new URL(text, callbackUrl)) : undefined
  return url?.origin === callbackUrl.origin ? url.href.slice(url.origin.length) : text
}
