import { defineConfig } from "vitest/config"
import base from "./vitest.config.js"

// The tests that need a real Chromium: apt-get install chromium, or CHROMIUM=/path/to/it
export default defineConfig({
  test: {
    ...base.test,
    include: ["test/**/*.browser.test.ts"],
    exclude: [],
    fileParallelism: false,
    testTimeout: 60_000
  }
})
