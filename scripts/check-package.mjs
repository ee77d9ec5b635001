// What users get: packs the package, has publint and attw look at it, installs it elsewhere, imports and type-checks it there.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const require = createRequire(import.meta.url)
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const work = mkdtempSync(join(tmpdir(), "check-package-"))
const consumer = join(work, "consumer")

let passed = 0
let failed = 0
const report = (name, fault) => {
  if (fault === undefined) passed++
  else failed++
  console.log(
    fault === undefined ? `passed  ${name}` : `FAILED  ${name}\n${String(fault).trim().replace(/^/gm, "        ")}`
  )
  return fault === undefined
}

const run = (command, args, cwd) => {
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" }
  })
  return {
    stdout: stdout ?? "",
    fault: status === 0 ? undefined : `${error ?? ""}${stdout ?? ""}${stderr ?? ""}` || `exit ${status}`
  }
}
const node = (args, cwd = consumer) => run(process.execPath, args, cwd)
/** The file behind a command of a development dependency. */
const command = (name, bin) => {
  const file = join(root, "node_modules", name, "package.json")
  const bins = JSON.parse(readFileSync(file, "utf8")).bin
  return join(dirname(file), typeof bins === "string" ? bins : bins[bin])
}
const installed = (name) => JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version

const subpaths = Object.keys(manifest.exports).filter((key) => manifest.exports[key] !== null && !key.endsWith(".json"))
/** What needs nothing but the peers that everyone installs, and of that what needs no Node either. */
const isPlain = (subpath) =>
  !/^\.\/(?:node|react|PendingSignIns)(?:\/.|$)/.test(subpath) || subpath === "./PendingSignIns"
const isNeutral = (subpath) => isPlain(subpath) && subpath !== "./sandbox/node"
const optionalPeers = Object.keys(manifest.peerDependenciesMeta ?? {}).filter(
  (name) => manifest.peerDependenciesMeta[name].optional
)
/** No peers: npm would install their newest beside partners that want an older `@effect/platform`, and refuse. */
const neededByOneModule = ["@effect/platform-node", "@effect/sql"]
const neededPeers = Object.keys(manifest.peerDependencies).filter((name) => !optionalPeers.includes(name))
const specifier = (subpath) => `${manifest.name}${subpath.slice(1)}`

/** What a user would write: every module once, options present, absent and undefined. */
const consumerSource = `
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as All from "${manifest.name}"
import * as OAuthClient from "${manifest.name}/OAuthClient"
import { BadRequest, type ExchangeError } from "${manifest.name}/OAuthError"
import * as Pkce from "${manifest.name}/Pkce"
import { createClient } from "${manifest.name}/PromiseClient"

const nothing: string | undefined = undefined

export const key: Effect.Effect<Redacted.Redacted<string>, ExchangeError, OAuthClient.OAuthClient | Pkce.Pkce> = Effect.gen(
  function* () {
    const client = yield* OAuthClient.OAuthClient
    const { codeVerifier } = yield* (yield* Pkce.Pkce).generate
    return (yield* client.exchangeAuthCodeForAPIKey({ code: Redacted.make("code"), codeVerifier })).key
  }
)
export const main: Effect.Effect<string, string> = key.pipe(
  Effect.map(Redacted.value),
  Effect.provide(OAuthClient.layerFetch({ appTitle: nothing, baseUrl: undefined })),
  Effect.catchTags({ Forbidden: ({ reason }) => Effect.succeed(reason) }),
  Effect.mapError((error) => error.message)
)
export const client = createClient({ apiKey: nothing, appTitle: "App", timeoutMs: undefined })
export const code: Promise<string> = client
  .createAuthCode({ callbackUrl: "https://app.example/", keyLabel: nothing, expiresAt: new Date(), limit: undefined })
  .then(({ id }) => id, (error: unknown) => (error instanceof BadRequest ? error.reason : "other"))
export const policy = All.RetryPolicy.none
// @ts-expect-error a limit is a number
export const wrong = client.createAuthCode({ callbackUrl: "https://app.example/", limit: "5" })
`

/** By the compiler of this repository, or in another folder by the one that is installed there. */
const typecheck = (name, files, compilerOptions, folder) => {
  const file = join(folder ?? consumer, `tsconfig.${name.replace(/\W+/g, "-")}.json`)
  const base = {
    target: "ES2022",
    lib: ["ES2023", "DOM", "DOM.Iterable"],
    strict: true,
    noEmit: true,
    skipLibCheck: false
  }
  writeFileSync(file, JSON.stringify({ compilerOptions: { ...base, ...compilerOptions }, files }))
  const tsc = (folder === undefined ? require : createRequire(join(folder, "package.json"))).resolve(
    "typescript/package.json"
  )
  const { fault } = node([join(dirname(tsc), "bin", "tsc"), "-p", file], dirname(file))
  // Each fault is a line that begins with its file. Those of Effect's own declarations are not ours to mend.
  const effectsOwn = /^(?:\.\.\/)*(?:[\w.-]+\/)?node_modules\/effect\/\S+\(\d+,\d+\): /
  const ours = fault?.split("\n").filter((line) => line.trim() !== "" && !effectsOwn.test(line)) ?? []
  report(`types: ${name}`, fault !== undefined && (folder === undefined || ours.length > 0) ? fault : undefined)
}

const resolutions = {
  Node16: { module: "Node16" },
  NodeNext: { module: "NodeNext" },
  Bundler: { module: "ESNext", moduleResolution: "Bundler" }
}

const reExportOf = (paths) =>
  paths.map((subpath, index) => `export * as m${index} from ${JSON.stringify(specifier(subpath))}\n`).join("")

const imports = (subpath) => {
  const script = `const module = await import(${JSON.stringify(specifier(subpath))}); if (Object.keys(module).length === 0) throw new Error("exports nothing")`
  report(`import ${specifier(subpath)}`, node(["--input-type=module", "-e", script]).fault)
}

const newProject = (folder) => {
  mkdirSync(folder)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }))
}

const install = (packages, folder = consumer) =>
  report(
    `install ${packages.map((name) => name.replace(`${work}/`, "")).join(" ")}`,
    run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...packages], folder).fault
  )
const pinned = (names) => names.map((name) => `${name}@${installed(name)}`)

/** With the peers that everyone installs: all that is not named after a peer of its own. */
const checkPlain = () => {
  for (const subpath of subpaths.filter(isPlain)) imports(subpath)
  for (const path of ["internal/url", "internal/url.js", "client/service", "dist/internal/url.js"]) {
    const script = `import(${JSON.stringify(`${manifest.name}/${path}`)}).then(() => { throw new Error("it opened") }, (error) => { if (error.code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error })`
    report(`closed: ${path}`, node(["--input-type=module", "-e", script]).fault)
  }
  for (const [name, file] of Object.entries(manifest.bin ?? {})) {
    report(`command ${name}`, node([join(consumer, "node_modules", manifest.name, file), "--help"]).fault)
  }
  writeFileSync(join(consumer, "consumer.ts"), consumerSource)
  writeFileSync(join(consumer, "neutral.ts"), reExportOf(subpaths.filter(isNeutral)))
  for (const exactOptionalPropertyTypes of [true, false]) {
    for (const [name, options] of Object.entries(resolutions)) {
      const exact = exactOptionalPropertyTypes ? "on" : "off"
      typecheck(`${name}, exactOptionalPropertyTypes ${exact}, no Node types`, ["consumer.ts", "neutral.ts"], {
        ...options,
        exactOptionalPropertyTypes,
        types: []
      })
    }
  }
}

/** With every peer, and the types of Node and React. */
const checkEvery = () => {
  for (const subpath of subpaths.filter((subpath) => !isPlain(subpath))) imports(subpath)
  writeFileSync(join(consumer, "every.ts"), reExportOf(subpaths))
  for (const [name, options] of Object.entries(resolutions)) {
    typecheck(`${name}, every module`, ["every.ts"], { ...options, exactOptionalPropertyTypes: true, types: ["node"] })
  }
}

/** Partners that follow `@effect/platform` closely; npm refuses where no version suits everyone. Nothing is forced. */
const partners = {
  "ai-openrouter": ["@effect/ai-openrouter@0.10.1"],
  newest: ["effect@3", "@effect/platform@0", "@effect/platform-node@0", "@effect/sql@0"]
}
const checkPartners = (tarball) => {
  for (const [name, packages] of Object.entries(partners)) {
    const folder = join(work, name)
    newProject(folder)
    if (!install([tarball, ...packages], folder)) continue
    const versions = run("npm", ["ls", "effect", "@effect/platform", manifest.name, "--json"], folder)
    report(`${name}: every peer is satisfied`, versions.fault)
    for (const subpath of ["/OAuthClient", "/SignIn"]) {
      const script = `await import(${JSON.stringify(manifest.name + subpath)})`
      report(`${name}: import ${subpath}`, node(["--input-type=module", "-e", script], folder).fault)
    }
  }
}

/** What they say who have not installed what the module needs. */
const checkMissing = () => {
  for (const [subpath, name] of [
    ["./node/NodeOAuthClient", "@effect/platform-node"],
    ["./PendingSignIns/Sql", "@effect/sql"]
  ]) {
    const script = `import(${JSON.stringify(specifier(subpath))}).then(() => { throw new Error("it opened") }, (error) => { if (error.code !== "ERR_MODULE_NOT_FOUND" || !error.message.includes("'${name}'")) throw error })`
    report(`${specifier(subpath)} names ${name}`, node(["--input-type=module", "-e", script]).fault)
  }
}

/** The command needs nothing beside it, so a global install can leave the peers out; and it carries the licences of what it bundles. */
const checkCommandAlone = (tarball) => {
  const folder = join(work, "command")
  newProject(folder)
  if (!install(["--legacy-peer-deps", tarball], folder)) return
  const packages = readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))
  // jose signs and checks the sandbox's tokens; it brings nothing further.
  const expected = [...Object.keys(manifest.dependencies), manifest.name].sort()
  report(
    "the command alone brings this package and jose",
    String(packages.sort()) === String(expected) && String(expected) === `${manifest.name},jose`
      ? undefined
      : String(packages)
  )
  const own = join(folder, "node_modules", manifest.name)
  const published = JSON.parse(readFileSync(join(own, "package.json"), "utf8"))
  report("no workspaces in what is published", published.workspaces === undefined ? undefined : "there are")
  report("the command alone runs", node([join(own, "dist", "cli", "bin.js"), "--help"], folder).fault)
  const notices = readFileSync(join(own, "dist", "cli", "THIRD-PARTY-NOTICES.txt"), "utf8")
  const silent = ["effect", "@effect/platform", "@effect/cli"].filter((name) => !notices.includes(`\n${name} `))
  report("notices name what the command bundles", silent.length === 0 ? undefined : String(silent))
}

/**
 * TypeScript from 5.4 to the newest (`npm run check:compilers`). Below 5.7 Effect's own declarations do not check, so people set
 * `skipLibCheck` there; ours still have to.
 */
const compilers = ["5.4", "5.6", "5.8", "6.0", "7.0"]
const compilerSettings = [
  { module: "Node16", exactOptionalPropertyTypes: true },
  { module: "NodeNext", exactOptionalPropertyTypes: false },
  { module: "ESNext", moduleResolution: "Bundler", exactOptionalPropertyTypes: true }
]
const checkCompilers = (tarball) => {
  for (const version of compilers) {
    const folder = join(work, `typescript-${version}`)
    newProject(folder)
    if (!install([tarball, ...pinned(neededPeers), `typescript@${version}`], folder)) continue
    writeFileSync(join(folder, "consumer.ts"), consumerSource)
    for (const settings of compilerSettings) {
      const exact = settings.exactOptionalPropertyTypes ? "on" : "off"
      const name = `TypeScript ${version}, ${settings.module}, exactOptionalPropertyTypes ${exact}`
      typecheck(name, ["consumer.ts"], { ...settings, types: [] }, folder)
    }
  }
}

/** What is packed of one module. */
const filesOf = (name) => [
  new RegExp(`^dist/${name}\\.js$`),
  new RegExp(`^dist/${name}\\.d\\.ts$`),
  new RegExp(`^dist/${name}\\.d\\.ts\\.map$`),
  new RegExp(`^src/${name}\\.tsx?$`)
]

const checkInstalled = (tarball) => {
  checkCommandAlone(tarball)
  newProject(consumer)
  if (install([tarball, ...pinned(neededPeers)])) {
    checkMissing()
    checkPlain()
    if (install(pinned(["@types/node", "@types/react", ...neededByOneModule, ...optionalPeers]))) checkEvery()
  }
  checkPartners(tarball)
}

try {
  const packed = run("npm", ["pack", "--json", "--silent", "--pack-destination", work], root)
  // What prepack prints stands before the JSON.
  const [pack] = packed.fault === undefined ? JSON.parse(packed.stdout.slice(packed.stdout.search(/^\[/m))) : []
  if (report("npm pack", packed.fault)) {
    const tarball = join(work, pack.filename)
    const wanted =
      /^(?:dist\/(?!cli\/).+\.(?:js|d\.ts|d\.ts\.map)|src\/(?!cli\/).+\.tsx?|dist\/cli\/(?:bin\.js|THIRD-PARTY-NOTICES\.txt)|README\.md|CHANGELOG\.md|LICENSE|package\.json)$/
    const unwanted = pack.files.map(({ path }) => path).filter((path) => !wanted.test(path) || /\.test\./.test(path))
    const missing = ["README.md", "LICENSE", "CHANGELOG.md", "dist/cli/THIRD-PARTY-NOTICES.txt"].filter(
      (name) => !pack.files.some(({ path }) => path === name)
    )
    report(
      `contents (${pack.files.length} files, ${pack.size} bytes packed)`,
      unwanted.length + missing.length === 0 ? undefined : `unwanted: ${unwanted}\nmissing: ${missing}`
    )
    report("publint --strict", node([command("publint", "publint"), "run", tarball, "--strict"], root).fault)
    const paths = pack.files.map(({ path }) => path)
    const incomplete = subpaths
      .map((subpath) => manifest.exports[subpath].default.replace(/^\.\/dist\/(.*)\.js$/, "$1"))
      .filter((name) => !filesOf(name).every((pattern) => paths.some((path) => pattern.test(path))))
    report("every module has its JavaScript, declarations, map and source", incomplete[0])
    report(
      "no source map of the JavaScript",
      paths.find((path) => /\.js\.map$/.test(path))
    )
    // The package is ESM only: what a CommonJS program would see does not count.
    report(
      "attw, profile esm-only",
      node([command("@arethetypeswrong/cli", "attw"), tarball, "--profile", "esm-only", "--no-emoji"], root).fault
    )

    if (process.argv.includes("--compilers")) checkCompilers(tarball)
    else checkInstalled(tarball)
  }
} catch (error) {
  report("check-package itself", error.stack)
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
if (failed > 0) process.exitCode = 1
