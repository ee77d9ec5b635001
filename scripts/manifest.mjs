// What is published has no workspaces: `strip` takes them out of package.json before npm packs, `restore` puts the file back.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const manifest = join(root, "package.json")
const kept = join(root, ".tmp", "package.json")

if (process.argv[2] === "strip") {
  const text = readFileSync(manifest, "utf8")
  const published = JSON.parse(text)
  delete published.workspaces
  mkdirSync(join(root, ".tmp"), { recursive: true })
  writeFileSync(kept, text)
  writeFileSync(manifest, `${JSON.stringify(published, null, 2)}\n`)
} else {
  renameSync(kept, manifest)
}
