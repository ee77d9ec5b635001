// npm run check:installs [-- npm pnpm yarn bun]: installs the packed package by each package manager, in projects with and without Effect,
// and signs in at a sandbox there. Everything happens in a temporary folder.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const work = mkdtempSync(join(tmpdir(), "check-installs-"))
const tools = join(work, "tools")

let failed = 0
const report = (name, fault) => {
  if (fault !== undefined) failed++
  console.log(fault === undefined ? `passed  ${name}` : `FAILED  ${name}\n${fault.trim().replace(/^/gm, "        ")}`)
}

const run = (command, args, cwd, env = {}, timeout = 240_000) => {
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", CI: "1", ...env },
    timeout
  })
  return { good: status === 0, output: `${error ?? ""}${stdout ?? ""}${stderr ?? ""}` }
}

const registry = run("npm", ["config", "get", "registry"], root).output.trim()

const yarn = join(tools, "node_modules", "@yarnpkg", "cli-dist", "bin", "yarn.js")
const bun = join(tools, "node_modules", ".bin", "bun")

/** What each manager is called, how it adds packages to a project, and how a program is started there. */
const managers = {
  npm: {
    packages: [],
    add: (folder, names) => run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...names], folder),
    start: (folder, file) => run(process.execPath, [file], folder)
  },
  pnpm: {
    packages: ["pnpm@10"],
    add: (folder, names) =>
      run(
        process.execPath,
        [join(tools, "node_modules", "pnpm", "bin", "pnpm.cjs"), "add", "--store-dir", join(work, "store"), ...names],
        folder
      ),
    start: (folder, file) => run(process.execPath, [file], folder)
  },
  // Yarn installs no peers by itself: it says at the install and at the import which one is missing.
  yarn: {
    leavesPeersOut: true,
    packages: ["@yarnpkg/cli-dist@4"],
    add: (folder, names) => {
      // A folder of its own, so that no other project around it counts.
      writeFileSync(join(folder, "yarn.lock"), "")
      const local = names.map((name) => (name.endsWith(".tgz") ? `${manifest.name}@file:${name}` : name))
      return run(process.execPath, [yarn, "add", ...local], folder, yarnSettings)
    },
    start: (folder, file) => run(process.execPath, [yarn, "node", file], folder, yarnSettings)
  },
  bun: {
    isSilentOnPeers: true,
    packages: ["bun@1"],
    add: (folder, names) => run(bun, ["add", ...names], folder, { BUN_CONFIG_REGISTRY: registry }),
    start: (folder, file) => run(process.execPath, [file], folder)
  }
}
const yarnSettings = {
  YARN_NPM_REGISTRY_SERVER: registry,
  YARN_UNSAFE_HTTP_WHITELIST: new URL(registry).hostname,
  YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
  YARN_ENABLE_TELEMETRY: "0",
  YARN_GLOBAL_FOLDER: join(work, "yarn")
}

/** Plain async code, which nobody needs Effect for. */
const plainProgram = `
import { createSignIn } from "${manifest.name}/PromiseSignIn"
import * as Sandbox from "${manifest.name}/Sandbox"

const { handler } = Sandbox.toWebHandler({ approve: true })
const fetch = (input, init) => handler(new Request(input, init))
const signIn = createSignIn({ client: { fetch } })
const { authorizationUrl, browserBinding } = await signIn.begin({ callbackUrl: "https://app.example/callback" })
const { headers } = await handler(new Request(authorizationUrl))
const { key } = await signIn.complete(headers.get("location"), { browserBinding })
if (!key.startsWith("sk-or-")) throw new Error("no key")
console.log("signed in")
`

/** A program of the project's own Effect: it has to be the one that the package uses. */
const effectProgram = `
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as OAuthClient from "${manifest.name}/OAuthClient"
import { Sandbox, layerHttpClient } from "${manifest.name}/Sandbox"
import * as Layer from "effect/Layer"

const program = Effect.gen(function* () {
  const client = yield* OAuthClient.OAuthClient
  const { keys } = yield* Sandbox
  return yield* client.getCurrentKey(keys.apiKey)
})
const { label } = await Effect.runPromise(
  Effect.provide(program, OAuthClient.layer().pipe(Layer.provideMerge(layerHttpClient())))
)
console.log("read the key")
`

/** What the project has before this package comes. */
const projects = {
  "nothing, and no peer is named": { has: [], programs: [plainProgram] },
  "nothing, and the peers are named": {
    has: [],
    names: ["effect@^3.22", "@effect/platform@^0.97"],
    programs: [plainProgram, effectProgram]
  },
  "Effect 3.21": { has: ["effect@~3.21.4", "@effect/platform@~0.96.2"], programs: [plainProgram, effectProgram] },
  "Effect 3.22": { has: ["effect@~3.22.0", "@effect/platform@~0.97.0"], programs: [plainProgram, effectProgram] },
  "Effect 4": { has: ["effect@4"], refused: true, programs: [plainProgram] }
}

const newProject = (folder) => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }))
}

/** Installs and signs in. With Effect 4 either the manager refuses, or it warns of the peer by name. */
const check = (name, manager, { has, names = [], programs, refused = false }, tarball) => {
  const folder = join(work, name.replace(/\W+/g, "-"))
  newProject(folder)
  try {
    if (has.length > 0) {
      const before = manager.add(folder, has)
      if (!before.good) return before.output
    }
    const { good, output } = manager.add(folder, [tarball, ...names])
    if (refused && !good) return /ERESOLVE[\s\S]*effect/.test(output) ? undefined : output
    if (refused) return warnedOrRefused(manager, folder, output, programs[0])
    if (!good) return output
    for (const [index, program] of programs.entries()) {
      writeFileSync(join(folder, `program-${index}.mjs`), program)
      const started = manager.start(folder, `program-${index}.mjs`)
      if (manager.leavesPeersOut && has.length + names.length === 0) {
        return /effect \(a peer dependency\)/.test(started.output) ? undefined : started.output
      }
      if (!started.good) return started.output
    }
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Where the install went through, the manager warns of the peer, if it does so at all, and the import fails. */
const warnedOrRefused = (manager, folder, output, program) => {
  if (!manager.isSilentOnPeers && !/peer/i.test(output)) return `no word of the peer:\n${output}`
  writeFileSync(join(folder, "program.mjs"), program)
  const started = manager.start(folder, "program.mjs")
  return !started.good && /effect/.test(started.output) ? undefined : `the import did not fail:\n${started.output}`
}

const packed = () => {
  const built = run(process.execPath, [join(root, "scripts", "build-if-needed.mjs")], root, {}, 900_000)
  if (!built.good) throw new Error(built.output)
  run(process.execPath, [join(root, "scripts", "manifest.mjs"), "strip"], root)
  try {
    const { good, output } = run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", work], root)
    if (!good) throw new Error(output)
    return join(work, output.trim().split("\n").at(-1))
  } finally {
    run(process.execPath, [join(root, "scripts", "manifest.mjs"), "restore"], root)
  }
}

try {
  const asked = process.argv.slice(2)
  const chosen = asked.length > 0 ? asked : Object.keys(managers)
  const tarball = packed()
  newProject(tools)
  const packages = chosen.flatMap((name) => managers[name].packages)
  if (packages.length > 0) {
    const { good, output } = run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...packages], tools)
    if (!good) throw new Error(output)
  }
  for (const name of chosen) {
    for (const [project, settings] of Object.entries(projects)) {
      const begun = Date.now()
      const title = `${name}: a project that has ${project}`
      const fault = check(`${name} ${project}`, managers[name], settings, tarball)
      report(`${title} (${Math.round((Date.now() - begun) / 1000)} s)`, fault)
    }
  }
} catch (error) {
  report("check-installs itself", String(error.stack))
} finally {
  rmSync(work, { recursive: true, force: true })
}
if (failed > 0) process.exitCode = 1
