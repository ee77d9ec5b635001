import { defineConfig } from "vitest/config"
import base from "./vitest.config.js"

// The commands as a person sees them, in a real terminal: apt-get install tmux
export default defineConfig({
  test: {
    ...base.test,
    include: ["test/**/*.terminal.test.ts"],
    exclude: [],
    fileParallelism: false,
    testTimeout: 60_000
  }
})
