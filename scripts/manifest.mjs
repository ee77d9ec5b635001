// What is published is not quite what the repository holds: `strip` writes package.json and README.md as they are published before npm
// packs, `restore` puts the files back.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { publishedManifest, publishedReadme } from "./published.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const kept = join(root, ".tmp", "unpublished")
const files = ["package.json", "README.md"]

if (process.argv[2] === "strip") {
  mkdirSync(kept, { recursive: true })
  const [manifestText, readme] = files.map((file) => readFileSync(join(root, file), "utf8"))
  const manifest = JSON.parse(manifestText)
  // Moved away, not copied: restored, they are as old as they were, and nothing is built again for their sake.
  for (const file of files) renameSync(join(root, file), join(kept, file))
  writeFileSync(join(root, "package.json"), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`)
  writeFileSync(join(root, "README.md"), publishedReadme(readme, manifest))
} else {
  for (const file of files) {
    if (existsSync(join(kept, file))) renameSync(join(kept, file), join(root, file))
  }
}
