import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import {
  contentType,
  headers,
  headersOfOwnHtml,
  headersWithScript,
  html,
  isPrefetch,
  script,
  scriptDigest,
  style,
  styleDigest,
  withScript
} from "../src/internal/callbackPage.js"
import { escapeHtml } from "../src/internal/html.js"
import { PortUnavailable } from "../src/internal/PortUnavailable.js"

describe("the page that a browser shows on the way back", () => {
  const page = { status: 200, title: "Signed in", text: "You can close this window." }
  const head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`
  const shared = "default-src 'none'; "
  const closed = "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  it("has a title and a text", () =>
    assert.strictEqual(
      html(page),
      `${head}<title>Signed in</title><style>${style}</style></head><body><main><h1>Signed in</h1><p>You can close this window.</p></main></body></html>`
    ))

  it("names the program, and links to where it says", () =>
    assert.strictEqual(
      html({
        ...page,
        appName: "My app",
        links: [
          { href: "/settings", text: "Settings" },
          { href: "/", text: "Home" }
        ]
      }),
      `${head}<title>Signed in · My app</title><style>${style}</style></head><body><main><p class="app">My app</p><h1>Signed in</h1>` +
        `<p>You can close this window.</p><nav><a href="/settings">Settings</a><a href="/">Home</a></nav></main></body></html>`
    ))

  it("writes nothing unescaped", () => {
    const evil = `<script>alert("1")</script>`
    const text = html({
      status: 200,
      title: evil,
      text: evil,
      appName: evil,
      links: [{ href: `/"${evil}`, text: evil }]
    })
    assert.notInclude(text, "<script")
    assert.notInclude(text, '"1"')
  })

  it("is kept nowhere, names its address to nobody, and runs and loads nothing but its own style", () => {
    assert.deepStrictEqual<object>(headers, {
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "content-security-policy": `${shared}style-src 'sha256-${styleDigest}'${closed}`
    })
    assert.strictEqual(contentType, "text/html; charset=utf-8")
  })

  it("with the script that takes the code out of the address bar: that script is allowed, and no other", () => {
    assert.deepStrictEqual<object>(headersWithScript, {
      ...headers,
      "content-security-policy": `${shared}style-src 'sha256-${styleDigest}'; script-src 'sha256-${scriptDigest}'${closed}`
    })
    assert.strictEqual(withScript("<p>"), `<p><script>history.replaceState(null,"",location.pathname)</script>`)
  })

  it("of the program's own HTML may have styles and pictures, and no script of its own", () =>
    assert.deepStrictEqual<object>(headersOfOwnHtml, {
      ...headers,
      "content-security-policy": `${shared}style-src 'unsafe-inline'; img-src data: https:; font-src data:; script-src 'sha256-${scriptDigest}'${closed}`
    }))

  it("the digest of its script is right", () =>
    assert.strictEqual(createHash("sha256").update(script).digest("base64"), scriptDigest))

  it.each<readonly [Record<string, string>, boolean]>([
    [{ "sec-purpose": "prefetch;prerender" }, true],
    [{ purpose: "prefetch" }, true],
    [{ "x-moz": "Prefetch" }, true],
    [{ purpose: "prerender" }, true],
    [{ purpose: "preview" }, false],
    [{}, false]
  ])("a request with %o is one that a browser makes before anybody has clicked: %s", (given, expected) =>
    assert.strictEqual(
      isPrefetch((name) => given[name]),
      expected
    )
  )
})

describe("text in HTML", () => {
  it("is escaped, for text and for quoted attributes", () =>
    assert.strictEqual(escapeHtml(`a&b <c> "d" 'e' é`), "a&amp;b &lt;c&gt; &quot;d&quot; &#39;e&#39; é"))
})

describe("a server that cannot listen says on which port, and what to do", () => {
  const failed = { operation: "signIn", host: "127.0.0.1", port: 3000 }

  it.each([
    [
      { ...failed, ports: [3000], reason: "AddressInUse" },
      "Port 3000 on 127.0.0.1 is taken by another program. Choose another port, or 0 for any free one."
    ],
    [
      { ...failed, ports: [3000, 3001], reason: "AddressInUse" },
      "Ports 3000, 3001 on 127.0.0.1 are taken by other programs. Choose another port, or 0 for any free one."
    ],
    [
      { ...failed, ports: [3000], reason: "Other", code: "EACCES" },
      "Port 3000 on 127.0.0.1 cannot be listened on (EACCES). Choose another host or port."
    ],
    [
      { ...failed, ports: [3000, 3001], reason: "Other" },
      "Ports 3000, 3001 on 127.0.0.1 cannot be listened on (unknown reason). Choose another host or port."
    ]
  ] as const)("%o", (fields, message) => {
    const error = new PortUnavailable(fields)
    assert.strictEqual(error.message, message)
    assert.strictEqual(error._tag, "PortUnavailable")
  })
})
