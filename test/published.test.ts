/** What npm gets: package.json and README.md as they are published, and the check before it. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { publishedManifest, publishedReadme, releaseFaults, repositoryPage } from "../scripts/published.mjs"

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8")
const manifest = JSON.parse(read("package.json"))

const released = {
  ...manifest,
  version: "1.2.3",
  repository: { type: "git", url: "git+https://code.example/owner/name.git" },
  homepage: "https://docs.example/",
  bugs: { url: "https://code.example/owner/name/issues" }
}

describe("the repository's address", () => {
  it.each([
    ["git+https://code.example/owner/name.git", "https://code.example/owner/name"],
    ["https://code.example/owner/name", "https://code.example/owner/name"],
    ["https://code.example/owner/name/", "https://code.example/owner/name"],
    ["git@code.example:owner/name.git", undefined],
    ["", undefined]
  ])("%s is shown at %s", (url, page) => assert.strictEqual(repositoryPage({ repository: { url } }), page))

  it("may stand in package.json as plain text", () =>
    assert.strictEqual(repositoryPage({ repository: "https://code.example/a/b" }), "https://code.example/a/b"))
})

describe("the published package.json", () => {
  it("has no workspaces", () => assert.notProperty(publishedManifest(manifest), "workspaces"))

  it("keeps every other field", () => {
    const { workspaces, ...rest } = manifest
    assert.isNotEmpty(workspaces)
    assert.deepStrictEqual(publishedManifest(manifest), rest)
  })

  const modules = Object.keys(manifest.exports).filter(
    (subpath) => manifest.exports[subpath] !== null && subpath !== "./package.json"
  )

  it.each(modules)("has types for every way to import %s", (subpath) =>
    assert.deepStrictEqual(Object.keys(manifest.exports[subpath]), ["types", "default"])
  )

  it("tells bundlers that no file has a side effect", () => assert.deepStrictEqual(manifest.sideEffects, []))
})

describe("the published README", () => {
  const readme = publishedReadme(read("README.md"), released)

  it("has absolute links and pictures only", () => {
    const targets = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target ?? "")
    assert.isAbove(targets.length, 10)
    assert.deepStrictEqual(
      targets.filter((target) => !/^(?:https:\/\/|#)/.test(target)),
      []
    )
  })

  it("leads to the pages of its own version", () =>
    assert.include(readme, "](https://code.example/owner/name/blob/v1.2.3/docs/cli.md)"))

  it("shows pictures as files", () =>
    assert.include(readme, "](https://code.example/owner/name/raw/v1.2.3/docs/images/login.svg)"))

  it("stays as it is while the repository has no address", () =>
    assert.strictEqual(publishedReadme("[a](b.md)", { version: "1.2.3" }), "[a](b.md)"))
})

describe("the check before a release", () => {
  it("finds nothing where every address is there", () => assert.deepStrictEqual(releaseFaults(released), []))

  it.each(["repository", "homepage", "bugs"])("refuses without %s", (field) => {
    const faults = releaseFaults({ ...released, [field]: undefined })
    assert.lengthOf(faults, 1)
    assert.match(faults[0] ?? "", new RegExp(`^${field}: `))
  })

  it("runs before npm publishes", () =>
    assert.strictEqual(manifest.scripts.prepublishOnly, "node scripts/check-release.mjs"))
})
