// Type-checks every ts and js code fence in the doc comments of src, in README.md and in docs: each one as a module of its own.
import { spawnSync } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { createRequire } from "node:module"
import { basename, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { emittedFiles } from "./lib.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc")
const filesIn = (folder, endings) =>
  existsSync(join(root, folder))
    ? endings.flatMap((ending) => emittedFiles(join(root, folder), ending)).map((file) => relative(root, file))
    : []

/** The fences of a text, each with the line (from 1) of its first code line. */
const fences = (text, language) => {
  const found = []
  let open
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^\s*```(\w*)/.exec(line)
    if (fence === null) open?.code.push(line)
    else if (open === undefined) open = { language: fence[1], line: index + 2, code: [] }
    else {
      if (language.test(open.language)) found.push(open)
      open = undefined
    }
  }
  return found
}

/** A source with everything outside of its doc comments blanked, line for line. */
const docComments = (source) => {
  let inside = false
  return source
    .split("\n")
    .map((line) => {
      if (/^\s*\/\*\*/.test(line)) inside = true
      const text = inside ? line.replace(/^\s*(?:\/\*\*|\*\/|\*) ?/, "") : ""
      if (line.includes("*/")) inside = false
      return text
    })
    .join("\n")
}

const sources = filesIn("src", [".ts", ".tsx"]).map((file) => ({ file, read: docComments }))
const pages = ["README.md", ...filesIn("docs", [".md"])].map((file) => ({ file, read: (text) => text }))
const snippets = [...sources, ...pages].flatMap(({ file, read }) =>
  fences(read(readFileSync(join(root, file), "utf8")), /^[tj]sx?$/).map((fence) => ({ file, ...fence }))
)
if (snippets.length === 0) {
  console.error("check-docs: found no snippets: it looks in the wrong place")
  process.exit(1)
}

mkdirSync(join(root, ".tmp"), { recursive: true })
const folder = mkdtempSync(join(root, ".tmp", "docs-"))
try {
  const byName = new Map()
  for (const snippet of snippets) {
    const name = `${snippet.file.replace(/\W+/g, "_")}_${snippet.line}.${snippet.language}`
    byName.set(name, snippet)
    writeFileSync(join(folder, name), `${snippet.code.join("\n")}\n`)
  }
  const config = {
    extends: "../../tsconfig.json",
    // A snippet may declare what its reader uses.
    compilerOptions: { allowJs: true, checkJs: true, noUnusedLocals: false, noUnusedParameters: false },
    include: ["."]
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
    cwd: root,
    encoding: "utf8"
  })
  for (const line of stdout.split("\n").filter((text) => text !== "")) {
    const [, path, row, rest] = /^(.+?)\((\d+),\d+\): (.*)$/.exec(line) ?? []
    const snippet = path === undefined ? undefined : byName.get(basename(path))
    console.error(snippet === undefined ? line : `${snippet.file}:${snippet.line + Number(row) - 1}: ${rest}`)
  }
  const files = new Set(snippets.map(({ file }) => file)).size
  if (status === 0) console.log(`check-docs: ${snippets.length} snippets of ${files} files compile`)
  else process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
  if (readdirSync(join(root, ".tmp")).length === 0) rmdirSync(join(root, ".tmp"))
}
