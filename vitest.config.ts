import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const src = fileURLToPath(new URL("./src", import.meta.url))

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    // Those need a browser, servers, a terminal: npm run test:browser, test:services, test:terminal
    exclude: ["test/**/*.{browser,services,terminal}.test.ts"],
    // Examples and tests import the package by its own name; here that name is the source.
    alias: [
      { find: /^effect-openrouter-oauth$/, replacement: `${src}/index.ts` },
      { find: /^effect-openrouter-oauth\/react$/, replacement: `${src}/react/index.ts` },
      { find: /^effect-openrouter-oauth\/(.+)$/, replacement: `${src}/$1.ts` }
    ],
    testTimeout: 30_000
  }
})
