/** Sign-ins as other programs have them, rebuilt in a few lines each. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { copyCode, startSandbox } from "../cli/support.js"
import { browse, enter, request } from "../util/loopback.js"
import * as FixedPort from "./fixed-port.js"
import * as OwnBrowser from "./own-browser.js"
import * as PortRange from "./port-range.js"
import * as TerminalAgent from "./terminal-agent.js"

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

describe("a terminal agent", () => {
  /** A terminal where `answer` types, told of the address that is shown. */
  const terminal = (answer: (url: URL, signal: AbortSignal) => Promise<string>) => {
    const lines: Array<string> = []
    return {
      lines,
      show: (line: string) => void lines.push(line),
      ask: (_: string, signal: AbortSignal) => answer(new URL(/http\S+/.exec(lines[0] ?? "")?.[0] ?? ""), signal)
    }
  }

  const running = new AbortController().signal

  it("takes the address that the browser ended up at", async () => {
    const { baseUrl } = await startSandbox({ approve: true })
    const agent = terminal(async (url) => {
      const { authorizationUrl } = await Effect.runPromise(enter(url))
      return (await Effect.runPromise(request(authorizationUrl))).headers.location ?? ""
    })
    const given = await TerminalAgent.login(agent, running, {
      client: { baseUrl },
      headless: false,
      openBrowser: false
    })
    assert.match(given, key)
    assert.deepStrictEqual(agent.lines.slice(1), ["Connecting…"])
  })

  it("takes the code that the page shows, after a word that was none", async () => {
    const { baseUrl } = await startSandbox()
    const words: Array<(url: URL) => Promise<string>> = [async () => "not a code", copyCode]
    const agent = terminal((url) => words.shift()?.(url) ?? Promise.reject(new Error("asked once more")))
    assert.match(await TerminalAgent.login(agent, running, { client: { baseUrl }, headless: true }), key)
    assert.deepStrictEqual(agent.lines.slice(1), [
      "This is not a code, and it changed nothing. Paste the code that the page shows.",
      "Connecting…"
    ])
  })

  it("lets go of the prompt when the browser comes first", async () => {
    const { baseUrl } = await startSandbox({ approve: true })
    let released = false
    const agent = terminal((url, signal) => {
      Effect.runFork(browse(url))
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          released = true
          reject(signal.reason)
        })
      })
    })
    const given = await TerminalAgent.login(agent, running, {
      client: { baseUrl },
      headless: false,
      openBrowser: false
    })
    assert.match(given, key)
    assert.isTrue(released)
  })

  it("stops where it is told to, and lets go of the prompt", async () => {
    const { baseUrl } = await startSandbox()
    const controller = new AbortController()
    let released = false
    const agent = terminal((_, signal) => {
      controller.abort("stopped by the user")
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          released = true
          reject(signal.reason)
        })
      })
    })
    const reason = await TerminalAgent.login(agent, controller.signal, { client: { baseUrl }, headless: true }).catch(
      (error) => error
    )
    assert.strictEqual(reason, "stopped by the user")
    assert.isTrue(released)
  })
})
