/** One row of docs/runtimes.md for each runtime that was run, kept in .tmp until `node scripts/runtimes-table.mjs` writes them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Environment, Results } from "../checks/check.js"

const folder = fileURLToPath(new URL("../../../.tmp/runtimes", import.meta.url))

export interface Row {
  readonly name: string
  /** The versions of what ran and of what built it, such as `workerd 1.2026, esbuild 0.28.2`. */
  readonly version: string
  readonly environment: Pick<Environment, "refused" | "repeats">
  readonly results: Results
}

export const keepRow = ({ environment, name, results, version }: Row): void => {
  mkdirSync(folder, { recursive: true })
  const outcomes = Object.values(results)
  const row = {
    name,
    version,
    date: new Date().toISOString().slice(0, 10),
    passed: outcomes.filter((outcome) => outcome === "passed").length,
    checks: outcomes.length,
    refused: environment.refused,
    repeats: environment.repeats
  }
  writeFileSync(join(folder, `${name.replace(/\W+/g, "-")}.json`), JSON.stringify(row))
}

/** The version in an installed package's package.json. */
export const versionIn = (packageFolder: string): string =>
  JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")).version.replace(/^v/, "")
