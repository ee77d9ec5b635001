/** Where a person finds a key on OpenRouter. */
import { createHash } from "node:crypto"
import * as Redacted from "effect/Redacted"

export const keyPage = (key: Redacted.Redacted): string =>
  `https://openrouter.ai/keys/${createHash("sha256").update(Redacted.value(key)).digest("hex")}`
