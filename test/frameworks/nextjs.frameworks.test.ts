/** Next.js, built for and run on Node 20.19, the oldest that it and this package want. */
import { dirname } from "node:path"
import { local, runtime } from "./example.js"
import { describeExample } from "./suite.js"

const name = "nextjs"
const node = await runtime(`node-20-${process.platform}-${process.arch}/bin/node`)
const path = `${dirname(node)}:${process.env.PATH}`

describeExample({
  name,
  title: "Next.js",
  // Checks the types too.
  prepare: () => [{ command: local({ name }, "next"), args: ["build"], env: { PATH: path } }],
  start: ({ baseUrl, origin, port }) => ({
    command: local({ name }, "next"),
    args: ["start", "--hostname", "127.0.0.1", "--port", String(port)],
    env: { PATH: path, APP_URL: origin, OPENROUTER_BASE_URL: baseUrl }
  }),
  listens: /Ready in/
})
