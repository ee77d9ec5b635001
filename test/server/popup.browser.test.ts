/** Popup windows in a real Chromium: the page that opened one is told how the sign-in ended, and the window closes. */
import type * as Http from "node:http"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { toMiddleware } from "effect-openrouter-oauth/node/NodeSignInRoutes"
import * as SandboxNode from "effect-openrouter-oauth/sandbox/node"
import type { Browser, Page } from "playwright-core"
import { launch } from "../util/chromium.js"
import { listen } from "./support.js"

let browser: Browser

beforeAll(async () => {
  browser = await launch()
}, 60_000)

afterAll(() => browser.close())

const home = `<!doctype html><button>Connect</button><p></p><script>
  const show = ({ outcome }) => { document.querySelector("p").textContent = outcome }
  addEventListener("message", ({ data, origin }) => { if (origin === location.origin) show(data) })
  new BroadcastChannel("openrouter-sign-in").onmessage = ({ data }) => show(data)
  document.querySelector("button").onclick = () => { open("/auth/openrouter?display=popup", "openrouter", "popup") }
</script>`

/** An app with one page, whose opener policy is given, beside a sandbox that asks. */
const app = (policy: string | undefined) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(SandboxNode.layerServer({}))
    const { baseUrl } = yield* Effect.provide(SandboxNode.SandboxServer, context)
    const { origin, server } = yield* listen
    const connected: Array<string> = []
    const middleware = toMiddleware({
      callbackUrl: `${origin}/auth/openrouter/callback`,
      // Another site than 127.0.0.1: sites do not differ by port.
      client: { baseUrl: baseUrl.replace("127.0.0.1", "localhost") },
      onSignedIn: ({ key }) => {
        connected.push(key)
        return "/"
      }
    })
    yield* Effect.addFinalizer(() => Effect.promise(middleware.dispose))
    server.on("request", (req: Http.IncomingMessage, res: Http.ServerResponse) =>
      middleware(req, res, () => {
        if (policy !== undefined) res.setHeader("cross-origin-opener-policy", policy)
        res.setHeader("content-type", "text/html").end(home)
      })
    )
    return { origin, connected }
  })

/** Opens the popup, and presses a button of OpenRouter's page in it. */
const answer = async (page: Page, button: "Authorize" | "Deny") => {
  const opened = page.context().waitForEvent("page")
  await page.getByRole("button", { name: "Connect" }).click()
  const popup = await opened
  const closed = popup.waitForEvent("close")
  await popup.getByRole("button", { name: button, exact: true }).click()
  await closed
}

const cases = [
  ["Authorize", undefined, "signed-in", 1],
  ["Deny", undefined, "denied", 0],
  ["Authorize", "same-origin", "signed-in", 1]
] as const

describe("a popup tells its opener, and closes", () => {
  for (const [button, policy, outcome, keys] of cases) {
    it.scopedLive(`${button}, opener policy ${policy ?? "none"}: ${outcome}`, () =>
      Effect.flatMap(app(policy), ({ connected, origin }) =>
        Effect.promise(async () => {
          const context = await browser.newContext()
          const page = await context.newPage()
          await page.goto(`${origin}/`)
          await answer(page, button)
          await page.getByText(outcome, { exact: true }).waitFor()
          assert.lengthOf(connected, keys)
          assert.strictEqual(page.url(), `${origin}/`)
          await context.close()
        })
      )
    )
  }
})
