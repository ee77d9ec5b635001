/** The reference that is made from the doc comments: every export says what it is, and stands in an example that is type-checked. */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import ts from "typescript"

const root = fileURLToPath(new URL("..", import.meta.url))
const manifest: { readonly exports: Readonly<Record<string, { readonly types: string } | string | null>> } = JSON.parse(
  readFileSync(`${root}package.json`, "utf8")
)

/** The source of each public module. `index.ts` has them all again. */
const modules = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  subpath === "." || target === null || typeof target === "string"
    ? []
    : [`${root}${target.types.replace("./dist/", "src/").replace(/\.d\.ts$/, ".ts")}`]
)

const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
const program = ts.createProgram(modules, ts.parseJsonConfigFileContent(config, ts.sys, root).options)
const checker = program.getTypeChecker()

const codeIn = (text: string): string =>
  Array.from(text.matchAll(/```[tj]sx?\n([\s\S]*?)```/g), ([, code]) => code).join("\n")

const guides = ["README.md", ...readdirSync(`${root}docs`).filter((file) => file.endsWith(".md"))]
  .map((file) => readFileSync(`${root}${file === "README.md" ? "" : "docs/"}${file}`, "utf8"))
  .map(codeIn)

const comments = program
  .getSourceFiles()
  .filter(({ fileName }) => fileName.startsWith(`${root}src/`))
  .map(({ text }) => codeIn(text.replace(/^\s*\* ?/gm, "")))

const words = new Set([...guides, ...comments].flatMap((code) => code.match(/\w+/g) ?? []))

const exported = modules.flatMap((file) => {
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  return (module === undefined ? [] : checker.getExportsOfModule(module)).map((symbol) => {
    const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return {
      name: `${file.slice(`${root}src/`.length, -".ts".length)}.${symbol.name}`,
      // An export by name may have a comment of its own.
      description: ts.displayPartsToString([symbol, meant].flatMap((of) => of.getDocumentationComment(checker))),
      isValue: (meant.flags & ts.SymbolFlags.Value) !== 0,
      inExample: meant.getJsDocTags(checker).some(({ name }) => name === "example") || words.has(symbol.name)
    }
  })
})

describe("every export", () => {
  it.each(exported)("$name has a description", ({ description }) => {
    assert.match(description, /\w+ .*\w/)
  })

  it.each(exported.filter(({ isValue }) => isValue))("$name stands in an example", ({ inExample }) => {
    assert.isTrue(inExample)
  })
})
