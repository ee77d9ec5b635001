/** SvelteKit, built for and run on Node 24: SvelteKit 3 wants Node 22.17 or newer. */
import { dirname } from "node:path"
import { local, runtime } from "./example.js"
import { describeExample } from "./suite.js"

const name = "sveltekit"
const node = await runtime(`node-24-${process.platform}-${process.arch}/bin/node`)
// SvelteKit's build starts further programs of Node.
const path = `${dirname(node)}:${process.env.PATH}`

describeExample({
  name,
  title: "SvelteKit",
  prepare: ({ origin }) => [
    { command: local({ name }, "svelte-kit"), args: ["sync"], env: { PATH: path } },
    { command: local({ name }, "tsc"), args: ["-p", ".", "--noEmit"], env: { PATH: path } },
    { command: local({ name }, "vite"), args: ["build"], env: { PATH: path, APP_URL: origin } }
  ],
  start: ({ baseUrl, origin, port }) => ({
    command: node,
    args: ["build"],
    env: { HOST: "127.0.0.1", PORT: String(port), APP_URL: origin, OPENROUTER_BASE_URL: baseUrl }
  }),
  listens: /Listening on/
})
