/** Sign-ins as other programs have them, rebuilt in a few lines each. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { startSandbox } from "../cli/support.js"
import { browse } from "../util/loopback.js"
import * as FixedPort from "./fixed-port.js"
import * as OwnBrowser from "./own-browser.js"
import * as PortRange from "./port-range.js"

const key = /^sk-or-v1-[0-9a-f]{64}$/

/** A browser that consents by itself, and the pages that it ended up at. */
const approving = async () => {
  const { baseUrl } = await startSandbox({ approve: true })
  const urls: Array<string> = []
  const pages: Array<Promise<string>> = []
  const open = (url: string) => {
    urls.push(url)
    pages.push(Effect.runPromise(browse(new URL(url))))
  }
  return { options: { client: { baseUrl }, headless: false, onWaiting: () => {}, open }, open, pages, urls }
}

describe("programs rebuilt on this library", () => {
  it("a fixed port on localhost, its own path and pages", async () => {
    const { options, pages, urls } = await approving()
    assert.match(await FixedPort.login(0, options), key)
    assert.match(urls[0] ?? "", /^http:\/\/localhost:\d+\/$/)
    assert.include(await pages[0], "Agent connected")
  })

  it("a range of ports", async () => {
    const { options, urls } = await approving()
    assert.match(await PortRange.login(49_310, 20, options), key)
    assert.match(urls[0] ?? "", /^http:\/\/127\.0\.0\.1:493[12]\d\/$/)
  })

  it("a browser that the program opens itself", async () => {
    const { open, options } = await approving()
    assert.match(await OwnBrowser.login(open, options), key)
  })
})
