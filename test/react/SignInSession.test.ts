/** What a session makes of a page, of its storage, and of a user who changes their mind. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createSignInSession, type KeyStorage, type SignInSessionOptions } from "effect-openrouter-oauth/react"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import { vi } from "vitest"
import { addressOf, openPage } from "../browser/page.js"

afterEach(() => {
  vi.unstubAllGlobals()
})

const app = "https://app.example/tool"

/** A browser with one tab on the app, and a sandbox that consents by itself. */
const setup = (url = app) => {
  const web = Sandbox.toWebHandler({ approve: true })
  vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) => web.handler(new Request(input, init)))
  const page = openPage(url)
  let show: (event: { readonly persisted: boolean }) => void = () => {}
  vi.stubGlobal("addEventListener", (_: string, listener: typeof show) => {
    show = listener
  })
  return {
    web,
    page,
    /** The browser shows the page as it was left. */
    restore: () => show({ persisted: true }),
    /** OpenRouter sends the browser back. */
    comeBack: async () => {
      const { headers } = await web.handler(new Request(addressOf(page)))
      page.history.push(headers.get("location") ?? "")
    },
    exchanges: () => Effect.runSync(web.sandbox.requests.count("exchangeAuthCodeForAPIKey"))
  }
}

const memoryStorage = (entries = new Map<string, string>()) => {
  const storage: KeyStorage = {
    getItem: (name) => entries.get(name) ?? null,
    setItem: (name, value) => entries.set(name, value),
    removeItem: (name) => entries.delete(name)
  }
  return { entries, storage: () => storage }
}

const broken = (method: keyof KeyStorage) => {
  const { entries, storage } = memoryStorage(new Map([["openrouter-key", '{"key":"sk-or-v1-fake","userId":null}']]))
  const fail = () => {
    throw new Error("sk-or-v1-fake")
  }
  return { entries, storage: () => ({ ...storage(), [method]: fail }) }
}

const open = (options?: SignInSessionOptions) => {
  const session = createSignInSession(options)
  const statuses: Array<string> = [session.getState().status]
  session.subscribe(() => statuses.push(session.getState().status))
  /** The state once it has one of these statuses. */
  const until = (...wanted: ReadonlyArray<string>) =>
    new Promise<ReturnType<typeof session.getState>>((resolve) => {
      const look = () => wanted.includes(session.getState().status) && resolve(session.getState())
      session.subscribe(look)
      look()
    })
  return { session, statuses, until }
}

const settled = ["signedIn", "signedOut", "failed"]

/** Signs in and comes back, to a new document with a session of its own. */
const signedIn = async (options?: SignInSessionOptions) => {
  const browser = setup()
  await createSignInSession(options).signIn({ returnTo: "/next" })
  await browser.comeBack()
  const opened = open(options)
  opened.session.start()
  return { ...browser, ...opened }
}

describe("a session", () => {
  it("knows nothing before it is started, and is signed out where there is nothing", async () => {
    setup()
    const { session, statuses, until } = open()
    assert.strictEqual(session.getState().status, "loading")
    session.start()
    await until(...settled)
    assert.deepStrictEqual(statuses, ["loading", "signedOut"])
  })

  it("completes once, however often it is started", async () => {
    const { exchanges, session, statuses, until } = await signedIn()
    session.start()
    const state = await until(...settled)
    assert.match(state.key ?? "", /^sk-or-v1-/)
    assert.strictEqual(state.userId, "user_sandbox")
    assert.strictEqual(state.returnTo, "/next")
    assert.deepStrictEqual(statuses, ["loading", "completing", "signedIn"])
    assert.strictEqual(exchanges(), 1)
  })

  it("keeps the key nowhere but in memory, unless a storage is given", async () => {
    const { page, until } = await signedIn()
    await until(...settled)
    assert.deepStrictEqual([...page.stored], [])
  })

  it("keeps the key in the storage that is given, finds it there, and removes it", async () => {
    const { entries, storage } = memoryStorage()
    const { until } = await signedIn({ storage })
    const { key } = await until(...settled)
    assert.deepStrictEqual(
      [...entries].map(([name, value]) => [name, JSON.parse(value)]),
      [["openrouter-key", { key, userId: "user_sandbox" }]]
    )
    const next = open({ storage })
    next.session.start()
    const state = await next.until(...settled)
    assert.strictEqual(state.key, key)
    assert.strictEqual(state.userId, "user_sandbox")
    await next.session.signOut()
    assert.strictEqual(next.session.getState().status, "signedOut")
    assert.strictEqual(entries.size, 0)
  })

  it("takes a storage of promises", async () => {
    const { entries, storage } = memoryStorage()
    const later: KeyStorage = {
      getItem: async (name) => storage().getItem(name),
      setItem: async (name, value) => storage().setItem(name, value),
      removeItem: async (name) => storage().removeItem(name)
    }
    const { until } = await signedIn({ storage: () => later })
    assert.strictEqual((await until(...settled)).status, "signedIn")
    assert.strictEqual(entries.size, 1)
  })

  it.each(["", "{", "null", "7", '{"key":""}', '{"key":7}'])(
    "is signed out where the storage holds no key: %s",
    async (text) => {
      setup()
      const { session, until } = open(memoryStorage(new Map([["openrouter-key", text]])))
      session.start()
      assert.strictEqual((await until(...settled)).status, "signedOut", text)
    }
  )

  it("a failed save never loses the key: signed in, with the error beside it, which does not show the key", async () => {
    const { until } = await signedIn(broken("setItem"))
    const { error, key, status } = await until(...settled)
    assert.strictEqual(status, "signedIn")
    assert.match(key ?? "", /^sk-or-v1-/)
    assert.strictEqual(error?._tag, "StoreError")
    assert.notInclude(error?.message ?? "", "sk-or")
  })

  it("a storage that cannot be read fails; one that does not remove says so, and the key is forgotten here", async () => {
    setup()
    const unreadable = open(broken("getItem"))
    unreadable.session.start()
    assert.strictEqual((await unreadable.until(...settled)).error?._tag, "StoreError")
    const sticky = open(broken("removeItem"))
    sticky.session.start()
    assert.strictEqual((await sticky.until(...settled)).key, "sk-or-v1-fake")
    await sticky.session.signOut()
    const { error, key, status } = sticky.session.getState()
    assert.deepStrictEqual([status, key, error?._tag], ["failed", undefined, "StoreError"])
  })

  it.each([
    [{}, "failed"],
    [memoryStorage(new Map([["openrouter-key", '{"key":"sk-or-v1-fake","userId":null}']])), "signedIn"]
  ] as const)(
    "who denies has failed; who was signed in before still is, with the error beside it: %o",
    async (options, status) => {
      const { page } = setup()
      await createSignInSession().signIn()
      const callback = new URL(addressOf(page).searchParams.get("callback_url") ?? "")
      page.history.push(callback.href)
      const { session, until } = open(options)
      session.start()
      const state = await until(...settled)
      assert.strictEqual(state.status, status)
      assert.strictEqual(state.error?._tag, "AuthorizationDenied")
      assert.strictEqual(addressOf(page).href, app)
    }
  )

  it.each([undefined, 500])(
    "signing out during the exchange: what comes of it, a key or an error, is not taken: %o",
    async (status) => {
      const { entries, storage } = memoryStorage()
      const browser = setup()
      if (status !== undefined) browser.web.addFault({ operation: "exchangeAuthCodeForAPIKey", status })
      await createSignInSession().signIn()
      await browser.comeBack()
      let answer: () => void = () => {}
      const answered = new Promise<void>((resolve) => {
        answer = resolve
      })
      const asked = new Promise<void>((ask) => {
        vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
          ask()
          await answered
          return browser.web.handler(new Request(input, init))
        })
      })
      const { session, statuses } = open({ storage })
      const over = session.start()
      await asked
      await session.signOut()
      answer()
      await over
      assert.strictEqual(browser.exchanges(), 1)
      assert.strictEqual(session.getState().status, "signedOut")
      assert.deepStrictEqual(new Set(statuses), new Set(["loading", "completing", "signedOut"]))
      assert.strictEqual(entries.size, 0)
    }
  )

  it("begins once while it is on its way, however often it is asked; what is refused is in the state", async () => {
    const { page } = setup()
    const { session, statuses } = open()
    await Promise.all([session.signIn(), session.signIn()])
    assert.lengthOf(page.history, 2)
    assert.deepStrictEqual(statuses, ["loading", "redirecting"])
    await session.signIn({ limit: Number.NaN })
    assert.strictEqual(session.getState().error?._tag, "InvalidRequest")
    assert.lengthOf(page.history, 2)
  })

  it("shown again as it was left, it is no longer on its way, and looks into its storage again", async () => {
    const { entries, storage } = memoryStorage()
    const { restore } = setup()
    const { session, until } = open({ storage })
    session.start()
    await until("signedOut")
    await session.signIn()
    assert.strictEqual(session.getState().status, "redirecting")
    restore()
    await until("signedOut")
    entries.set("openrouter-key", '{"key":"sk-or-v1-fake","userId":"user_1"}')
    restore()
    assert.strictEqual((await until("signedIn")).key, "sk-or-v1-fake")
  })
})
