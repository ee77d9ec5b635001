import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerMemory } from "effect-openrouter-oauth/PendingSignIns"
import { createSignIn, type Options, type SignInStarted } from "effect-openrouter-oauth/PromiseSignIn"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"

const { dispose, handler } = Sandbox.toWebHandler({ approve: true })
afterAll(dispose)
const baseUrl = "http://localhost:1/api/v1"
const client = {
  baseUrl,
  fetch: async (...args: ConstructorParameters<typeof Request>) => handler(new Request(...args))
}

/** What OpenRouter's page sends the browser back to. */
const consent = async ({ authorizationUrl }: SignInStarted): Promise<string> =>
  (await handler(new Request(authorizationUrl, { redirect: "manual" }))).headers.get("location") ?? ""

interface Rejection extends Error {
  readonly _tag?: string
  readonly operation?: string
  readonly reason?: string
  readonly issues?: ReadonlyArray<unknown>
}

const rejection = (promise: Promise<unknown>): Promise<Rejection> =>
  promise.then(
    () => assert.fail("it did not reject"),
    (error: Rejection) => error
  )

const callbackUrl = "vscode://me.extension/callback"

describe("createSignIn", () => {
  it("signs in, in plain strings", async () => {
    const signIn = createSignIn({ client })
    const started = await signIn.begin({ callbackUrl, returnTo: "/x", subject: "user-1" })
    assert.instanceOf(started.expiresAt, Date)
    const { browserBinding } = started
    const signedIn = await signIn.complete(await consent(started), { browserBinding, subject: "user-1" })
    assert.match(signedIn.key, /^sk-or-/)
    assert.strictEqual(signedIn.returnTo, "/x")
    assert.strictEqual(signedIn.subject, "user-1")
    await signIn.dispose()
  })

  it("completes by a code that was copied, after a wrong one", async () => {
    const signIn = createSignIn({ client })
    const started = await signIn.begin({ callbackUrl })
    const { attempt, browserBinding } = started
    const wrong = await rejection(signIn.completeWithCode(attempt, "exit", { browserBinding }))
    assert.strictEqual(wrong.reason, "InvalidGrant")
    const code = new URL(await consent(started)).searchParams.get("code") ?? ""
    assert.match((await signIn.completeWithCode(attempt, code, { browserBinding })).key, /^sk-or-/)
    await signIn.dispose()
  })

  it("rejects with the tagged error itself", async () => {
    const signIn = createSignIn({ client })
    const unknown = await rejection(signIn.complete("/callback?code=x&attempt=y", { browserBinding: "z" }))
    assert.strictEqual(unknown._tag, "UnknownAttempt")
    await signIn.dispose()
  })

  for (const [name, path, args] of [
    ["no options", "browserBinding", ["/callback?code=x&attempt=y"]],
    ["a binding that is no text", "browserBinding", ["/callback?code=x&attempt=y", { browserBinding: 1 }]]
  ] as const) {
    it(`${name}: InvalidRequest of complete`, async () => {
      const signIn = createSignIn({ client })
      const error = await rejection(Reflect.apply(signIn.complete, signIn, args))
      assert.strictEqual(error._tag, "InvalidRequest")
      assert.strictEqual(error.operation, "complete")
      assert.deepStrictEqual(error.issues?.[0], {
        path,
        message: args.length === 1 ? "is missing" : "must be a string"
      })
      await signIn.dispose()
    })
  }

  it.each([
    ["browserBinding", ["attempt", "code"]],
    ["code", ["attempt", undefined, { browserBinding: "z" }]]
  ] as const)("completeWithCode without its %s: InvalidRequest of completeWithCode", async (path, args) => {
    const signIn = createSignIn({ client })
    const error = await rejection(Reflect.apply(signIn.completeWithCode, signIn, args))
    assert.strictEqual(error.operation, "completeWithCode")
    assert.deepStrictEqual(error.issues, [{ path, message: "is missing" }])
    await signIn.dispose()
  })

  it("the retries of its client are those of its exchange", async () => {
    let exchanges = 0
    const fetch = () => {
      exchanges++
      return Promise.reject(Object.assign(new Error("refused"), { code: "ECONNREFUSED", syscall: "connect" }))
    }
    const signIn = createSignIn({ client: { baseUrl, fetch, retries: { strategy: "none" } } })
    const started = await signIn.begin({ callbackUrl })
    const failed = await rejection(signIn.complete(await consent(started), started))
    assert.strictEqual(failed._tag, "ConnectionFailed")
    assert.strictEqual(exchanges, 1)
    await signIn.dispose()
  })

  it("does not throw at options that cannot be right: every call rejects with InvalidRequest", async () => {
    const signIn = createSignIn({ client: { baseUrl: "nowhere" } })
    assert.strictEqual((await rejection(signIn.begin({ callbackUrl })))._tag, "InvalidRequest")
    await signIn.dispose()
  })

  it("rejects while its store cannot be built, and tries again at the next call", async () => {
    let builds = 0
    const pendingSignIns: Options["pendingSignIns"] = Layer.suspend(() => {
      builds += 1
      return builds === 1 ? Layer.fail(new Error("the database is down")) : layerMemory
    })
    const signIn = createSignIn({ client, pendingSignIns })
    assert.strictEqual((await rejection(signIn.begin({ callbackUrl }))).message, "the database is down")
    const started = await signIn.begin({ callbackUrl })
    await signIn.complete(await consent(started), started)
    assert.strictEqual(builds, 2)
    await signIn.dispose()
  })

  it("a signal aborts the exchange: its reason is the rejection", async () => {
    const abort = new AbortController()
    const reason = new Error("the window was closed")
    const fetch = (_: unknown, init?: RequestInit) =>
      new Promise<Response>((_, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted")))
        abort.abort(reason)
      })
    const signIn = createSignIn({ client: { baseUrl, fetch } })
    const started = await signIn.begin({ callbackUrl })
    const { browserBinding } = started
    const completing = signIn.complete(await consent(started), { browserBinding, signal: abort.signal })
    assert.strictEqual(await completing.catch((error: unknown) => error), reason)
    await signIn.dispose()
  })

  it("dispose releases the store, and later calls reject with an AbortError", async () => {
    let released = 0
    const release = Layer.scopedDiscard(Effect.addFinalizer(() => Effect.sync(() => void released++)))
    const signIn = createSignIn({ client, pendingSignIns: Layer.merge(layerMemory, release) })
    await signIn.begin({ callbackUrl })
    await signIn.dispose()
    assert.strictEqual(released, 1)
    const error = await rejection(signIn.begin())
    assert.strictEqual(error.name, "AbortError")
    assert.match(error.message, /^The sign-in/)
  })
})
