/** An example with packages of its own, as a program of its own beside a sandbox. */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { Sandbox } from "effect-openrouter-oauth/Sandbox"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import { installOnce } from "../runtimes/util/project.js"
import { portOf } from "../util/server.js"

const root = fileURLToPath(new URL("../..", import.meta.url))
const execute = promisify(execFile)

/** No update check, no telemetry: nothing but the registry is asked, and that for packages only. */
const quiet = { CI: "true", NO_COLOR: "1", WRANGLER_SEND_METRICS: "false", NEXT_TELEMETRY_DISABLED: "1" }

export interface Command {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** What an example is told. */
export interface Place {
  readonly port: number
  /** Where browsers reach it. */
  readonly origin: string
  /** The sandbox's, with /api/v1. */
  readonly baseUrl: string
}

export interface Example {
  /** Below examples/. */
  readonly name: string
  /** The heading of its page, and the label of its keys. */
  readonly title: string
  /** From installed to ready: type check, production build. */
  readonly prepare: (place: Place) => ReadonlyArray<Command>
  readonly start: (place: Place) => Command
  /** What it prints when it listens. */
  readonly listens: RegExp
}

/** A command of the example's own packages. */
export const local = ({ name }: Pick<Example, "name">, command: string): string =>
  join(root, "examples", name, "node_modules", ".bin", command)

/** A runtime that test/runtimes installs: once for both suites, because they are large. */
export const runtime = async (path: string): Promise<string> =>
  join(await installOnce(fileURLToPath(new URL("../runtimes", import.meta.url))), "node_modules", path)

/** TypeScript of this repository, for examples that do not bring their own. */
export const compile: Command = { command: join(root, "node_modules", ".bin", "tsc"), args: ["-p", "."] }

const folderOf = ({ name }: Example): string => join(root, "examples", name)

const environment = ({ env }: Command): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  ...quiet,
  ...env
})

const install = async (example: Example, place: Place): Promise<void> => {
  const args = ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
  await execute("npm", args, { cwd: folderOf(example) })
  for (const command of example.prepare(place)) {
    await execute(command.command, command.args, { cwd: folderOf(example), env: environment(command) })
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const port = portOf(server)
  server.close()
  await once(server, "close")
  return port
}

export interface Running extends Place {
  /** How many codes were exchanged for keys or refused. */
  readonly exchanges: () => number
  /** What the example printed. */
  readonly printed: () => string
  readonly stop: () => Promise<void>
}

/** Installs and builds the example, and waits until it listens. */
export const start = async (example: Example): Promise<Running> => {
  const sandbox = ManagedRuntime.make(Layer.fresh(layerServer()))
  try {
    const { server, service } = await sandbox.runPromise(Effect.all({ server: SandboxServer, service: Sandbox }))
    const port = await freePort()
    const place: Place = { port, origin: `http://127.0.0.1:${port}`, baseUrl: server.baseUrl }
    await install(example, place)
    const program = await listening(example, place)
    return {
      ...place,
      exchanges: () => Effect.runSync(service.requests.count("exchangeAuthCodeForAPIKey")),
      printed: program.printed,
      stop: async () => {
        await program.stop()
        await sandbox.dispose()
      }
    }
  } catch (error) {
    await sandbox.dispose()
    throw error
  }
}

const listening = async (example: Example, place: Place): Promise<Pick<Running, "printed" | "stop">> => {
  const command = example.start(place)
  // A group of its own, because the command may start others.
  const child = spawn(command.command, command.args, {
    cwd: folderOf(example),
    env: environment(command),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"]
  })
  let printed = ""
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    const exit = once(child, "exit")
    process.kill(-child.pid)
    await exit
  }
  try {
    await new Promise<void>((resolve, reject) => {
      const onData = (chunk: Buffer) => {
        printed += chunk
        if (example.listens.test(printed)) resolve()
      }
      child.stdout.on("data", onData)
      child.stderr.on("data", onData)
      child.once("error", reject)
      child.once("exit", (code) => reject(new Error(`${example.name} ended with ${code}:\n${printed}`)))
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { printed: () => printed, stop }
}
