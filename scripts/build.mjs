// dist: what tsc emits, with every pure call at the top level marked so that bundlers can drop what is not used.
import { spawnSync } from "node:child_process"
import { chmodSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { transformFileSync } from "@babel/core"
import { bundleCommand } from "./command.mjs"
import { emittedFiles } from "./lib.mjs"
import { notices } from "./notices.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const dist = join(root, "dist")
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc")

rmSync(dist, { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" })
if (status !== 0) process.exit(status ?? 1)

for (const file of emittedFiles(dist, ".js")) {
  const { code } = transformFileSync(file, { babelrc: false, configFile: false, plugins: ["annotate-pure-calls"] })
  writeFileSync(file, `${code}\n`)
}
// The command is bundled; what tsc emitted of it is not needed.
const command = join(dist, "cli", "bin.js")
rmSync(join(dist, "cli"), { recursive: true, force: true })
const { metafile } = await bundleCommand(command, { minify: true, metafile: true, absWorkingDir: root })
writeFileSync(join(dist, "cli", "THIRD-PARTY-NOTICES.txt"), notices(root, metafile))
chmodSync(command, 0o755)
writeFileSync(join(dist, ".built"), "")
