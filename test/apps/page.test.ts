/** docs/apps.md shows the recipes as they are, and says how many lines the rebuilt programs have. */
import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"

const root = new URL("../../", import.meta.url)
const text = (path: string) => readFileSync(new URL(path, root), "utf8")
const page = text("docs/apps.md")

const recipes = readdirSync(new URL("examples/apps/", root)).filter((name) => name.endsWith(".ts"))

/** The rows of the table: a program, and its lines. */
const rows = [...page.matchAll(/^\| \[([\w-]+\.ts)\]\(\.\.\/test\/peers\/\1\) +\| +(\d+) +\|/gm)].map(
  ([, name = "", lines = ""]) => [name, Number(lines)] as const
)

describe("docs/apps.md", () => {
  it.each(recipes)("shows %s as it is", (name) => {
    assert.include(page, `\`\`\`typescript\n${text(`examples/apps/${name}`)}\`\`\`\n`)
  })

  it("has four programs or more in its table", () => {
    assert.isAtLeast(rows.length, 4)
  })

  it.each(rows)("says that %s has %i lines", (name, lines) => {
    assert.strictEqual(text(`test/peers/${name}`).trim().split("\n").length, lines)
  })
})
