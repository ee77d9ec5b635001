/**
 * Frameworks know by an `AsyncLocalStorage` which request code runs for: Next.js' `cookies()`, SvelteKit's `getRequestEvent()`. The app's
 * functions are called in the one of their request, also where fibers of several requests wait for the same thing.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it, onTestFinished } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerMemory, PendingSignIns, type Service } from "effect-openrouter-oauth/PendingSignIns"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
import { signInLayer } from "./support.js"

const site = "https://app.example"
const names = ["one", "two", "three"]
const current = new AsyncLocalStorage<string>()

/** A store that is not there at once: the first requests wait for it together. */
const slowly = (service: Service) =>
  Layer.unwrapEffect(
    Effect.as(
      Effect.promise(() => new Promise((resolve) => setImmediate(resolve))),
      Layer.succeed(PendingSignIns, service)
    )
  )

const share = () => ({
  sandbox: Sandbox.toWebHandler({ approve: true }),
  store: Effect.runSync(Effect.provide(PendingSignIns, layerMemory))
})

/** A process of the app, of which nothing has been asked yet. */
const start = ({ sandbox, store } = share()) => {
  const fetch: typeof globalThis.fetch = (input, init) => sandbox.handler(new Request(input, init))
  const called: Record<"subjectOf" | "onSignedIn" | "onFailed", Array<string | undefined>> = {
    subjectOf: [],
    onSignedIn: [],
    onFailed: []
  }
  const { dispose, handler } = SignInRoutes.toWebHandlerLayer(
    {
      callbackUrl: `${site}/auth/openrouter/callback`,
      subjectOf: () => {
        called.subjectOf.push(current.getStore())
        return "user"
      },
      onSignedIn: async () => {
        await Promise.resolve()
        called.onSignedIn.push(current.getStore())
        return new Response(null, { status: 303, headers: { location: "/" } })
      },
      onFailed: async () => {
        called.onFailed.push(current.getStore())
        return undefined
      }
    },
    signInLayer("http://127.0.0.1:1/api/v1", {
      store: slowly(store),
      fetch: Layer.succeed(FetchHttpClient.Fetch, fetch)
    })
  )
  onTestFinished(dispose)
  /** A request for each name, all at once, each in its own storage. */
  const atOnce = (requestOf: (name: string) => Request) =>
    Promise.all(names.map((name) => current.run(name, () => handler(requestOf(name)))))
  return { atOnce, called }
}

const begin = () => new Request(`${site}/auth/openrouter`)

describe("the request's AsyncLocalStorage is the one in which", () => {
  it("subjectOf is called", async () => {
    const { atOnce, called } = start()
    await atOnce(begin)
    assert.sameMembers(called.subjectOf, names)
  })

  it("onFailed is called", async () => {
    const { atOnce, called } = start()
    await atOnce(() => new Request(`${site}/auth/openrouter/callback`))
    assert.sameMembers(called.onFailed, names)
  })

  it("onSignedIn is called, and goes on after an await", async () => {
    const shared = share()
    const callbacks = new Map<string, Request>()
    const begun = await start(shared).atOnce(begin)
    for (const [index, response] of begun.entries()) {
      const consent = await shared.sandbox.handler(new Request(response.headers.get("location") ?? ""))
      const cookie = (response.headers.getSetCookie()[0] ?? "").split(";", 1)[0] ?? ""
      callbacks.set(names[index] ?? "", new Request(consent.headers.get("location") ?? "", { headers: { cookie } }))
    }
    const { atOnce, called } = start(shared)
    await atOnce((name) => callbacks.get(name) ?? begin())
    assert.sameMembers(called.onSignedIn, names)
  })
})
