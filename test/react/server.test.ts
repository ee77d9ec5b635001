/** Rendering on a server, in React 18 and 19. */
import { assert, describe, it } from "@effect/vitest"
import { OpenRouterProvider, useOpenRouterContext, useSignInWithOpenRouter } from "effect-openrouter-oauth/react"
import { createElement } from "react"
import { renderToString } from "react-dom/server"
import { loadServer, versions } from "./bundle.js"

const options = { baseUrl: "http://127.0.0.1:9/api/v1", apiKey: "sk-or-v1-fake" }

describe.each(versions)("React %s on a server", (version) => {
  it("renders a page where nothing is known yet, and touches nothing of a browser", async () => {
    const touched: Array<string> = []
    const names = ["location", "history", "sessionStorage", "localStorage", "addEventListener", "fetch"]
    const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
    for (const name of names) {
      Object.defineProperty(globalThis, name, { configurable: true, get: () => void touched.push(name) })
    }
    try {
      const { render } = await loadServer(version)
      const storage = () => assert.fail("asked for the storage")
      const html = render({ ...options, storage })
      assert.include(html, `<p>React <!-- -->${version}.`)
      assert.include(html, '<p role="status">loading</p>')
      const button = /<button[^>]*class="mine"[^>]*>[^<]*</.exec(html)?.[0] ?? ""
      const parts = [
        'type="button"',
        'aria-busy="false"',
        'disabled=""',
        'data-status="loading"',
        'aria-describedby="terms"',
        ">Sign in with OpenRouter<"
      ]
      assert.deepStrictEqual(
        parts.filter((part) => !button.includes(part)),
        []
      )
      assert.deepStrictEqual(touched, [])
    } finally {
      for (const [name, descriptor] of before) {
        Reflect.deleteProperty(globalThis, name)
        if (descriptor !== undefined) Object.defineProperty(globalThis, name, descriptor)
      }
    }
  })
})

describe("without a provider", () => {
  const rendering = (use: () => unknown) => () =>
    renderToString(
      createElement(
        OpenRouterProvider,
        {},
        createElement(() => {
          use()
          return null
        })
      )
    )

  it("the hooks say what to put where", () => {
    assert.throws(
      rendering(useOpenRouterContext),
      "useOpenRouterContext found no client. Put <OpenRouterProvider client={…}> around this component, with the client that createClient returns."
    )
    assert.throws(
      rendering(useSignInWithOpenRouter),
      "useSignInWithOpenRouter found no session. Put <OpenRouterProvider session={…}> around this component, with the session that createSignInSession returns."
    )
  })
})
