/** docs/frameworks.md shows the code of the examples as it is. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"

const root = new URL("../../", import.meta.url)
const text = (path: string) => readFileSync(new URL(path, root), "utf8")

const shown: ReadonlyArray<string> = [
  "hono-workers/src/index.ts",
  "hono-workers/src/pendingSignIns.ts",
  "hono-workers/migrations/0001_tables.sql",
  "nextjs/lib/openrouter.ts",
  "nextjs/app/auth/openrouter/[[...path]]/route.ts",
  "nextjs/app/page.tsx",
  "sveltekit/src/lib/server/openrouter.ts",
  "sveltekit/src/routes/auth/openrouter/[...path]/+server.ts",
  "sveltekit/src/routes/+page.server.ts",
  "sveltekit/src/routes/+page.svelte",
  "bun/server.ts",
  "deno/server.ts"
]

describe("docs/frameworks.md", () => {
  it.each(shown)("shows %s as it is", (path) => {
    assert.include(text("docs/frameworks.md"), `\n${text(`examples/${path}`)}\`\`\`\n`)
  })
})
