/** A whole sign-in in plain async code, against a sandbox on a real port. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Options, Waiting } from "effect-openrouter-oauth/node/PromiseSignIn"
import { signIn } from "effect-openrouter-oauth/node/PromiseSignIn"
import { startSandbox } from "../cli/support.js"
import { browse, enter, request } from "../util/loopback.js"

const key = /^sk-or-v1-[0-9a-f]{64}$/

/** The options of a sign-in on a sandbox that consents by itself. */
const onSandbox = async (): Promise<Options> => {
  const { baseUrl } = await startSandbox({ approve: true })
  return { client: { baseUrl }, onWaiting: () => {}, headless: false }
}

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail("it succeeded"),
    (error) => error
  )

const tagOf = async (promise: Promise<unknown>): Promise<unknown> => {
  const error = await rejection(promise)
  return error instanceof Error && "_tag" in error ? error._tag : error
}

/** Where the sandbox that consents by itself leads back to. */
const callbackOf = async (authorizationUrl: URL): Promise<string> =>
  (await Effect.runPromise(request(authorizationUrl))).headers.location ?? ""

describe("signIn", () => {
  it("opens the address it was given an opener for, and gives the key as plain text", async () => {
    const pages: Array<Promise<string>> = []
    const waiting: Array<Waiting> = []
    const steps: Array<string> = []
    const signedIn = await signIn({
      ...(await onSandbox()),
      keyLabel: "My tool",
      limit: 5,
      open: (url) => void pages.push(Effect.runPromise(browse(new URL(url)))),
      onWaiting: (shown) => void waiting.push(shown),
      onExchanging: () => void steps.push("exchanging")
    })
    assert.match(signedIn.key, key)
    assert.deepStrictEqual(Object.keys(signedIn), ["key", "userId"])
    assert.include(await pages[0], "You are signed in")
    assert.match(waiting[0]?.url ?? "", /^http:\/\/127\.0\.0\.1:\d+\/$/)
    assert.isTrue(waiting[0]?.browserOpened)
    assert.instanceOf(waiting[0]?.expiresAt, Date)
    assert.deepStrictEqual(steps, ["exchanging"])
  })

  it("asks the prompt again after a refused line, and lets it go when the browser comes first", async () => {
    const options = await onSandbox()
    const refused: Array<string> = []
    let asked = 0
    let released = false
    let shown: Waiting | undefined
    const { key: given } = await signIn({
      ...options,
      openBrowser: false,
      onWaiting: (waiting) => {
        shown = waiting
      },
      onRefused: ({ error }) => void refused.push(error._tag),
      prompt: (signal) => {
        asked += 1
        if (asked === 1) return Promise.resolve("http://127.0.0.1:1/callback?code=x&state=stranger")
        void Effect.runPromise(browse(new URL(shown?.url ?? "")))
        return new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            released = true
            reject(signal.reason)
          })
        )
      }
    })
    assert.match(given, key)
    assert.deepStrictEqual([asked, released, refused], [2, true, ["UnknownAttempt"]])
  })

  it("takes a pasted callback URL", async () => {
    const options = await onSandbox()
    let shown: Waiting | undefined
    const { key: given } = await signIn({
      ...options,
      openBrowser: false,
      onWaiting: (waiting) => {
        shown = waiting
      },
      prompt: async () => callbackOf((await Effect.runPromise(enter(new URL(shown?.url ?? "")))).authorizationUrl)
    })
    assert.match(given, key)
  })

  it("an aborted signal rejects with its reason, and frees the port", async () => {
    const options = await onSandbox()
    const controller = new AbortController()
    const reason = new Error("no longer wanted")
    let port = 0
    const error = await rejection(
      signIn({
        ...options,
        openBrowser: false,
        signal: controller.signal,
        onWaiting: ({ url }) => {
          port = Number(new URL(url).port)
          controller.abort(reason)
        }
      })
    )
    assert.strictEqual(error, reason)
    const again = await tagOf(signIn({ ...options, openBrowser: false, port, timeoutMs: 1 }))
    assert.strictEqual(again, "SignInTimedOut")
  })

  const refusedLine = { prompt: () => Promise.resolve("http://127.0.0.1:1/callback?code=x&state=stranger") }
  it.each([
    { callback: "onWaiting", options: { openBrowser: false } },
    { callback: "onExchanging", options: { open: (url: string) => void Effect.runFork(browse(new URL(url))) } },
    { callback: "onRefused", options: { openBrowser: false, ...refusedLine } }
  ])("what $callback throws is what it rejects with", async ({ callback, options }) => {
    const thrown = new Error("the app broke")
    const failing = () => {
      throw thrown
    }
    assert.strictEqual(await rejection(signIn({ ...(await onSandbox()), ...options, [callback]: failing })), thrown)
  })

  it("what a callback promises and does not keep is what it rejects with", async () => {
    const thrown = new Error("the app broke later")
    const onWaiting = () => Promise.reject(thrown)
    assert.strictEqual(await rejection(signIn({ ...(await onSandbox()), openBrowser: false, onWaiting })), thrown)
  })

  it("an opener that throws leaves the address to be opened by hand", async () => {
    const options = await onSandbox()
    const { key: given } = await signIn({
      ...options,
      open: () => {
        throw new Error("no browser")
      },
      onWaiting: ({ browserOpened, url }) => {
        assert.isFalse(browserOpened)
        void Effect.runPromise(browse(new URL(url)))
      }
    })
    assert.match(given, key)
  })

  it("a prompt that rejects is PastedEnded, with what it rejected with", async () => {
    const cause = new Error("the terminal is gone")
    const error = await rejection(
      signIn({ ...(await onSandbox()), openBrowser: false, prompt: () => Promise.reject(cause) })
    )
    assert(error instanceof Error && "_tag" in error)
    assert.strictEqual(error._tag, "PastedEnded")
    assert.strictEqual(error.cause, cause)
  })

  it("a prompt that gives no text is PastedEnded, and says so", async () => {
    const options = { ...(await onSandbox()), openBrowser: false, prompt: async () => JSON.parse("42") }
    const error = await rejection(signIn(options))
    assert(error instanceof Error && "_tag" in error && error.cause instanceof Error)
    assert.strictEqual(error._tag, "PastedEnded")
    assert.strictEqual(error.cause.message, "signIn refused its input: prompt must return a promise of a string.")
  })

  const wrong: Record<string, object> = {
    timeoutMs: { timeoutMs: 0 },
    signal: { signal: "stop" },
    open: { open: "firefox" },
    prompt: { prompt: true },
    onWaiting: { onWaiting: {} },
    client: { client: "https://openrouter.ai" },
    port: { port: -1 },
    path: { path: "no path" }
  }
  for (const [path, options] of Object.entries(wrong)) {
    it(`${JSON.stringify(options)} is InvalidRequest`, async () => {
      const error = await rejection(signIn(options))
      assert(error instanceof Error && "issues" in error && Array.isArray(error.issues))
      assert.deepStrictEqual(
        error.issues.map((issue) => issue.path),
        [path]
      )
    })
  }

  it("options of the client that cannot be right reject", async () => {
    assert.strictEqual(await tagOf(signIn({ client: { baseUrl: "ftp://x" } })), "InvalidRequest")
  })
})
