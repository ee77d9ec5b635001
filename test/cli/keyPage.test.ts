import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import { afterwards, keyPage } from "../../src/cli/keyPage.js"

const key = "sk-or-v1-fake"
const page = `https://openrouter.ai/keys/${createHash("sha256").update(key).digest("hex")}`

describe("the page of a key", () => {
  it.each(["https://openrouter.ai/api/v1", "https://proxy.example/api/v1"])("of %s is at OpenRouter", (baseUrl) => {
    assert.strictEqual(keyPage(baseUrl, Redacted.make(key)), page)
    assert.strictEqual(afterwards(baseUrl, Redacted.make(key)), `The key stays valid until you delete it on ${page}`)
  })

  it.each(["http://127.0.0.1:8787/api/v1", "http://localhost:8787", "http://[::1]:1/api/v1"])(
    "a key of a server on this machine has none: %s",
    (baseUrl) => {
      assert.isUndefined(keyPage(baseUrl, Redacted.make(key)))
      assert.include(afterwards(baseUrl, Redacted.make(key)), "such as a sandbox")
    }
  )
})
