/** The headers that name the app: from the client's options, from the context that it was made in, from the caller. */
import * as Context from "effect/Context"
import * as Record from "effect/Record"
import type { Attribution } from "../OAuthSchema.js"
import { headerFault } from "./headers.js"

/** Attribution of the calls within `withAttribution`. */
export class CurrentAttribution extends Context.Reference<CurrentAttribution>()(
  "effect-openrouter-oauth/CurrentAttribution",
  { defaultValue: (): Attribution => ({}) }
) {}

const headers = {
  httpReferer: "http-referer",
  appTitle: "x-openrouter-title",
  appCategories: "x-openrouter-categories"
} as const

const text = (value: Attribution["appCategories"]) => (Array.isArray(value) ? value.join(",") : (value as string))

/** The headers of an attribution; undefined for an empty one. */
export const attributionHeaders = (attribution: Attribution): Record<string, string | undefined> =>
  Record.mapEntries(headers, (header, path) => [header, text(attribution[path]) || undefined])

const fault = (value: unknown): string | undefined => {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) return headerFault(value)
  return value.every((item) => typeof item === "string")
    ? headerFault(value.join(","))
    : "must be a string or a list of strings"
}

export const attributionFaults = (attribution: Attribution): Record<string, string | undefined> =>
  Record.map(headers, (_, path) => fault(attribution[path]))
