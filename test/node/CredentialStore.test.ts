import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import {
  CredentialStore,
  defaultFolder,
  layer,
  layerMemory,
  type Where
} from "effect-openrouter-oauth/node/CredentialStore"
import { replace } from "../../src/node/internal/secretFile.js"

const key = "sk-or-v1-fake-saved-key"
const credential = { key: Redacted.make(key), userId: "user_fake" }
const openRouter = "https://openrouter.ai/api/v1"
const other = "http://127.0.0.1:8787/api/v1"

const temporaryFolder = Effect.acquireRelease(
  Effect.promise(() => Fs.mkdtemp(Path.join(Os.tmpdir(), "credentials-"))),
  (path) => Effect.promise(() => Fs.rm(path, { recursive: true, force: true }))
)

const using = <A, E>(folder: string, use: (store: typeof CredentialStore.Service) => Effect.Effect<A, E>) =>
  Effect.flatMap(CredentialStore, use).pipe(Effect.provide(layer({ folder })))

const save = (folder: string, where: Where = {}) => using(folder, (store) => store.set(where, credential))

const mode = (path: string) => Effect.promise(async () => (await Fs.stat(path)).mode & 0o777)

const filesIn = (folder: string) => Effect.promise(() => Fs.readdir(Path.join(folder, "credentials")))

for (const [name, make] of [
  ["layerMemory", () => layerMemory],
  ["layer", (folder: string) => layer({ folder })]
] as const) {
  const inStore = <A, E>(use: (store: typeof CredentialStore.Service) => Effect.Effect<A, E>) =>
    Effect.flatMap(temporaryFolder, (folder) =>
      Effect.flatMap(CredentialStore, use).pipe(Effect.provide(make(Path.join(folder, "new"))))
    )

  describe(name, () => {
    it.scopedLive("keeps one credential for each base URL, until it is removed", () =>
      inStore((store) =>
        Effect.gen(function* () {
          assert.isTrue(Option.isNone(yield* store.get()))
          yield* store.set({}, credential)
          yield* store.set({ baseUrl: other }, { key: Redacted.make("sk-or-v1-fake-other"), userId: null })
          const saved = yield* Effect.flatten(store.get({ baseUrl: openRouter }))
          assert.strictEqual(Redacted.value(saved.key), key)
          assert.strictEqual(saved.userId, "user_fake")
          assert.isTrue(yield* store.remove())
          assert.isFalse(yield* store.remove())
          assert.isTrue(Option.isNone(yield* store.get()))
          assert.isTrue(Option.isSome(yield* store.get({ baseUrl: other })))
        })
      )
    )

    it.scopedLive("keeps profiles apart, and lists all by base URL and profile", () =>
      inStore((store) =>
        Effect.gen(function* () {
          yield* store.set({ profile: "work" }, credential)
          yield* store.set({ baseUrl: other, profile: "work" }, credential)
          yield* store.set({ profile: "Work" }, { key: Redacted.make("sk-or-v1-fake-upper"), userId: null })
          yield* store.set({}, credential)
          assert.deepStrictEqual(
            (yield* store.list).map(({ baseUrl, profile }) => `${baseUrl} ${profile}`),
            [`${other} work`, `${openRouter} Work`, `${openRouter} default`, `${openRouter} work`]
          )
          const upper = yield* Effect.flatten(store.get({ profile: "Work" }))
          assert.strictEqual(Redacted.value(upper.key), "sk-or-v1-fake-upper")
        })
      )
    )

    it.scopedLive.each([
      "https://openrouter.ai/api/v1/",
      "https://openrouter.ai/api/v1//",
      "HTTPS://OpenRouter.AI/api/v1",
      "https://openrouter.ai:443/api/v1",
      "https://openrouter.ai/api/./x/../v1",
      " https://openrouter.ai/api/v1 ",
      new URL("https://openrouter.ai/api/v1/")
    ])("finds what was saved for a base URL in another spelling: %s", (spelling) =>
      inStore((store) =>
        Effect.gen(function* () {
          yield* store.set({ baseUrl: spelling }, credential)
          assert.isTrue(Option.isSome(yield* store.get({ baseUrl: openRouter })))
          assert.isTrue(yield* store.remove({ baseUrl: spelling }))
        })
      )
    )

    it.scopedLive.each([
      [{ profile: "a/b" }, /profile must be/],
      [{ profile: "../default" }, /profile must be/],
      [{ profile: "" }, /profile must be/],
      [{ profile: "x".repeat(65) }, /profile must be/],
      [{ baseUrl: "__proto__" }, /base URL must be/],
      [{ baseUrl: "file:///etc" }, /base URL must be/]
    ] as const)("refuses %o, and the key is not lost", ([where, message]) =>
      inStore((store) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(store.set(where, credential))
          assert.strictEqual(error.reason, "Invalid")
          assert.match(error.message, message)
          assert.strictEqual(error.credential, credential)
          assert.strictEqual((yield* Effect.flip(store.get(where))).reason, "Invalid")
        })
      )
    )

    it.scoped("keeps label, creation and expiry, and warns in the last 7 days", () =>
      inStore((store) =>
        Effect.gen(function* () {
          yield* TestClock.setTime(Date.UTC(2026, 10, 1))
          const expiresAt = DateTime.unsafeMake("2026-11-10T00:00:00Z")
          yield* store.set({}, { ...credential, label: "My tool", expiresAt })
          const fresh = yield* Effect.flatten(store.get())
          assert.strictEqual(fresh.label, "My tool")
          assert.strictEqual(DateTime.formatIso(fresh.createdAt), "2026-11-01T00:00:00.000Z")
          assert.deepStrictEqual(fresh.expiresAt, expiresAt)
          assert.isUndefined(fresh.warning)
          yield* TestClock.adjust("3 days")
          assert.strictEqual(
            (yield* Effect.flatten(store.get())).warning,
            "The key expires on 2026-11-10, in 6 days. Sign in again before that."
          )
          yield* TestClock.adjust("7 days")
          assert.strictEqual(
            (yield* Effect.flatten(store.get())).warning,
            "The key expired on 2026-11-10. Sign in again."
          )
        })
      )
    )
  })
}

describe("the file", () => {
  it.scopedLive("is 0600 inside a 0700 folder, versioned JSON, and nothing is left beside it", () =>
    Effect.gen(function* () {
      const folder = Path.join(yield* temporaryFolder, "new")
      const { savedTo } = yield* save(folder)
      assert.strictEqual(yield* mode(savedTo), 0o600)
      assert.strictEqual(yield* mode(Path.dirname(savedTo)), 0o700)
      const { createdAt, ...rest } = JSON.parse(yield* Effect.promise(() => Fs.readFile(savedTo, "utf8")))
      assert.deepStrictEqual(rest, { version: 2, baseUrl: openRouter, profile: "default", key, userId: "user_fake" })
      assert.match(createdAt, /^\d{4}-\d\d-\d\dT/)
      assert.deepStrictEqual(yield* filesIn(folder), [Path.basename(savedTo)])
    })
  )

  it.scopedLive("with wider permissions is tightened when it is read, and so is its folder", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { savedTo } = yield* save(folder)
      yield* Effect.promise(() => Fs.chmod(savedTo, 0o644))
      yield* Effect.promise(() => Fs.chmod(Path.dirname(savedTo), 0o755))
      yield* using(folder, (store) => store.get())
      assert.strictEqual(yield* mode(savedTo), 0o600)
      assert.strictEqual(yield* mode(Path.dirname(savedTo)), 0o700)
    })
  )

  it.scopedLive.each([
    ["no JSON", "{"],
    ["empty", ""],
    ["of another version", '{"version":3}'],
    ["of something else", '{"key":"sk-or-v1-fake-theirs"}'],
    [
      "of another base URL",
      `{"version":2,"baseUrl":"${other}","profile":"default","key":"k","userId":null,"createdAt":"2026-01-01T00:00:00Z"}`
    ]
  ] as const)("that is %s is reported, never overwritten, and the key is not lost", ([, text]) =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { savedTo } = yield* save(folder)
      yield* Effect.promise(() => Fs.writeFile(savedTo, text))
      const error = yield* Effect.flip(save(folder))
      assert.strictEqual(error.reason, "Corrupt")
      assert.include(error.message, savedTo)
      assert.strictEqual(error.credential, credential)
      for (const shown of [error.message, JSON.stringify(error), inspect(error, { showHidden: true, depth: null })]) {
        assert.notInclude(shown, "sk-or-v1-fake")
      }
      assert.strictEqual(yield* Effect.promise(() => Fs.readFile(savedTo, "utf8")), text)
      assert.strictEqual((yield* Effect.flip(using(folder, (store) => store.get()))).reason, "Corrupt")
    })
  )

  it.scopedLive("that cannot be written is an error that carries the key", () =>
    Effect.gen(function* () {
      const file = Path.join(yield* temporaryFolder, "file")
      yield* Effect.promise(() => Fs.writeFile(file, ""))
      const error = yield* Effect.flip(save(file))
      assert.strictEqual(error.reason, "Io")
      assert.strictEqual(error.credential, credential)
    })
  )

  const strangers: ReadonlyArray<readonly [what: string, put: (path: string) => Promise<unknown>]> = [
    ["a symbolic link", (path) => Fs.symlink("/dev/null", path)],
    ["a dangling link", (path) => Fs.symlink("/nowhere/at/all", path)],
    ["a folder", (path) => Fs.mkdir(path)]
  ]

  it.scopedLive.each(strangers)("refuses %s in its place, for every operation", ([, put]) =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { savedTo } = yield* save(folder)
      yield* Effect.promise(() => Fs.rm(savedTo).then(() => put(savedTo)))
      const reasons = yield* using(folder, (store) =>
        Effect.all([
          Effect.flip(store.get()),
          Effect.flip(store.set({}, credential)),
          Effect.flip(store.remove()),
          Effect.flip(store.list)
        ])
      )
      assert.deepStrictEqual(
        reasons.map(({ reason }) => reason),
        ["Refused", "Refused", "Refused", "Refused"]
      )
    })
  )

  it.scopedLive("refuses a link in the place of its folder", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const theirs = yield* temporaryFolder
      yield* Effect.promise(() => Fs.symlink(theirs, Path.join(folder, "credentials")))
      assert.strictEqual((yield* Effect.flip(save(folder))).reason, "Refused")
      assert.deepStrictEqual(yield* Effect.promise(() => Fs.readdir(theirs)), [])
    })
  )

  it.scopedLive("of its own keeps what each of 20 savers saves at once", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const profiles = Array.from({ length: 20 }, (_, i) => `profile${i}`)
      yield* Effect.forEach(profiles, (profile) => save(folder, { profile }), { concurrency: "unbounded" })
      const all = yield* using(folder, (store) => store.list)
      assert.deepStrictEqual(all.map(({ profile }) => profile).sort(), profiles.sort())
    })
  )

  it.scopedLive("is whole when 20 savers save the same profile at once", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* Effect.all(
        Array.from({ length: 20 }, () => save(folder)),
        { concurrency: "unbounded" }
      )
      const saved = yield* Effect.flatten(using(folder, (store) => store.get()))
      assert.strictEqual(Redacted.value(saved.key), key)
      assert.strictEqual((yield* filesIn(folder)).length, 1)
    })
  )

  it.scopedLive("that a killed program left half written goes at the next save; one of a saver at work stays", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { savedTo } = yield* save(folder)
      const orphan = Path.join(Path.dirname(savedTo), ".orphan.json.abc.tmp")
      const young = Path.join(Path.dirname(savedTo), ".young.json.abc.tmp")
      yield* Effect.promise(async () => {
        await Fs.writeFile(orphan, "")
        await Fs.writeFile(young, "")
        await Fs.utimes(orphan, 0, 0)
      })
      yield* save(folder)
      assert.deepStrictEqual((yield* filesIn(folder)).sort(), [Path.basename(young), Path.basename(savedTo)].sort())
    })
  )
})

describe("the single file of earlier versions", () => {
  const legacy = (folder: string, text: string) =>
    Effect.promise(async () => {
      const path = Path.join(folder, "credentials.json")
      await Fs.writeFile(path, text)
      return path
    })

  const twoKeys = JSON.stringify({
    version: 1,
    entries: {
      [openRouter]: { key, userId: "user_fake" },
      "HTTP://127.0.0.1:8787/api/v1": { key: "sk-or-v1-fake-other", userId: null }
    }
  })

  it.scopedLive("is moved: every key is found, and the file is gone", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = yield* legacy(folder, twoKeys)
      const saved = yield* Effect.flatten(using(folder, (store) => store.get()))
      assert.strictEqual(Redacted.value(saved.key), key)
      assert.isTrue(Option.isSome(yield* using(folder, (store) => store.get({ baseUrl: other }))))
      assert.isFalse(
        yield* Effect.promise(() =>
          Fs.access(path).then(
            () => true,
            () => false
          )
        )
      )
    })
  )

  it.scopedLive("never replaces a key that was saved since", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* using(folder, (store) => store.set({}, { key: Redacted.make("sk-or-v1-fake-newer"), userId: null }))
      yield* legacy(folder, twoKeys)
      yield* using(folder, (store) => store.list)
      const saved = yield* Effect.flatten(using(folder, (store) => store.get()))
      assert.strictEqual(Redacted.value(saved.key), "sk-or-v1-fake-newer")
    })
  )

  it.scopedLive("does not bring back a key that is removed", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* legacy(folder, twoKeys)
      assert.isTrue(yield* using(folder, (store) => store.remove()))
      assert.isTrue(Option.isNone(yield* using(folder, (store) => store.get())))
    })
  )

  it.scopedLive("that holds something else is reported, never overwritten, and the key is not lost", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = yield* legacy(folder, "mine")
      const error = yield* Effect.flip(save(folder))
      assert.strictEqual(error.reason, "Corrupt")
      assert.include(error.message, path)
      assert.strictEqual(error.credential, credential)
      assert.strictEqual(yield* Effect.promise(() => Fs.readFile(path, "utf8")), "mine")
    })
  )
})

describe("renaming on Windows", () => {
  const failing = (code: string, times: number) => {
    let calls = 0
    let waited = 0
    return {
      platform: "win32" as const,
      rename: async () => {
        if (calls++ < times) throw Object.assign(new Error(code), { code })
      },
      wait: async (millis: number) => {
        waited += millis
      },
      waited: () => waited
    }
  }

  it.each(["EPERM", "EACCES", "EBUSY"])("tries again after %s", async (code) => {
    const options = failing(code, 3)
    await replace("a", "b", options)
    assert.strictEqual(options.waited(), 150)
  })

  it("gives up after a second", async () => {
    const options = failing("EPERM", Number.POSITIVE_INFINITY)
    const error = await replace("a", "b", options).catch((reason) => reason)
    assert.strictEqual(error.code, "EPERM")
    assert.strictEqual(options.waited(), 1_000)
  })

  it("does not repeat what another attempt cannot mend", async () => {
    const options = failing("ENOSPC", Number.POSITIVE_INFINITY)
    const error = await replace("a", "b", options).catch((reason) => reason)
    assert.strictEqual(error.code, "ENOSPC")
    assert.strictEqual(options.waited(), 0)
  })
})

describe("defaultFolder", () => {
  const home = () => "/home/me"

  it.each([
    [{}, "linux", "/home/me/.config/openrouter-oauth"],
    [{ XDG_CONFIG_HOME: "/xdg" }, "linux", "/xdg/openrouter-oauth"],
    [{ XDG_CONFIG_HOME: "relative" }, "linux", "/home/me/.config/openrouter-oauth"],
    [{ APPDATA: "/appdata" }, "win32", "/appdata/openrouter-oauth"],
    [{ APPDATA: "/appdata" }, "linux", "/home/me/.config/openrouter-oauth"]
  ] as const)("of %o on %s is %s", (env, platform, path) => {
    assert.strictEqual(defaultFolder(env, platform, home), path)
  })

  it("does not ask for the home where it is not needed: it throws for an unknown user", () => {
    const throwing = () => {
      throw new Error("no home")
    }
    assert.strictEqual(defaultFolder({ XDG_CONFIG_HOME: "/xdg" }, "linux", throwing), "/xdg/openrouter-oauth")
  })
})
