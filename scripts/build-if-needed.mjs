// Builds when a source is newer than the last build.
import { fileURLToPath } from "node:url"
import { modifiedAt } from "./lib.mjs"

const at = (path) => modifiedAt(fileURLToPath(new URL(`../${path}`, import.meta.url)))
const sources = ["src", "scripts", "package.json", "tsconfig.base.json", "tsconfig.build.json"]
if (Math.max(...sources.map(at)) > at("dist/.built")) await import("./build.mjs")
