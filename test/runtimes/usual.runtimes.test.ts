/** The packed package in the runtimes and bundlers that `.ci/run` tries. */
import { execFile } from "node:child_process"
import { writeFileSync } from "node:fs"
import { promisify } from "node:util"
import { type BuildOptions, build, version as esbuildVersion } from "esbuild"
import { build as buildByVite, version as viteVersion } from "vite"
import { browserChecks, denoChecks, serverChecks } from "./checks/index.js"
import { nodeChecks } from "./checks/node.js"
import { openChecks } from "./checks/open.js"
import { proving, type Traits } from "./util/describeRuntime.js"
import { runChromium, runProgram, runWorkerd } from "./util/runs.js"
import { startSuite } from "./util/suite.js"

const { describeRuntime, folder, inProject, installed, node, nodePackage, versionOf } = startSuite(300_000)
/** It does not say why a request failed. */
const silent: Traits = { refused: "ConnectionLost", repeats: false }
/** Nor does it send a POST once where a kept connection breaks. */
const chromium: Traits = { refused: "ConnectionLost", repeats: true }
let chromiumVersion = "Chromium"
const bundleChecks = [...serverChecks, ...openChecks]
const everyCheck = [...serverChecks, ...nodeChecks]

describeRuntime({
  name: "Node 20.19",
  checks: everyCheck,
  traits: proving,
  version: () => versionOf(nodePackage(20)),
  run: (environment) => runProgram(node(20), ["entries/node.js"], folder(), environment)
})

describeRuntime({
  name: "Node 24",
  checks: everyCheck,
  traits: proving,
  version: () => versionOf(nodePackage(24)),
  run: (environment) => runProgram(node(24), ["entries/node.js"], folder(), environment)
})

describeRuntime({
  name: "Bun",
  checks: everyCheck,
  traits: proving,
  version: () => versionOf("bun"),
  run: (environment) => runProgram(installed(".bin/bun"), ["entries/node.js"], folder(), environment)
})

describeRuntime({
  name: "Deno",
  checks: [...everyCheck, ...denoChecks],
  traits: proving,
  version: () => versionOf("deno"),
  run: (environment) => {
    const args = ["run", "-A", "--node-modules-dir=manual", "--no-remote", "entries/node.js"]
    return runProgram(installed(".bin/deno"), args, folder(), environment)
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
  traits: silent,
  version: () => `workerd ${versionOf("workerd")} (miniflare ${versionOf("miniflare")}), esbuild ${esbuildVersion}`,
  run: async (environment) => {
    const script = await bundle("worker.js", "workerd/worker.js", {
      conditions: ["workerd", "worker", "browser"],
      platform: "neutral",
      mainFields: ["module"]
    })
    return runWorkerd(installed("miniflare"), script, environment)
  }
})

describeRuntime({
  name: "Node 24, bundled by esbuild",
  checks: bundleChecks,
  traits: proving,
  version: () => `esbuild ${esbuildVersion}`,
  run: async (environment) => {
    const program = await bundle("bundle.js", "esbuild/bundle.mjs", { platform: "node" })
    return runProgram(node(24), [program], folder(), environment)
  }
})

describeRuntime({
  name: "Bun, bundled by Bun",
  checks: bundleChecks,
  traits: proving,
  version: () => versionOf("bun"),
  run: async (environment) => {
    const program = inProject("bun/bundle.js")
    const build = ["build", "--target=bun", "--minify", `--outfile=${program}`, inProject("entries/bundle.js")]
    await promisify(execFile)(installed(".bin/bun"), build)
    return runProgram(installed(".bin/bun"), [program], folder(), environment)
  }
})

const html = '<!doctype html><meta charset="utf-8"><title>Checks</title><script type="module" src="./page.js"></script>'

describeRuntime({
  name: "Chromium, bundled by esbuild",
  checks: browserChecks,
  traits: chromium,
  version: () => `${chromiumVersion}, esbuild ${esbuildVersion}`,
  run: async (environment) => {
    await bundle("page.js", "page/page.js", { platform: "browser" })
    writeFileSync(inProject("page/index.html"), html)
    const { results, version } = await runChromium(inProject("page"), environment)
    chromiumVersion = version
    return results
  }
})

describeRuntime({
  name: "Chromium, built by Vite",
  checks: browserChecks,
  traits: chromium,
  version: () => `${chromiumVersion}, Vite ${viteVersion}`,
  run: async (environment) => {
    writeFileSync(inProject("entries/index.html"), html)
    await buildByVite({
      root: inProject("entries"),
      base: "./",
      configFile: false,
      logLevel: "warn",
      build: { outDir: inProject("vite"), emptyOutDir: true }
    })
    const { results, version } = await runChromium(inProject("vite"), environment)
    chromiumVersion = version
    return results
  }
})
