/**
 * Serves the static page of this folder, with a sandbox as its OpenRouter: npm run example examples/static-page/serve.ts
 *
 * Any web server can serve these files. This one bundles the script first, and sends the headers that such a page should have.
 */
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import { buildSync } from "esbuild"

const sandbox = ManagedRuntime.make(layerServer())
const baseUrl = process.env.OPENROUTER_BASE_URL ?? (await sandbox.runPromise(SandboxServer)).baseUrl

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const [script] = buildSync({
  entryPoints: [path("main.ts")],
  bundle: true,
  minify: true,
  write: false,
  format: "esm",
  target: "es2022",
  define: { OPENROUTER_BASE_URL: JSON.stringify(baseUrl) },
  tsconfigRaw: {}
}).outputFiles

const files = new Map([
  ["/", { type: "text/html; charset=utf-8", content: readFileSync(path("index.html")) }],
  ["/style.css", { type: "text/css; charset=utf-8", content: readFileSync(path("style.css")) }],
  ["/main.js", { type: "text/javascript; charset=utf-8", content: script?.contents }]
])
const connect = new URL(baseUrl).origin

const server = createServer((request, response) => {
  const file = files.get(new URL(request.url ?? "/", "http://localhost").pathname)
  if (file === undefined) response.writeHead(404).end()
  else
    response
      .writeHead(200, {
        "content-type": file.type,
        "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src ${connect}`,
        "referrer-policy": "strict-origin",
        "x-content-type-options": "nosniff"
      })
      .end(file.content)
})
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  console.log(`Open http://127.0.0.1:${port}/ (its OpenRouter is ${baseUrl})`)
})
