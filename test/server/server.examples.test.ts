/** Each example with one command, and a sandbox of its own. */
import { assert, describe, it } from "@effect/vitest"
import { examples, start } from "./examples.js"
import { Browser, send } from "./support.js"

describe("runs with nothing but itself, and signs in:", () => {
  it.each(examples)("$file", async ({ file, title }) => {
    const { origin, printed, stop } = await start(file)
    try {
      const browser = new Browser()
      const home = await browser.visit(new URL(origin))
      assert.strictEqual(home.title, title)
      const [, link = ""] = /href="([^"]*)">Sign in with OpenRouter/.exec(home.text) ?? []
      const { location } = await browser.open(new URL(link, origin))
      assert(location !== undefined)
      const consent = await send(location)
      assert.include(consent.text, `Authorize ${title}?`)
      const token = /name="token" value="([^"]*)"/.exec(consent.text)?.[1] ?? ""
      const authorized = await fetch(location.origin + location.pathname, {
        method: "POST",
        body: new URLSearchParams([...location.searchParams, ["token", token], ["decision", "authorize"]]),
        redirect: "manual"
      })
      browser.cookies.set("session", "one-that-somebody-else-knows")
      const signedIn = await browser.visit(new URL(authorized.headers.get("location") ?? ""))
      assert.strictEqual(signedIn.url.href, `${origin}/`)
      assert.include(signedIn.text, "You are signed in.")
      assert.include(signedIn.text, `<dd>${title}</dd>`)
      assert.include(signedIn.text, "<dd>$5</dd>")
      assert.notEqual(browser.cookies.get("session"), "one-that-somebody-else-knows")
      assert.deepStrictEqual([...browser.cookies.keys()], ["session"])

      const session = browser.cookies.get("session") ?? ""
      await browser.open(new URL("/sign-out", origin), { method: "POST" })
      assert.include((await browser.visit(new URL(origin))).text, "no key of yours")
      browser.cookies.set("session", session)
      assert.include((await browser.visit(new URL(origin))).text, "no key of yours")
      assert.notInclude(printed(), "sk-or-")
      assert.notInclude(printed(), "code")
    } finally {
      await stop()
    }
  })
})
