import { defineConfig } from "vitest/config"
import base from "./vitest.config.js"

// The tests that need a real PostgreSQL and Redis: npm run test:services
export default defineConfig({
  test: {
    ...base.test,
    include: ["test/**/*.services.test.ts"],
    exclude: [],
    fileParallelism: false,
    testTimeout: 60_000
  }
})
