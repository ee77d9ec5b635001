/** Builds dist before the tests that run or measure it, where a source is newer. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"

export const setup = (): void => {
  execFileSync(process.execPath, [fileURLToPath(new URL("../../scripts/build-if-needed.mjs", import.meta.url))], {
    stdio: "inherit"
  })
}
