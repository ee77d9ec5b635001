/** The page of a key at OpenRouter. */
import { createHash } from "node:crypto"
import * as Redacted from "effect/Redacted"
import { isSecure, parse } from "../internal/url.js"

/** Returns the page of a key at OpenRouter; undefined if the base URL is a server on this machine, such as a sandbox. */
export const keyPage = (baseUrl: string, key: Redacted.Redacted): string | undefined => {
  const url = parse(baseUrl)
  const isLocal = url?.protocol === "http:" && isSecure(url)
  return isLocal
    ? undefined
    : `https://openrouter.ai/keys/${createHash("sha256").update(Redacted.value(key)).digest("hex")}`
}

/** Says what happens to a key that this machine no longer stores. */
export const afterwards = (baseUrl: string, key: Redacted.Redacted): string => {
  const page = keyPage(baseUrl, key)
  return page === undefined
    ? "The key was made by a server on this machine, such as a sandbox, and has no page at OpenRouter."
    : `The key stays valid until you delete it on ${page}`
}
