/** The store on a keychain, on a full disk, and where a pipe stands: needs dbus, gnome-keyring and mkfifo, and leave to mount. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs/promises"
import { createServer } from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it, onTestFinished } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import {
  CredentialStore,
  type CredentialStoreError,
  layer,
  layerKeyring,
  type Where
} from "effect-openrouter-oauth/node/CredentialStore"

type Store = typeof CredentialStore.Service

const key = "sk-or-v1-fake-kept-key"
const credential = { key: Redacted.make(key), userId: "user_fake" }

const temporary = async () => Fs.mkdtemp(Path.join(Os.tmpdir(), "keychain-"))

const makeFolder = async (): Promise<string> => {
  const folder = await temporary()
  onTestFinished(() => Fs.rm(folder, { recursive: true, force: true }))
  return folder
}

const inFiles = <A, E>(folder: string, use: (store: Store) => Effect.Effect<A, E>): Promise<A> =>
  Effect.runPromise(Effect.flatMap(CredentialStore, use).pipe(Effect.provide(layer({ folder }))))

const inKeychain = async <A, E>(folder: string, use: (store: Store) => Effect.Effect<A, E>, timeout = 20_000) => {
  const said: Array<string> = []
  const onFallback = (message: string) => Effect.sync(() => void said.push(message))
  const value = await Effect.runPromise(
    Effect.flatMap(CredentialStore, use).pipe(Effect.provide(layerKeyring({ folder, onFallback, timeout })))
  )
  return { value, said }
}

const save = (where: Where) => (store: Store) => store.set(where, credential)
const read = (where: Where) => (store: Store) =>
  Effect.map(
    store.get(where),
    Option.map(({ key, savedTo }) => ({ key: Redacted.value(key), savedTo }))
  )

const filesIn = (folder: string): Promise<ReadonlyArray<string>> =>
  Fs.readdir(Path.join(folder, "credentials")).catch(() => [])

const withBus = (address: string) => {
  const before = process.env.DBUS_SESSION_BUS_ADDRESS
  process.env.DBUS_SESSION_BUS_ADDRESS = address
  onTestFinished(() => {
    if (before === undefined) delete process.env.DBUS_SESSION_BUS_ADDRESS
    else process.env.DBUS_SESSION_BUS_ADDRESS = before
  })
}

describe("layerKeyring on a secret service", () => {
  const started: Array<ChildProcess> = []
  let address = ""
  let home = ""

  beforeAll(async () => {
    home = await temporary()
    const bus = spawn("dbus-daemon", ["--session", "--nofork", "--print-address"], {
      stdio: ["ignore", "pipe", "ignore"]
    })
    started.push(bus)
    const [line] = await once(bus.stdout.setEncoding("utf8"), "data")
    address = String(line).trim()
    const env = {
      ...process.env,
      DBUS_SESSION_BUS_ADDRESS: address,
      HOME: home,
      XDG_RUNTIME_DIR: home,
      XDG_DATA_HOME: home
    }
    const monitor = spawn(
      "dbus-monitor",
      ["--session", "type='signal',member='NameOwnerChanged',arg0='org.freedesktop.secrets'"],
      { env, stdio: ["ignore", "pipe", "ignore"] }
    )
    started.push(monitor)
    await once(monitor.stdout, "data")
    const keyring = spawn("gnome-keyring-daemon", ["--foreground", "--unlock", "--components=secrets"], {
      env,
      stdio: ["pipe", "ignore", "ignore"]
    })
    started.push(keyring)
    keyring.stdin.end("password")
    for await (const chunk of monitor.stdout) if (String(chunk).includes("org.freedesktop.secrets")) break
  }, 30_000)

  afterAll(async () => {
    for (const child of started.reverse()) child.kill()
    await Fs.rm(home, { recursive: true, force: true })
  })

  it("keeps a key in the keychain, in no file, until it is removed", async () => {
    withBus(address)
    const folder = await makeFolder()
    const where = { profile: "kept" }
    assert.deepStrictEqual((await inKeychain(folder, save(where))).said, [])
    assert.deepStrictEqual(await filesIn(folder), [])
    assert.deepStrictEqual((await inKeychain(folder, read(where))).value, Option.some({ key, savedTo: "the keychain" }))
    assert.isTrue((await inKeychain(folder, (store) => store.remove(where))).value)
    assert.isFalse((await inKeychain(folder, (store) => store.remove(where))).value)
    assert.isTrue(Option.isNone((await inKeychain(folder, read(where))).value))
  })

  it("lists keychain and files together", async () => {
    withBus(address)
    const folder = await makeFolder()
    await inKeychain(folder, save({ profile: "listed" }))
    await inFiles(folder, save({ profile: "filed" }))
    const { value } = await inKeychain(folder, (store) => store.list)
    assert.deepStrictEqual(
      value.map(({ profile, savedTo }) => [profile, savedTo === "the keychain"]),
      [
        ["filed", false],
        ["listed", true]
      ]
    )
  })

  it("moves what is in a file, and keeps it", async () => {
    withBus(address)
    const folder = await makeFolder()
    const where = { profile: "moved" }
    await inFiles(folder, save(where))
    assert.deepStrictEqual((await inKeychain(folder, read(where))).value, Option.some({ key, savedTo: "the keychain" }))
    assert.deepStrictEqual(await filesIn(folder), [])
    assert.deepStrictEqual((await inKeychain(folder, read(where))).value, Option.some({ key, savedTo: "the keychain" }))
  })

  it("prefers the file that was saved while the keychain could not be used", async () => {
    withBus(address)
    const folder = await makeFolder()
    const where = { profile: "newer" }
    await inKeychain(folder, (store) => store.set(where, { key: Redacted.make("sk-or-v1-fake-old"), userId: null }))
    await inFiles(folder, save(where))
    const { value } = await inKeychain(folder, read(where))
    assert.deepStrictEqual(value, Option.some({ key, savedTo: "the keychain" }))
  })
})

describe("layerKeyring without a keychain", () => {
  it("keeps the key in a file, and says so once", async () => {
    withBus("unix:path=/nowhere/bus")
    const folder = await makeFolder()
    const { said, value } = await inKeychain(folder, (store) =>
      Effect.zipRight(store.set({}, credential), Effect.flatten(store.get()))
    )
    assert.strictEqual(Redacted.value(value.key), key)
    assert.strictEqual((await filesIn(folder)).length, 1)
    assert.strictEqual(said.length, 1)
    assert.match(
      said[0] ?? "",
      /^The keychain cannot be used \(.+\)\. Keys are stored in files that only you can read\.$/
    )
  })

  it("is not held up by a bus that never answers", async () => {
    const folder = await makeFolder()
    const silent = createServer(() => {})
    const path = Path.join(folder, "bus")
    silent.listen(path)
    await once(silent, "listening")
    onTestFinished(() => void silent.close())
    withBus(`unix:path=${path}`)
    const { said, value } = await inKeychain(folder, save({}), 500)
    assert.include(value.savedTo, folder)
    assert.deepStrictEqual(said, [
      "The keychain cannot be used (it did not answer within 500ms). Keys are stored in files that only you can read."
    ])
  })
})

describe("a pipe, which would block whoever opens it", () => {
  const operations: ReadonlyArray<readonly [string, (store: Store) => Effect.Effect<unknown, CredentialStoreError>]> = [
    ["get", (store) => store.get()],
    ["set", save({})],
    ["remove", (store) => store.remove()],
    ["list", (store) => store.list]
  ]

  it.each(operations)("in the place of a credential is refused at once by %s", async (_name, use) => {
    const folder = await makeFolder()
    const { savedTo } = await inFiles(folder, save({}))
    await Fs.rm(savedTo)
    execFileSync("mkfifo", [savedTo])
    assert.strictEqual((await inFiles(folder, (store) => Effect.flip(use(store)))).reason, "Refused")
  })

  it("in the place of the earlier versions' file is refused at once", async () => {
    const folder = await makeFolder()
    execFileSync("mkfifo", [Path.join(folder, "credentials.json")])
    assert.strictEqual((await inFiles(folder, (store) => Effect.flip(store.get()))).reason, "Refused")
  })
})

describe("a full disk", () => {
  it("leaves nothing behind, keeps what was saved, and the next save works", async () => {
    const folder = await makeFolder()
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", folder])
    onTestFinished(() => void execFileSync("umount", [folder]))
    await inFiles(folder, save({}))
    const before = await filesIn(folder)
    const filler = Path.join(folder, "filler")
    await Fs.writeFile(filler, new Uint8Array(64 * 1024)).catch(() => {})
    const error = await Effect.runPromise(
      Effect.flip(Effect.flatMap(CredentialStore, save({ profile: "other" })).pipe(Effect.provide(layer({ folder }))))
    )
    assert.strictEqual(error.reason, "Io")
    assert.include(error.message, "ENOSPC")
    assert.strictEqual(error.credential, credential)
    assert.deepStrictEqual(await filesIn(folder), before)
    await Fs.rm(filler)
    await inFiles(folder, save({ profile: "other" }))
    assert.strictEqual((await filesIn(folder)).length, 2)
  })
})
