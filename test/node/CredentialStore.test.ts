import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { CredentialStore, defaultPath, layer, layerMemory } from "effect-openrouter-oauth/node/CredentialStore"

const key = "sk-or-v1-fake-saved-key"
const credential = { key: Redacted.make(key), userId: "user_fake" }
const openRouter = "https://openrouter.ai/api/v1"

const folder = Effect.acquireRelease(
  Effect.promise(() => Fs.mkdtemp(Path.join(Os.tmpdir(), "credentials-"))),
  (path) => Effect.promise(() => Fs.rm(path, { recursive: true, force: true }))
)

const using = <A, E>(path: string, use: (store: typeof CredentialStore.Service) => Effect.Effect<A, E>) =>
  Effect.flatMap(CredentialStore, use).pipe(Effect.provide(layer({ path })))

const mode = (path: string) => Effect.promise(async () => (await Fs.stat(path)).mode & 0o777)

for (const [name, make] of [
  ["layerMemory", () => layerMemory],
  ["layer", (path: string) => layer({ path })]
] as const) {
  describe(name, () => {
    it.scopedLive("keeps one credential for each base URL, until it is removed", () =>
      Effect.gen(function* () {
        const path = Path.join(yield* folder, "a", "credentials.json")
        yield* Effect.gen(function* () {
          const store = yield* CredentialStore
          assert.isTrue(Option.isNone(yield* store.get(openRouter)))
          yield* store.set(`${openRouter}/`, credential)
          yield* store.set("http://127.0.0.1:8787/api/v1", { key: Redacted.make("sk-or-v1-fake-other"), userId: null })
          const saved = yield* Effect.flatten(store.get(openRouter))
          assert.strictEqual(Redacted.value(saved.key), key)
          assert.strictEqual(saved.userId, "user_fake")
          assert.isTrue(yield* store.remove(openRouter))
          assert.isFalse(yield* store.remove(openRouter))
          assert.isTrue(Option.isNone(yield* store.get(openRouter)))
          assert.isTrue(Option.isSome(yield* store.get("http://127.0.0.1:8787/api/v1")))
          assert.isTrue(Option.isNone(yield* store.get("__proto__")))
        }).pipe(Effect.provide(make(path)))
      })
    )
  })
}

describe("the file", () => {
  it.scopedLive("is 0600 inside a 0700 folder, versioned JSON, and nothing is left beside it", () =>
    Effect.gen(function* () {
      const path = Path.join(yield* folder, "new", "credentials.json")
      yield* using(path, (store) => store.set(openRouter, credential))
      assert.strictEqual(yield* mode(path), 0o600)
      assert.strictEqual(yield* mode(Path.dirname(path)), 0o700)
      assert.deepStrictEqual(JSON.parse(yield* Effect.promise(() => Fs.readFile(path, "utf8"))), {
        version: 1,
        entries: { [openRouter]: { key, userId: "user_fake" } }
      })
      assert.deepStrictEqual(yield* Effect.promise(() => Fs.readdir(Path.dirname(path))), ["credentials.json"])
    })
  )

  it.scopedLive("with wider permissions is tightened when it is read", () =>
    Effect.gen(function* () {
      const path = Path.join(yield* folder, "credentials.json")
      yield* using(path, (store) => store.set(openRouter, credential))
      yield* Effect.promise(() => Fs.chmod(path, 0o644))
      yield* using(path, (store) => store.get(openRouter))
      assert.strictEqual(yield* mode(path), 0o600)
    })
  )

  for (const [what, text] of [
    ["no JSON", "{"],
    ["empty", ""],
    ["of another version", '{"version":2,"entries":{}}'],
    ["of something else", '{"key":"sk-or-v1-fake-theirs"}']
  ] as const) {
    it.scopedLive(`that is ${what} is reported, never overwritten, and the key is not lost`, () =>
      Effect.gen(function* () {
        const path = Path.join(yield* folder, "credentials.json")
        yield* Effect.promise(() => Fs.writeFile(path, text))
        const error = yield* Effect.flip(using(path, (store) => store.set(openRouter, credential)))
        assert.strictEqual(error.reason, "Corrupt")
        assert.include(error.message, path)
        assert(error.credential !== undefined)
        assert.strictEqual(Redacted.value(error.credential.key), key)
        for (const shown of [error.message, JSON.stringify(error), inspect(error, { showHidden: true, depth: null })]) {
          assert.notInclude(shown, "sk-or-v1-fake")
        }
        assert.strictEqual(yield* Effect.promise(() => Fs.readFile(path, "utf8")), text)
        const read = yield* Effect.flip(using(path, (store) => store.get(openRouter)))
        assert.strictEqual(read.reason, "Corrupt")
      })
    )
  }

  it.scopedLive("that cannot be written is an error that carries the key", () =>
    Effect.gen(function* () {
      const file = Path.join(yield* folder, "file")
      yield* Effect.promise(() => Fs.writeFile(file, ""))
      const error = yield* Effect.flip(
        using(Path.join(file, "credentials.json"), (store) => store.set(openRouter, credential))
      )
      assert.strictEqual(error.reason, "Io")
      assert(error.credential !== undefined)
      assert.strictEqual(Redacted.value(error.credential.key), key)
    })
  )

  it.scopedLive("is written by one at a time: of 20 at once none is lost", () =>
    Effect.gen(function* () {
      const path = Path.join(yield* folder, "credentials.json")
      const urls = Array.from({ length: 20 }, (_, i) => `https://host${i}.example/api/v1`)
      yield* Effect.forEach(urls, (url) => using(path, (store) => store.set(url, credential)), {
        concurrency: "unbounded"
      })
      for (const url of urls) {
        assert.isTrue(Option.isSome(yield* using(path, (store) => store.get(url))), url)
      }
    })
  )

  it.scopedLive("a lock that somebody left behind is broken", () =>
    Effect.gen(function* () {
      const path = Path.join(yield* folder, "credentials.json")
      const old = new Date(Date.now() - 60_000)
      yield* Effect.promise(() => Fs.writeFile(`${path}.lock`, "1"))
      yield* Effect.promise(() => Fs.utimes(`${path}.lock`, old, old))
      yield* using(path, (store) => store.set(openRouter, credential))
      assert.isTrue(Option.isSome(yield* using(path, (store) => store.get(openRouter))))
    })
  )
})

describe("defaultPath", () => {
  it("follows the XDG base directories", () => {
    assert.strictEqual(
      defaultPath({ XDG_CONFIG_HOME: "/config" }, "linux", "/home/x"),
      "/config/openrouter-oauth/credentials.json"
    )
    assert.strictEqual(defaultPath({}, "darwin", "/home/x"), "/home/x/.config/openrouter-oauth/credentials.json")
    assert.strictEqual(
      defaultPath({ XDG_CONFIG_HOME: "relative" }, "linux", "/home/x"),
      "/home/x/.config/openrouter-oauth/credentials.json",
      "a relative one is to be ignored"
    )
  })
})
