/** Starts PostgreSQL and Redis: each on loopback, in a temporary folder, for as long as a scope lives. */
import { type ChildProcess, spawn } from "node:child_process"
import { accessSync, chownSync, constants, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Server {
  readonly url: string
  readonly port: number
  readonly folder: string
  /** Ends it in order, as its operator would. */
  readonly stop: Effect.Effect<void>
  /** Starts it again, on the same port and folder. */
  readonly start: Effect.Effect<void>
}

/** Where Debian keeps PostgreSQL's programs, the newest version first. */
const postgresFolders = (): ReadonlyArray<string> => {
  const root = "/usr/lib/postgresql"
  try {
    return readdirSync(root)
      .sort((one, other) => Number(other) - Number(one))
      .map((version) => join(root, version, "bin"))
  } catch {
    return []
  }
}

const find = (program: string, debianPackage: string): string => {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), ...postgresFolders()]) {
    const path = join(folder, program)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {}
  }
  throw new Error(`${program} is missing, and these tests are about it: apt-get install ${debianPackage}`)
}

/** PostgreSQL refuses to run as root: there both servers run as nobody. */
const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode)
    else child.once("exit", resolve)
  })

const run = async (program: string, args: ReadonlyArray<string>, cwd: string): Promise<void> => {
  const child = spawn(program, args, { ...account, cwd, stdio: ["ignore", "ignore", "pipe"] })
  let said = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text
  })
  const status = await ended(child)
  if (status !== 0) throw new Error(`${program} failed: ${said}`)
}

/** Starts a server, and waits until it says that it is ready. */
const launch = (program: string, args: ReadonlyArray<string>, cwd: string, ready: string): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...account, cwd, stdio: ["ignore", "pipe", "pipe"] })
    let said = ""
    const listen = (text: string) => {
      if (said.includes(ready)) return
      said += text
      if (said.includes(ready)) resolve(child)
    }
    child.stdout.setEncoding("utf8").on("data", listen)
    child.stderr.setEncoding("utf8").on("data", listen)
    child.once("error", reject)
    child.once("exit", (status) => reject(new Error(`${program} ended with ${status} before it was ready: ${said}`)))
  })

interface Kind {
  readonly program: string
  readonly debianPackage: string
  readonly ready: string
  readonly stopSignal: NodeJS.Signals
  readonly url: (port: number) => string
  readonly args: (port: number, folder: string) => ReadonlyArray<string>
  /** Once, before the first start. */
  readonly prepare?: (folder: string) => Promise<void>
}

const serve = (kind: Kind): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const program = find(kind.program, kind.debianPackage)
      const folder = mkdtempSync(join(tmpdir(), `${kind.debianPackage}-`))
      if (account.uid !== undefined) chownSync(folder, account.uid, account.gid)
      await kind.prepare?.(folder)
      const port = await freePort()
      let child: ChildProcess | undefined
      const start = async () => {
        child = await launch(program, kind.args(port, folder), folder, kind.ready)
      }
      const stop = async () => {
        if (child === undefined) return
        child.kill(kind.stopSignal)
        await ended(child)
        child = undefined
      }
      await start()
      return { url: kind.url(port), port, folder, stop: Effect.promise(stop), start: Effect.promise(start) }
    }),
    ({ folder, stop }) => Effect.andThen(stop, () => rmSync(folder, { recursive: true, force: true }))
  )

export const postgres = (settings: ReadonlyArray<string> = ["fsync=off"]): Effect.Effect<Server, never, Scope.Scope> =>
  serve({
    program: "postgres",
    debianPackage: "postgresql",
    ready: "database system is ready to accept connections",
    // Fast: it ends its connections instead of waiting for them.
    stopSignal: "SIGINT",
    url: (port) => `postgres://app@127.0.0.1:${port}/postgres`,
    args: (port, folder) => [
      ...["-D", join(folder, "data"), "-p", `${port}`],
      ...["listen_addresses=127.0.0.1", "unix_socket_directories=", ...settings].flatMap((setting) => ["-c", setting])
    ],
    prepare: (folder) =>
      run(
        find("initdb", "postgresql"),
        ["-D", join(folder, "data"), "-U", "app", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
        folder
      )
  })

export const redis = (settings: ReadonlyArray<string> = []): Effect.Effect<Server, never, Scope.Scope> =>
  serve({
    program: "redis-server",
    debianPackage: "redis-server",
    ready: "Ready to accept connections",
    stopSignal: "SIGTERM",
    url: (port) => `redis://127.0.0.1:${port}`,
    args: (port, folder) => [
      ...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"],
      ...settings
    ]
  })
