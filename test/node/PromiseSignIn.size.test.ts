/** `node/PromiseSignIn` bundled alone for Node: it runs where no peer is installed, and its types name none. */
import { spawn } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it, onTestFinished } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { build } from "esbuild"
import ts from "typescript"
import { startSandbox } from "../cli/support.js"
import { browse } from "../util/loopback.js"

const source = fileURLToPath(new URL("../../src/node/PromiseSignIn.ts", import.meta.url))

const root = fileURLToPath(new URL("../..", import.meta.url))

/** A copy of the sources beside the peers that are always there: `open` is not installed here. */
const withoutOpen = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "promise-sign-in-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(root, "src"), join(folder, "src"), { recursive: true })
  mkdirSync(join(folder, "node_modules"))
  for (const name of ["effect", "@effect"]) {
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name))
  }
  return folder
}

describe("node/PromiseSignIn", () => {
  it("is one bundle without open, which signs in where nothing is installed, and ends", async () => {
    const sources = withoutOpen()
    const folder = mkdtempSync(join(tmpdir(), "promise-sign-in-bundle-"))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const program = join(folder, "program.mjs")
    const { baseUrl } = await startSandbox({ approve: true })
    const { errors } = await build({
      stdin: {
        contents: `import { signIn } from "./src/node/PromiseSignIn.ts"
const { key } = await signIn({ client: { baseUrl: ${JSON.stringify(baseUrl)} }, appName: "Bundled" })
console.log(key)`,
        resolveDir: sources
      },
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: program,
      logLevel: "silent"
    })
    assert.deepStrictEqual(errors, [])
    const child = spawn(process.execPath, [program], { cwd: folder, env: { DISPLAY: ":0" } })
    onTestFinished(() => void child.kill("SIGKILL"))
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (chunk) => {
      stdout += chunk
    })
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
    const url = new Promise<URL>((resolve) =>
      createInterface(child.stderr).on("line", (line) => {
        stderr += `${line}\n`
        if (/^ {2}http/.test(line)) resolve(new URL(line.trim()))
      })
    )
    assert.include(await Effect.runPromise(browse(await url)), "Bundled")
    assert.strictEqual(await ended, 0, stderr)
    assert.match(stdout, /^sk-or-v1-[0-9a-f]{64}\n$/)
    // In a container that is the reason, and the missing package none.
    assert.match(stderr, /no browser was opened: (?:the package "open" is not installed|this is a container)/)
  })

  it("names no type of Effect in its declarations", () => {
    const { outputText } = ts.transpileDeclaration(readFileSync(source, "utf8"), {
      fileName: source,
      compilerOptions: { removeComments: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext }
    })
    assert.include(outputText, "export declare const signIn")
    assert.notMatch(outputText, /from "effect/)
    assert.notMatch(outputText, /Effect\.|Redacted|Layer|Stream/)
  })
})
