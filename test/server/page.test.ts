import { createHash } from "node:crypto"
import { assert, it } from "@effect/vitest"
import { headers, html, style, styleDigest } from "../../src/internal/callbackPage.js"

it("the policy of a page allows its own style, and nothing else", () => {
  assert.strictEqual(styleDigest, createHash("sha256").update(style).digest("base64"))
  assert.include(headers["content-security-policy"], `default-src 'none'; style-src 'sha256-${styleDigest}';`)
})

it("what stands in a page is escaped", () => {
  const nasty = `"><script>alert('1')</script>&`
  const page = html({ status: 200, title: nasty, text: nasty, links: [{ href: nasty, text: nasty }] })
  assert.notInclude(page, "<script>")
  assert.include(page, `href="&quot;&gt;&lt;script&gt;`)
})
