/** How the checks are run in each runtime: a function from the environment to their results. */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import * as Http from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { promisify } from "node:util"
import { launch } from "../../util/chromium.js"
import type { Environment, Results } from "../checks/check.js"

/** Starts a program that prints the results as its last line. */
export const runProgram = async (
  command: string,
  args: ReadonlyArray<string>,
  folder: string,
  environment: Environment
): Promise<Results> => {
  const { stdout } = await promisify(execFile)(command, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, NO_COLOR: "1", RUNTIMES_ENVIRONMENT: JSON.stringify(environment) },
    timeout: 60_000
  })
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "")
}

/** Runs a bundled worker in workerd. Miniflare is not a dependency of this repository, so it is found where the project has it. */
export const runWorkerd = async (miniflare: string, script: string, environment: Environment): Promise<Results> => {
  const { Miniflare } = createRequire(miniflare)(miniflare)
  const workerd = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.js", contents: readFileSync(script, "utf8") }],
    compatibilityDate: "2026-07-01"
  })
  try {
    const response = await workerd.dispatchFetch("http://worker.example/", {
      method: "POST",
      body: JSON.stringify(environment)
    })
    return await response.json()
  } finally {
    await workerd.dispose()
  }
}

/** Runs a bundled script in edge-runtime, as Vercel's edge functions do. It is found where the project has it. */
export const runEdge = async (edgeRuntime: string, script: string, environment: Environment): Promise<Results> => {
  const { EdgeVM } = createRequire(join(edgeRuntime, "index.js"))(edgeRuntime)
  const vm = new EdgeVM({ initialCode: readFileSync(script, "utf8") })
  const results: unknown = await vm.evaluate(`runChecks(${JSON.stringify(environment)}).then(JSON.stringify)`)
  return JSON.parse(String(results))
}

const contentTypes: Readonly<Record<string, string>> = { js: "text/javascript", html: "text/html" }

/** Serves a folder and runs `runChecks` of the page that is its index.html. */
export const runChromium = async (
  folder: string,
  environment: Environment
): Promise<{ readonly results: Results; readonly version: string }> => {
  const server = Http.createServer((request, response) => {
    const path = request.url === "/" || request.url === undefined ? "/index.html" : request.url
    try {
      const body = readFileSync(join(folder, path))
      response.writeHead(200, { "content-type": contentTypes[path.split(".").at(-1) ?? ""] ?? "text/plain" }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const browser = await launch()
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await page.waitForFunction("typeof runChecks === 'function'")
    const results: Results = await page.evaluate(`runChecks(${JSON.stringify(environment)})`)
    return { results, version: `Chromium ${browser.version()}` }
  } finally {
    await browser.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}
