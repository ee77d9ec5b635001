// The lowest versions of the peers: installs them beside a copy of the sources, then runs the types and the tests of the words, the
// client and the flow there.
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const installed = (name) => JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version
const lowest = (name) => manifest.peerDependencies[name].replace(/^>=(\S+) .*$/, "$1")

const effectPackages = {
  effect: lowest("effect"),
  "@effect/platform": lowest("@effect/platform"),
  // The releases that belong to those two.
  "@effect/platform-node": "0.107.0",
  "@effect/sql": "0.51.1",
  "@effect/experimental": "0.60.0",
  "@effect/vitest": "0.29.0"
}
/** Imported by the sources and the tests, at the versions that are developed with. */
const others = Object.keys(manifest.devDependencies).filter((name) =>
  /^(?:typescript|vitest|undici|redis|open|react|@types\/(?:node|react)|@tanstack\/react-query|@napi-rs\/keyring)$/.test(
    name
  )
)
/** Those that need a build, a child process, the documents or packages that are not installed here. */
const elsewhere =
  /^(?:api|bundle|examples|documents|floors|performance|published)\.test\.ts$|\.(?:browser|terminal|services|load|cli|examples|size|runtimes)\.test\.ts$/

const work = mkdtempSync(join(tmpdir(), "lower-end-"))
const run = (command, args) => {
  console.log(`$ ${[command, ...args].join(" ")}`)
  const { status } = spawnSync(command, args, { cwd: work, stdio: "inherit" })
  return status === 0
}
const bin = (path) => join(work, "node_modules", path)

try {
  for (const path of ["src", "test", "tsconfig.base.json", "vitest.config.ts"]) {
    cpSync(join(root, path), join(work, path), {
      recursive: true,
      filter: (source) => !source.includes("node_modules")
    })
  }
  const dependencies = {
    ...manifest.dependencies,
    ...effectPackages,
    ...Object.fromEntries(others.map((name) => [name, installed(name)]))
  }
  writeFileSync(
    join(work, "package.json"),
    JSON.stringify({ ...manifest, workspaces: [], peerDependencies: {}, devDependencies: {}, dependencies })
  )
  const tests = readdirSync(join(work, "test"))
    .filter((name) => name.endsWith(".test.ts") && !elsewhere.test(name))
    .map((name) => `test/${name}`)
  // The command carries its own Effect.
  const { compilerOptions } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8"))
  writeFileSync(
    join(work, "tsconfig.json"),
    JSON.stringify({
      extends: "./tsconfig.base.json",
      compilerOptions: { ...compilerOptions, plugins: [] },
      include: ["src", ...tests],
      exclude: ["src/cli"]
    })
  )
  const good =
    run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", "--no-save"]) &&
    [
      run(process.execPath, [bin("typescript/bin/tsc"), "-p", "tsconfig.json"]),
      run(process.execPath, [bin("vitest/vitest.mjs"), "run", "--root", work, "--project", "fast", ...tests])
    ].every(Boolean)
  if (!good) process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
