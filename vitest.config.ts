import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const src = fileURLToPath(new URL("./src", import.meta.url))

// Examples and tests import the package by its own name; here that name is the source.
const alias = [
  { find: /^effect-openrouter-oauth$/, replacement: `${src}/index.ts` },
  { find: /^effect-openrouter-oauth\/react$/, replacement: `${src}/react/index.ts` },
  { find: /^effect-openrouter-oauth\/(.+)$/, replacement: `${src}/$1.ts` }
]

// The suites beside the fast one, by the ending of their files. Some run or measure dist, and build it where it is not up to date.
const suites = [
  { name: "cli", needsBuild: true },
  { name: "examples", needsBuild: true },
  { name: "load", needsBuild: false },
  { name: "size", needsBuild: true },
  { name: "browser", needsBuild: true },
  { name: "terminal", needsBuild: true },
  { name: "services", needsBuild: false },
  { name: "runtimes", needsBuild: true },
  { name: "frameworks", needsBuild: true },
  { name: "paths", needsBuild: true, needsSite: true },
  { name: "site", needsBuild: false, needsSite: true }
]

export default defineConfig({
  test: {
    // One process, without a new start of Effect for each of the files: no test leaves anything behind in the globals.
    pool: "threads",
    isolate: false,
    maxWorkers: 2,
    minWorkers: 2,
    projects: [
      {
        test: {
          name: "fast",
          alias,
          include: ["{test,examples}/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...suites.map(({ name }) => `**/*.${name}.test.ts`)],
          // Only what hangs takes that long, or `npm run fuzz`.
          testTimeout: process.env.FUZZ_RUNS ? 3_600_000 : 60_000
        }
      },
      ...suites.map(({ name, needsBuild, needsSite }) => ({
        test: {
          name,
          alias,
          include: [`test/**/*.${name}.test.ts`],
          globalSetup: [...(needsBuild ? ["test/util/built.ts"] : []), ...(needsSite ? ["test/util/site.ts"] : [])],
          testTimeout: 120_000
        }
      }))
    ]
  }
})
