/** What the library adds to a program's download. Measured on dist, which `npm test` builds first where needed. */
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { addedToEffect, addedToTypicalProgram, bundle, clientAndPkce } from "../bench/sizes.mjs"

const dist = fileURLToPath(new URL("../dist", import.meta.url))

describe("the size that the library adds, minified and gzipped", () => {
  it("OAuthClient and Pkce together add at most 6,656 bytes to a program that already bundles effect and HttpClient", async () => {
    const { own, size: added } = await addedToEffect(clientAndPkce)
    // Their own code, and what it imports from elsewhere.
    for (const path of own.imports) assert.match(path, /^(?:effect|@effect\/platform)\//)
    for (const path of own.inputs) assert.match(path, /^(?:dist\/|<stdin>$)/)
    console.log(`OAuthClient and Pkce: ${own.size} bytes by themselves, ${added} more in a program that has effect`)
    assert.isAtMost(added, 6_656)
  })

  it("a whole program with them, effect included, stays near that", async () => {
    const { before, size } = await addedToTypicalProgram()
    console.log(`a typical program: ${before.size} bytes, with OAuthClient and Pkce: ${size} more`)
    assert.isAbove(size, 0)
  })
})

describe("what comes along", () => {
  it("Pkce alone brings no HttpClient and no Schema", async () => {
    const { inputs } = await bundle(`export * from "${dist}/Pkce.js"`)
    assert.include(inputs, "dist/Pkce.js")
    const unwanted = /@effect\/platform|effect\/dist\/esm\/(?:Schema|ParseResult|SchemaAST)\.js$/
    assert.deepStrictEqual(
      inputs.filter((path) => unwanted.test(path)),
      []
    )
  })

  it("the platform-neutral modules bundle for a browser without one of Node's modules", async () => {
    // An import of node:… would fail here: platform=browser has none.
    const { imports, inputs } = await bundle(`export * as all from "${dist}/index.js"`)
    assert.include(inputs, "dist/OAuthClient.js")
    assert.deepStrictEqual(imports, [])
  })
})
