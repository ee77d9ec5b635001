/** How the app names itself: from the client's options, from what stood when it was made, from the caller. */
import * as Context from "effect/Context"
import type { Attribution } from "../OAuthSchema.js"
import { headerFault } from "./headers.js"

/** Attribution of the calls within `withAttribution`. */
export class CurrentAttribution extends Context.Reference<CurrentAttribution>()(
  "effect-openrouter-oauth/CurrentAttribution",
  { defaultValue: (): Attribution => ({}) }
) {}

/** An object without its undefined fields: spread over another, it replaces only what it has. */
export const defined = <A extends object>(fields: A): { readonly [K in keyof A]: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never

const entries = ({ appCategories, appTitle, httpReferer }: Attribution) =>
  [
    ["httpReferer", "http-referer", httpReferer],
    ["appTitle", "x-openrouter-title", appTitle],
    [
      "appCategories",
      "x-openrouter-categories",
      Array.isArray(appCategories) ? appCategories.join(",") : (appCategories as string | undefined)
    ]
  ] as const

/** The headers of an attribution; an empty one is left out. */
export const attributionHeaders = (attribution: Attribution): Record<string, string> =>
  Object.fromEntries(entries(attribution).flatMap(([, header, value]) => (value ? [[header, value]] : [])))

export const attributionFaults = (attribution: Attribution): Record<string, string | undefined> =>
  Object.fromEntries(
    entries(attribution).map(([path, , value]) => [path, value === undefined ? value : headerFault(value)])
  )
