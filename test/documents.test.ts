import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, expect, it } from "vitest"
import { promises } from "./promises.js"

const root = fileURLToPath(new URL("..", import.meta.url))
const read = (file: string) => (existsSync(`${root}${file}`) ? readFileSync(`${root}${file}`, "utf8") : "")
const all = promises.flatMap((area) => area.promises)

/** `docs/promises.md`, in the form that it is committed in. */
const page = [
  "# What is promised, and which test shows it",
  "",
  "`test/promises.ts` is the source of this page: `npx vitest run test/documents.test.ts -u` writes it anew. What each promise is",
  "about, and what is not promised, is in [SECURITY.md](../SECURITY.md).",
  ...promises.flatMap((area) => [
    "",
    `## ${area.area}`,
    ...area.promises.flatMap(({ id, tests, text }) => [
      "",
      `**${id}**: ${text}`,
      "",
      ...tests.map(({ file, title }) => `- [${file}](../${file}): \`${title.replaceAll("`", "'")}\``)
    ])
  ]),
  ""
].join("\n")

describe("every promise", () => {
  it("has an id of its own", () => {
    assert.deepStrictEqual(
      [...new Set(all.map(({ id }) => id))],
      all.map(({ id }) => id)
    )
  })

  it.each(all)("$id has a test", ({ tests }) => {
    assert.isNotEmpty(tests)
  })

  it.each(all.flatMap(({ id, tests }) => tests.map((shown) => ({ id, ...shown }))))(
    "$id is shown by a test that exists: $file",
    ({ file, title }) => {
      assert.include(read(file), title)
    }
  )

  it("stands in docs/promises.md", async () => {
    await expect(page).toMatchFileSnapshot(`${root}docs/promises.md`)
  })
})

describe("the documents", () => {
  const documents = [
    "README.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    ...readdirSync(`${root}docs`)
      .filter((file) => file.endsWith(".md"))
      .map((file) => `docs/${file}`)
  ]

  it.each(documents)("%s tells nobody to run a package that is not this one", (file) => {
    const named = Array.from(read(file).matchAll(/\bnpx (?:-\S+ )*([\w@/.-]+)/g), ([, name]) => name)
    assert.includeMembers(["effect-openrouter-oauth", "tsx", "vite", "vitest"], named)
  })

  it.each(documents)("%s links to files that are there", (file) => {
    const folder = file.includes("/") ? "docs/" : ""
    const targets = Array.from(read(file).matchAll(/\]\((?!https?:)([^)#]+)/g), ([, target]) => target)
    assert.deepStrictEqual(
      targets.filter((target) => !existsSync(`${root}${folder}${target}`)),
      []
    )
  })
})

describe("README.md", () => {
  it.each(["npm ci && npm start", "npm ci && npm test", "npm run test:all", "`effect/Schema`"])("names %s", (text) =>
    assert.include(read("README.md"), text)
  )
})

describe("a changeset", () => {
  const changesets = readdirSync(`${root}.changeset`).filter((file) => file.endsWith(".md"))

  it.each(changesets)("%s names this package, and how much it changes", (file) => {
    assert.match(read(`.changeset/${file}`), /^---\n+"effect-openrouter-oauth": (?:patch|minor|major)\n---\n\n\S/m)
  })
})
