/**
 * A project outside this repository, where nothing of its node_modules can be found by accident: the packed package, its peers, the
 * runtimes, and the checks as JavaScript. The runtimes are large, so they are installed once for each lock file.
 */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { build } from "esbuild"

const root = fileURLToPath(new URL("../../..", import.meta.url))
const sources = fileURLToPath(new URL("..", import.meta.url))

export interface Project {
  /** Holds node_modules with the package; above it are the runtimes. */
  readonly folder: string
  /** A file of an installed runtime or bundler. */
  readonly installed: (path: string) => string
  readonly remove: () => void
}

const run = promisify(execFile)

/** Where the packages of a lock file are, installed where they are not. */
export const installOnce = async (manifestFolder: string): Promise<string> => {
  const lock = readFileSync(join(manifestFolder, "package-lock.json"))
  const hash = createHash("sha256").update(lock).digest("hex").slice(0, 12)
  const base = join(tmpdir(), `effect-openrouter-oauth-runtimes-${userInfo().username}`)
  mkdirSync(base, { recursive: true, mode: 0o700 })
  const folder = join(base, hash)
  if (existsSync(folder)) return folder
  const fresh = mkdtempSync(join(base, "installing-"))
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(manifestFolder, name), join(fresh, name))
  await run("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline"], {
    cwd: fresh,
    shell: process.platform === "win32"
  })
  try {
    renameSync(fresh, folder)
  } catch (error) {
    // Another run was quicker.
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** Packs what is built, and unpacks it as npm would. */
const unpackInto = async (folder: string): Promise<void> => {
  // The build is there already, and `workspaces` in the manifest harms nobody here.
  const pack = ["pack", "--json", "--silent", "--ignore-scripts", "--pack-destination", folder]
  const { stdout } = await run("npm", pack, { cwd: root, shell: process.platform === "win32", maxBuffer: 1 << 24 })
  const [{ filename }] = JSON.parse(stdout)
  const own = join(folder, "node_modules", "effect-openrouter-oauth")
  mkdirSync(own, { recursive: true })
  await run("tar", ["-xzf", join(folder, filename), "-C", own, "--strip-components=1"])
}

/** The checks, file by file: what they import is found from there. */
const compileInto = async (folder: string): Promise<void> => {
  await build({
    entryPoints: [join(sources, "checks", "*.ts"), join(sources, "entries", "*.ts")],
    outdir: folder,
    outbase: sources,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    logLevel: "warning"
  })
}

/** `manifestFolder` holds the package.json and the lock file of the runtimes. */
export const makeProject = async (manifestFolder: string = sources): Promise<Project> => {
  const base = await installOnce(manifestFolder)
  const folder = mkdtempSync(join(base, "run-"))
  copyFileSync(join(sources, "package.json"), join(folder, "package.json"))
  await unpackInto(folder)
  await compileInto(folder)
  cpSync(join(sources, "bundlers"), join(folder, "bundlers"), { recursive: true })
  return {
    folder,
    installed: (path) => join(base, "node_modules", path),
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}
