/** What it costs a process to import a client: the whole process from start to end, nothing bundled, and the memory that it then has. */
import { spawnSync } from "node:child_process"
import { performance } from "node:perf_hooks"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))

const programs = {
  sdk: `import { OpenRouterCore } from "@openrouter/sdk/core.js"
    import { oAuthExchangeAuthCodeForAPIKey } from "@openrouter/sdk/funcs/oAuthExchangeAuthCodeForAPIKey.js"`,
  promise: `import { createClient } from "effect-openrouter-oauth/PromiseClient"`,
  effect: `import * as Effect from "effect/Effect"
    import * as OAuthClient from "effect-openrouter-oauth/OAuthClient"`,
  signIn: `import { signIn } from "effect-openrouter-oauth/node/PromiseSignIn"`,
  sdkClass: `import { OpenRouter } from "@openrouter/sdk"`,
  empty: ""
}

const resident = `\nimport { writeSync } from "node:fs"; writeSync(1, String(process.memoryUsage.rss()))`

const run = (subject) => {
  const begun = performance.now()
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", programs[subject] + resident],
    { cwd: root, encoding: "utf8" }
  )
  const took = performance.now() - begun
  if (status !== 0) throw new Error(`the import of ${subject} ended with ${status}\n${stderr}`)
  return { took, rss: Number(stdout) }
}

/** Milliseconds and bytes of so many runs of each, taken in turns. */
export const starts = (runs) => {
  const names = Object.keys(programs)
  const all = (value) => Object.fromEntries(names.map((name) => [name, value(name)]))
  const import_ = all(() => [])
  const memory = all(() => [])
  // The first one of each fills the disk cache.
  for (const name of names) run(name)
  for (let i = 0; i < runs; i++) {
    for (const name of names) {
      const { rss, took } = run(name)
      import_[name].push(took)
      memory[name].push(rss)
    }
  }
  return { import: import_, memory }
}
