/** The packed package in further runtimes, and built by further bundlers: by command, `npm run test:runtimes`. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { build, version as esbuildVersion } from "esbuild"
import type { Check, Environment } from "./checks/check.js"
import { browserChecks, serverChecks } from "./checks/index.js"
import { nodeChecks } from "./checks/node.js"
import { openChecks } from "./checks/open.js"
import { proving } from "./util/describeRuntime.js"
import { runEdge, runProgram } from "./util/runs.js"
import { startSuite } from "./util/suite.js"

const { describeRuntime, folder, inProject, installed, node, nodePackage, versionOf } = startSuite(
  600_000,
  fileURLToPath(new URL("further", import.meta.url))
)

/** Starts a program of the project. */
const runByNode = (major: number, file: string) => (environment: Environment) =>
  runProgram(node(major), [file], folder(), environment)

describeRuntime({
  name: "Node 22",
  checks: [...serverChecks, ...nodeChecks],
  traits: proving,
  version: () => versionOf(nodePackage(22)),
  run: (environment) => runByNode(22, "entries/node.js")(environment)
})

describeRuntime({
  name: "Node 26",
  checks: [...serverChecks, ...nodeChecks],
  traits: proving,
  version: () => versionOf(nodePackage(26)),
  run: (environment) => runByNode(26, "entries/node.js")(environment)
})

describeRuntime({
  name: "edge-runtime, bundled by esbuild",
  checks: serverChecks,
  traits: proving,
  version: () => `@edge-runtime/vm ${versionOf("@edge-runtime/vm")}, esbuild ${esbuildVersion}`,
  run: async (environment) => {
    const outfile = inProject("edge/edge.js")
    await build({
      entryPoints: [inProject("entries/edge.js")],
      outfile,
      bundle: true,
      minify: true,
      format: "iife",
      platform: "browser",
      logLevel: "warning"
    })
    return runEdge(installed("@edge-runtime/vm"), outfile, environment)
  }
})

/** A bundler of the project builds an entry, in a process of its own, as people do; Node runs what it made. */
const bundled = (name: string, packageName: string, file: string, checks: ReadonlyArray<Check>) =>
  describeRuntime({
    name: `Node 22, bundled by ${name}`,
    checks,
    traits: proving,
    version: () => `${name} ${versionOf(packageName)}`,
    run: async (environment) => {
      await promisify(execFile)(node(22), [`bundlers/${name}.mjs`], { cwd: folder(), timeout: 600_000 })
      return runByNode(22, file)(environment)
    }
  })

// The package `open` is not installed there.
const programChecks = [...serverChecks, ...openChecks]
bundled("webpack", "webpack", "webpack/bundle.cjs", programChecks)
bundled("rspack", "@rspack/core", "rspack/bundle.cjs", programChecks)
bundled("rollup", "rollup", "rollup/bundle.mjs", programChecks)
bundled("metro", "metro", "metro/bundle.js", browserChecks)
