/** The packed package in the runtimes and bundlers that `.ci/run` tries. */
import { execFile } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll } from "@effect/vitest"
import { type BuildOptions, build } from "esbuild"
import { build as buildByVite } from "vite"
import { browserChecks, denoChecks, serverChecks } from "./checks/index.js"
import { nodeChecks } from "./checks/node.js"
import { openChecks } from "./checks/open.js"
import { describeRuntime, type Refused } from "./util/describeRuntime.js"
import { type Host, startHost } from "./util/host.js"
import { makeProject, type Project } from "./util/project.js"
import { runChromium, runProgram, runWorkerd } from "./util/runs.js"

let host: Host
let project: Project

// The first run installs the runtimes.
beforeAll(async () => {
  host = await startHost()
  project = await makeProject()
}, 300_000)

afterAll(async () => {
  project.remove()
  await host.stop()
})

const environment = (refused: Refused, repeats = false) => ({ ...host.environment, refused, repeats })
const inProject = (...path: ReadonlyArray<string>) => join(project.folder, ...path)
const node = (major: number) => project.installed(`node-${major}-${process.platform}-${process.arch}/bin/node`)
const bundleChecks = [...serverChecks, ...openChecks]
const everyCheck = [...serverChecks, ...nodeChecks]

describeRuntime({
  name: "Node 20.19",
  checks: everyCheck,
  run: () => runProgram(node(20), ["entries/node.js"], project.folder, environment("ConnectionFailed"))
})

describeRuntime({
  name: "Node 24",
  checks: everyCheck,
  run: () => runProgram(node(24), ["entries/node.js"], project.folder, environment("ConnectionFailed"))
})

describeRuntime({
  name: "Bun",
  checks: everyCheck,
  run: () =>
    runProgram(project.installed(".bin/bun"), ["entries/node.js"], project.folder, environment("ConnectionFailed"))
})

describeRuntime({
  name: "Deno",
  checks: [...everyCheck, ...denoChecks],
  run: () => {
    const args = ["run", "-A", "--node-modules-dir=manual", "--no-remote", "entries/node.js"]
    return runProgram(project.installed(".bin/deno"), args, project.folder, environment("ConnectionFailed"))
  }
})

const bundle = async (entry: string, outfile: string, options: BuildOptions): Promise<string> => {
  const file = inProject(outfile)
  await build({
    entryPoints: [inProject("entries", entry)],
    outfile: file,
    bundle: true,
    minify: true,
    format: "esm",
    logLevel: "warning",
    ...options
  })
  return file
}

describeRuntime({
  name: "workerd, bundled by esbuild",
  checks: serverChecks,
  run: async () => {
    const script = await bundle("worker.js", "workerd/worker.js", {
      conditions: ["workerd", "worker", "browser"],
      platform: "neutral",
      mainFields: ["module"]
    })
    return runWorkerd(project.installed("miniflare"), script, environment("ConnectionLost"))
  }
})

describeRuntime({
  name: "Node 24, bundled by esbuild",
  checks: bundleChecks,
  run: async () => {
    const program = await bundle("bundle.js", "esbuild/bundle.mjs", { platform: "node" })
    return runProgram(node(24), [program], project.folder, environment("ConnectionFailed"))
  }
})

describeRuntime({
  name: "Bun, bundled by Bun",
  checks: bundleChecks,
  run: async () => {
    const program = inProject("bun/bundle.js")
    const build = ["build", "--target=bun", "--minify", `--outfile=${program}`, inProject("entries/bundle.js")]
    await promisify(execFile)(project.installed(".bin/bun"), build)
    return runProgram(project.installed(".bin/bun"), [program], project.folder, environment("ConnectionFailed"))
  }
})

const html = '<!doctype html><meta charset="utf-8"><title>Checks</title><script type="module" src="./page.js"></script>'

describeRuntime({
  name: "Chromium, bundled by esbuild",
  checks: browserChecks,
  run: async () => {
    await bundle("page.js", "page/page.js", { platform: "browser" })
    writeFileSync(inProject("page/index.html"), html)
    return runChromium(inProject("page"), environment("ConnectionLost", true))
  }
})

describeRuntime({
  name: "Chromium, built by Vite",
  checks: browserChecks,
  run: async () => {
    writeFileSync(inProject("entries/index.html"), html)
    await buildByVite({
      root: inProject("entries"),
      base: "./",
      configFile: false,
      logLevel: "warn",
      build: { outDir: inProject("vite"), emptyOutDir: true }
    })
    return runChromium(inProject("vite"), environment("ConnectionLost", true))
  }
})
