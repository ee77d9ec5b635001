// npm runs this before it publishes: without the repository's address nobody finds the sources, and the links of README lead nowhere.
import { readFileSync } from "node:fs"
import { releaseFaults } from "./published.mjs"

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
const faults = releaseFaults(manifest)
if (faults.length > 0) {
  console.error(`package.json is not ready for a release:\n${faults.map((fault) => `- ${fault}`).join("\n")}`)
  process.exitCode = 1
}
