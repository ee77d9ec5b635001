// Adds to package-lock.json the optional packages for other platforms that npm left out, because the registry it was made with
// does not have them: without their entries `npm ci` refuses the lock file. Run it after `npm install` changed the lock file.
import { readFileSync, writeFileSync } from "node:fs"

const file = new URL("../package-lock.json", import.meta.url)
const lock = JSON.parse(readFileSync(file, "utf8"))

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"]
const processors = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"]

/** What a package such as @rollup/rollup-linux-arm64-musl runs on. */
const platformOf = (name) => {
  const parts = name.split(/[/-]/)
  const os = systems.find((system) => parts.includes(system))
  const cpu = processors.find((processor) => parts.includes(processor))
  if (os === undefined || cpu === undefined) return undefined
  const abi = parts.at(-1)
  const libc = os !== "linux" ? undefined : /^musl/.test(abi) ? "musl" : /^gnu/.test(abi) ? "glibc" : undefined
  return { cpu: [cpu], ...(libc !== undefined && { libc: [libc] }), os: [os] }
}

const added = []
for (const owner of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    const platform = platformOf(name)
    if (lock.packages[key] !== undefined || platform === undefined || !/^\d/.test(version)) continue
    lock.packages[key] = { version, ...platform, ...(owner.dev && { dev: true }), optional: true }
    added.push(name)
  }
}
if (added.length > 0) {
  const [root, ...rest] = Object.entries(lock.packages)
  lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))])
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
}
console.log(`complete-lock: ${added.length} added`)
