/** Interruption at every step in the places where people sign in and keys are kept. */
import * as Fs from "node:fs/promises"
import * as Http from "node:http"
import * as Os from "node:os"
import * as Path from "node:path"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ApiKey from "effect-openrouter-oauth/ApiKey"
import * as BrowserOpener from "effect-openrouter-oauth/node/BrowserOpener"
import * as CredentialStore from "effect-openrouter-oauth/node/CredentialStore"
import * as LoopbackSignIn from "effect-openrouter-oauth/node/LoopbackSignIn"
import * as PendingSignIns from "effect-openrouter-oauth/PendingSignIns"
import * as SignIn from "effect-openrouter-oauth/SignIn"
import * as SignInRoutes from "effect-openrouter-oauth/server/SignInRoutes"
import * as WorkloadIdentity from "effect-openrouter-oauth/WorkloadIdentity"
import { interruptEverywhere } from "../util/steps.js"
import { built, sandboxed, signingIn } from "./interruptible.js"

/** A request of a browser: its answer without the body, or undefined where the server went away. */
const get = (url: string | URL, headers: Http.OutgoingHttpHeaders = {}) =>
  new Promise<Http.IncomingMessage | undefined>((resolve) => {
    Http.get(url, { headers, agent: false }, (response) => {
      response.resume()
      response.on("close", () => resolve(response))
    }).on("error", () => resolve(undefined))
  })

/** What a person does when the sign-in waits: goes through the browser, or copies what it shows. */
const modes = ["loopback", "pasted callback", "headless"] as const

describe.each(modes)("LoopbackSignIn.signIn, %s", (mode) => {
  const program = async () => {
    const { consent, flow, keys, sent, visit } = await signingIn(PendingSignIns.layerMemory)
    return async () => {
      const before = await keys()
      let paste = (_: string) => {}
      const pasted = new Promise<string>((resolve) => {
        paste = resolve
      })
      let person: Promise<unknown> = Promise.resolve()
      const follow = async (url: URL) => {
        if (mode === "headless") return paste(/<code>([^<]*)/.exec(await (await visit(url)).text())?.[1] ?? "")
        const entered = await get(url)
        if (entered?.headers.location === undefined) return
        const callback = await consent(new URL(entered.headers.location))
        if (mode === "pasted callback") return paste(callback)
        const cookie = (entered.headers["set-cookie"] ?? []).map((line) => line.split(";", 1)[0]).join("; ")
        await get(callback, { cookie })
      }
      return {
        run: LoopbackSignIn.signIn({
          headless: mode === "headless",
          pasted: mode === "loopback" ? undefined : Stream.fromEffect(Effect.promise(() => pasted)),
          onWaiting: ({ url }) =>
            Effect.sync(() => {
              person = follow(url)
            })
        }).pipe(
          Effect.provideService(SignIn.SignIn, flow),
          Effect.provideService(BrowserOpener.BrowserOpener, { open: () => Effect.succeed(true) })
        ),
        sent,
        holds: async (exit: Exit.Exit<SignIn.SignedIn, unknown>, requests: number) => {
          await person
          assert.isAtMost(requests, 1)
          assert.isAtMost((await keys()) - before, requests)
          if (Exit.isSuccess(exit)) assert.strictEqual(requests, 1)
        }
      }
    }
  }

  it("at any step: the port is closed, and nothing is sent afterwards", async () => {
    const steps = await interruptEverywhere(await program(), { stride: 7 })
    assert.isAbove(steps, 500)
  })

  it("at any turn", async () => {
    const steps = await interruptEverywhere(await program(), { by: "turn" })
    assert.isAbove(steps, 4)
  })
})

describe("ApiKey", () => {
  const chain = async () => {
    const sandbox = sandboxed()
    const scope = Effect.runSync(Scope.make())
    const provider = WorkloadIdentity.provider({
      federationPolicyId: "policy_sandbox",
      subjectToken: sandbox.sandbox.subjectTokens.issue()
    })
    const layer = ApiKey.layer(provider).pipe(Layer.provide(sandbox.client))
    const context = await Effect.runPromise(Layer.buildWithScope(layer, scope))
    const apiKey = Context.get(context, ApiKey.ApiKey)
    return { ...sandbox, apiKey, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
  }

  it("get at any step: nothing is sent afterwards, and the next get has a key", async () => {
    const { apiKey, close, sent } = await chain()
    const steps = await interruptEverywhere(async () => {
      await Effect.runPromise(apiKey.invalidate)
      return {
        run: apiKey.get,
        sent,
        holds: async (_, requests) => {
          assert.isAtMost(requests, 1)
          await Effect.runPromise(apiKey.get)
        }
      }
    })
    assert.isAbove(steps, 100)
    await close()
  })

  it("get at any step while another fiber waits for the same key: that one has it, by one request", async () => {
    const { apiKey, close, sent } = await chain()
    const steps = await interruptEverywhere(async () => {
      await Effect.runPromise(apiKey.invalidate)
      const before = sent()
      const other = Effect.runPromise(apiKey.get)
      return {
        run: apiKey.get,
        holds: async () => {
          await other
          assert.strictEqual(sent() - before, 1)
        }
      }
    })
    assert.isAbove(steps, 100)
    await close()
  })

  it("invalidate at any step: the next get has a key", async () => {
    const { apiKey, close } = await chain()
    const steps = await interruptEverywhere(async () => {
      await Effect.runPromise(apiKey.get)
      return { run: apiKey.invalidate, holds: async () => void (await Effect.runPromise(apiKey.get)) }
    })
    assert.isAbove(steps, 10)
    await close()
  })
})

describe("CredentialStore in files", () => {
  const stored = async () => {
    const folder = await Fs.mkdtemp(Path.join(Os.tmpdir(), "interruption-"))
    const store = await built(CredentialStore.CredentialStore, CredentialStore.layer({ folder }))
    const save = (key: string) => store.set({}, { key: Redacted.make(key), userId: null })
    const found = () =>
      Effect.runPromise(
        Effect.map(store.get(), (one) => Option.getOrNull(Option.map(one, ({ key }) => Redacted.value(key))))
      )
    const names = () => Fs.readdir(Path.join(folder, "credentials"))
    return { store, save, found, names, remove: () => Fs.rm(folder, { recursive: true }) }
  }

  it.each(["step", "turn"] as const)(
    "set at any %s: the old key or the new one, whole, and no other file",
    async (by) => {
      const { found, names, remove, save } = await stored()
      await Effect.runPromise(save("sk-or-v1-fake-0"))
      let n = 0
      const steps = await interruptEverywhere(
        async () => {
          const old = await found()
          const next = `sk-or-v1-fake-${++n}`
          return {
            run: save(next),
            holds: async (exit) => {
              assert.include(Exit.isSuccess(exit) ? [next] : [old, next], await found())
              assert.lengthOf(await names(), 1)
            }
          }
        },
        { by }
      )
      assert.isAbove(steps, 20)
      await remove()
    }
  )

  it.each(["step", "turn"] as const)("remove at any %s: the key, whole, or nothing", async (by) => {
    const { found, names, remove, save, store } = await stored()
    const steps = await interruptEverywhere(
      async () => {
        await Effect.runPromise(save("sk-or-v1-fake"))
        return {
          run: store.remove(),
          holds: async (exit) => {
            const key = await found()
            assert.include(Exit.isSuccess(exit) ? [null] : [null, "sk-or-v1-fake"], key)
            assert.lengthOf(await names(), key === null ? 0 : 1)
          }
        }
      },
      { by }
    )
    assert.isAbove(steps, 5)
    await remove()
  })
})

const site = "https://app.example"

describe("SignInRoutes.router", () => {
  const app = async () => {
    const signing = await signingIn(PendingSignIns.layerMemory)
    let received = 0
    const router = await Effect.runPromise(
      SignInRoutes.router({
        callbackUrl: `${site}/auth/openrouter/callback`,
        onSignedIn: () =>
          Effect.sync(() => {
            received++
            return HttpServerResponse.empty({ status: 204 })
          })
      })
    )
    const request = (path: string, headers: Record<string, string> = {}) =>
      router.pipe(
        Effect.provideService(
          HttpServerRequest.HttpServerRequest,
          HttpServerRequest.fromWeb(new Request(new URL(path, site), { headers }))
        ),
        Effect.provideService(SignIn.SignIn, signing.flow),
        Effect.map((response) => HttpServerResponse.toWeb(response)),
        Effect.scoped
      )
    /** A begun sign-in: the request of its callback. */
    const begun = async () => {
      const { headers } = await Effect.runPromise(request("/auth/openrouter"))
      const callback = await signing.consent(new URL(headers.get("location") ?? ""))
      const cookie = headers
        .getSetCookie()
        .map((line) => line.split(";", 1)[0])
        .join("; ")
      return request(callback, { cookie })
    }
    return { ...signing, begun, request, received: () => received }
  }

  it("a begin at any step: nothing is left", async () => {
    const { request, sent } = await app()
    const steps = await interruptEverywhere(async () => ({ run: request("/auth/openrouter"), sent }))
    assert.isAbove(steps, 100)
  })

  it("a callback whose browser goes away at any step: the app has its key, or the next request completes it", async () => {
    const { begun, keys, received } = await app()
    const steps = await interruptEverywhere(async () => {
      const before = { keys: await keys(), received: received() }
      const callback = await begun()
      return {
        run: callback,
        holds: async () => {
          assert.strictEqual((await keys()) - before.keys, received() - before.received, "a key that nobody has")
          await Effect.runPromise(callback)
          assert.strictEqual(received() - before.received, 1)
        }
      }
    })
    assert.isAbove(steps, 200)
  })
})
