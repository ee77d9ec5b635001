/** The example servers as programs of their own, run on the sources. */

import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import * as Http from "node:http"
import { createRequire } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as Sandbox from "effect-openrouter-oauth/Sandbox"
import { portOf } from "../util/server.js"

const root = fileURLToPath(new URL("../..", import.meta.url))
const tsx = createRequire(import.meta.url).resolve("tsx/cli")

export const examples = [
  { file: "examples/server-effect.ts", title: "Effect example" },
  { file: "examples/server-hono.ts", title: "Hono example" }
] as const

/** Installs what an example needs beside this package, by its lock file. */
export const install = (folder: string): Promise<unknown> =>
  promisify(execFile)("npm", ["ci", "--ignore-scripts", "--prefer-offline"], { cwd: join(root, folder) })

const freePort = async (): Promise<number> => {
  const server = Http.createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const port = portOf(server)
  server.close()
  await once(server, "close")
  return port
}

export interface Running {
  readonly origin: string
  /** Everything that it printed. */
  readonly printed: () => string
  readonly stop: () => Promise<void>
}

/** Starts an example, and waits until it says where it listens. */
export const start = async (file: string, env: Record<string, string> = {}): Promise<Running> => {
  const port = await freePort()
  const child: ChildProcess = spawn(process.execPath, [tsx, "--tsconfig", "tsconfig.json", file], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", PORT: String(port), ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let printed = ""
  const origin = `http://127.0.0.1:${port}`
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      printed += chunk
      if (printed.includes(`Listening on ${origin}`)) resolve()
    }
    child.stdout?.on("data", onData)
    child.stderr?.on("data", onData)
    child.once("exit", (code) => reject(new Error(`${file} ended with ${code}:\n${printed}`)))
  })
  return {
    origin,
    printed: () => printed,
    stop: async () => {
      if (child.exitCode !== null) return
      const exit = once(child, "exit")
      child.kill()
      await exit
    }
  }
}

export interface Exchange {
  readonly code: string
  readonly verifier: string
  readonly key: string
}

/** A sandbox on a socket that notes what is exchanged, and that can be gone for a while. */
export const openRouter = async () => {
  const { addFault, handler } = Sandbox.toWebHandler()
  const exchanges: Array<Exchange> = []
  const referers: Array<string> = []
  const make = () =>
    Http.createServer(async (request, response) => {
      const chunks: Array<Buffer> = []
      for await (const chunk of request) chunks.push(chunk)
      const { headers, method = "GET", url = "/" } = request
      if (headers.referer !== undefined) referers.push(headers.referer)
      const body = Buffer.concat(chunks)
      const answer = await handler(
        new Request(`http://${headers.host}${url}`, {
          method,
          headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
          ...(method === "POST" && { body })
        })
      )
      const text = await answer.text()
      if (url === "/api/v1/auth/keys") {
        const { code, code_verifier } = JSON.parse(body.toString())
        exchanges.push({ code, verifier: code_verifier, key: JSON.parse(text).key })
      }
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(text)
    })
  let server = make()
  const listen = async (port: number) => {
    server.listen(port, "127.0.0.1")
    await once(server, "listening")
    return portOf(server)
  }
  const port = await listen(0)
  const goOffline = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, "close")
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    exchanges,
    referers,
    addFault,
    goOffline,
    comeBack: async () => {
      server = make()
      await listen(port)
    }
  }
}
