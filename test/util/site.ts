/** Builds the documentation site before the tests that read it, where a page is newer. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"

export const setup = (): void => {
  execFileSync(process.execPath, [fileURLToPath(new URL("../../scripts/docs-if-needed.mjs", import.meta.url))], {
    stdio: ["ignore", "ignore", "inherit"]
  })
}
