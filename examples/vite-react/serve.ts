/**
 * Vite's development server for the app of this folder, with a sandbox as its OpenRouter: npm run example examples/vite-react/serve.ts
 */
import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { layerServer, SandboxServer } from "effect-openrouter-oauth/sandbox/node"
import { createServer } from "vite"

const sandbox = ManagedRuntime.make(layerServer())
const baseUrl = process.env.OPENROUTER_BASE_URL ?? (await sandbox.runPromise(SandboxServer)).baseUrl

const vite = await createServer({
  configFile: false,
  root: fileURLToPath(new URL(".", import.meta.url)),
  define: { OPENROUTER_BASE_URL: JSON.stringify(baseUrl) },
  plugins: [react()],
  // As a header, because Vite's development server puts scripts of its own before the page's meta element.
  server: { host: "127.0.0.1", headers: { "referrer-policy": "strict-origin" } },
  logLevel: "warn"
})
await vite.listen()
console.log(`Open ${vite.resolvedUrls?.local[0]} (its OpenRouter is ${baseUrl})`)
