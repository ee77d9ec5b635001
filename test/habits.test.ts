/** Habits of the tests, as CONTRIBUTING.md names them. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import ts from "typescript"

const folder = fileURLToPath(new URL(".", import.meta.url))

// What runs on Bun, Deno and workers comes without the helpers of this folder.
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
  (file) => /\.tsx?$/.test(file) && !/node_modules|^runtimes/.test(file)
)

/** The nodes of a file that a rule does not allow, as `line: text`. */
const found = (file: string, isRefused: (node: ts.Node) => boolean): ReadonlyArray<string> => {
  const text = readFileSync(join(folder, file), "utf8")
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true)
  const refused: Array<string> = []
  const visit = (node: ts.Node): void => {
    if (isRefused(node)) {
      refused.push(`${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${node.getText()}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return refused
}

const isCast = (node: ts.Node): boolean => ts.isAsExpression(node) && node.type.getText() !== "const"

const reserved = ["it", "test", "expect", "assert", "describe", "vi"]

const isShadow = (node: ts.Node): boolean =>
  (ts.isParameter(node) || ts.isBindingElement(node) || ts.isVariableDeclaration(node)) &&
  ts.isIdentifier(node.name) &&
  reserved.includes(node.name.text)

const isTest = (node: ts.Node): boolean =>
  ts.isCallExpression(node) && /^(?:it|test)\b/.test(node.expression.getText().replace(/^.*\n/, ""))

const isInTest = (node: ts.Node): boolean => node.parent !== undefined && (isTest(node.parent) || isInTest(node.parent))

/** A loop over written rows inside one `it`: each row is a promise of its own, and belongs into `it.each`. */
const isTable = (node: ts.Node): boolean =>
  ts.isForOfStatement(node) &&
  ts.isVariableDeclarationList(node.initializer) &&
  node.initializer.declarations.some(({ name }) => ts.isArrayBindingPattern(name)) &&
  /^\[/.test(node.expression.getText()) &&
  isInTest(node)

describe("the tests", () => {
  it.each(files.filter((file) => file !== join("util", "cast.ts")))(
    "%s casts through test/util/cast.ts only",
    (file) => {
      assert.deepStrictEqual(found(file, isCast), [])
    }
  )

  it.each(files)("%s has no table inside one test", (file) => {
    assert.deepStrictEqual(found(file, isTable), [])
  })

  it.each(files)("%s shadows none of vitest's names", (file) => {
    assert.deepStrictEqual(found(file, isShadow), [])
  })
})
