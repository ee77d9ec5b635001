// Builds the documentation site when something that it is made of is newer.
import { fileURLToPath } from "node:url"
import { modifiedAt } from "./lib.mjs"

const at = (path) => modifiedAt(fileURLToPath(new URL(`../${path}`, import.meta.url)))
const sources = ["docs", "site", "src", "scripts", "README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"]
if (Math.max(...sources.map(at)) > at(".tmp/site-dist/hashmap.json")) await import("./docs.mjs")
