/** Deno.serve, on the Deno that npm's `deno` brings. */
import { runtime } from "./example.js"
import { describeExample } from "./suite.js"

const deno = await runtime(".bin/deno")
const installedByNpm = ["--node-modules-dir=manual", "--no-remote"]

describeExample({
  name: "deno",
  title: "Deno",
  prepare: () => [{ command: deno, args: ["check", ...installedByNpm, "server.ts"] }],
  start: ({ baseUrl, origin, port }) => ({
    command: deno,
    args: ["run", ...installedByNpm, "--allow-net", "--allow-env", "server.ts"],
    env: { PORT: String(port), APP_URL: origin, OPENROUTER_BASE_URL: baseUrl }
  }),
  listens: /Listening on/
})
