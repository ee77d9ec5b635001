/** Bun.serve, on the Bun that npm's `bun` brings. */
import { compile, runtime } from "./example.js"
import { describeExample } from "./suite.js"

const bun = await runtime(".bin/bun")

describeExample({
  name: "bun",
  title: "Bun",
  prepare: () => [compile],
  start: ({ baseUrl, origin, port }) => ({
    command: bun,
    args: ["server.ts"],
    env: { PORT: String(port), APP_URL: origin, OPENROUTER_BASE_URL: baseUrl }
  }),
  listens: /Listening on/
})
