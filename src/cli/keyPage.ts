/** Where a person finds a key. */
import { createHash } from "node:crypto"
import * as Redacted from "effect/Redacted"
import { isSecure, parse } from "../internal/url.js"

/** The page of a key on OpenRouter; undefined where the base URL is a server on this machine, such as a sandbox. */
export const keyPage = (baseUrl: string, key: Redacted.Redacted): string | undefined => {
  const url = parse(baseUrl)
  const isLocal = url?.protocol === "http:" && isSecure(url)
  return isLocal
    ? undefined
    : `https://openrouter.ai/keys/${createHash("sha256").update(Redacted.value(key)).digest("hex")}`
}

/** What becomes of a key that this machine forgets. */
export const afterwards = (baseUrl: string, key: Redacted.Redacted): string => {
  const page = keyPage(baseUrl, key)
  return page === undefined
    ? "It was a key of the server there, such as a sandbox, and has no page at OpenRouter."
    : `The key itself stays valid: delete it on ${page}`
}
