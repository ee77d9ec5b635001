/** axe-core in a page of Chromium. The page's context needs `bypassCSP: true`: axe-core is a script. */
import { createRequire } from "node:module"
import type { AxeResults } from "axe-core"
import type { Page } from "playwright-core"

const path = createRequire(import.meta.url).resolve("axe-core/axe.min.js")

/** Returns what axe-core calls serious or critical: the rule, and where. */
export const problems = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.addScriptTag({ path })
  const { violations } = await page.evaluate<AxeResults>("axe.run()")
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}
