/** Hono on Cloudflare's workerd, by wrangler's local mode, with D1. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "@effect/vitest"
import { compile, local } from "./example.js"
import { describeExample } from "./suite.js"

const name = "hono-workers"
const wrangler = local({ name }, "wrangler")
const state = mkdtempSync(join(tmpdir(), "workers-"))

afterAll(() => rmSync(state, { recursive: true, force: true }))

describeExample({
  name,
  title: "Hono on Workers",
  prepare: () => [
    compile,
    { command: wrangler, args: ["d1", "migrations", "apply", "DB", "--local", "--persist-to", state] }
  ],
  start: ({ baseUrl, origin, port }) => ({
    command: wrangler,
    args: ["dev", "--ip", "127.0.0.1", "--port", String(port), "--persist-to", state]
      .concat(["--var", `APP_URL:${origin}`])
      .concat(["--var", `OPENROUTER_BASE_URL:${baseUrl}`])
  }),
  listens: /Ready on/
})
