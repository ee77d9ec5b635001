/** What the library adds to a program's download. Measured on dist. */
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { addedToEffect, bundle, clientAndPkce, sizes } from "../bench/sizes.mjs"

const dist = fileURLToPath(new URL("../dist", import.meta.url))

describe("the size that the library adds, minified and gzipped", () => {
  // The goal was 8,192, and it is missed: the three operations of a sign-in took 8,452, the two of workload identity came to 9,369, and to 9,705
  // since no retry begins late, a fetch on Deno sends once, and an interruption aborts a request in every case. The bound was 9,472. No
  // sentence is shortened for it.
  it("OAuthClient and Pkce together add at most 9,728 bytes to a program that already bundles effect and HttpClient", async () => {
    const { size } = await addedToEffect(clientAndPkce)
    assert.isAtMost(size, 9_728)
  })

  it("OAuthClient and Pkce import nothing but effect and @effect/platform", async () => {
    const { own } = await addedToEffect(clientAndPkce)
    assert.deepStrictEqual(
      own.imports.filter((path) => !/^(?:effect|@effect\/platform)\//.test(path)),
      []
    )
    assert.deepStrictEqual(
      own.inputs.filter((path) => !/^(?:dist\/|<stdin>$)/.test(path)),
      []
    )
  })

  it("a whole plain program is at most 0.65 of one with the SDK's class", async () => {
    const { promise, sdkClass } = (await sizes()).plain
    assert.isAtMost((promise?.size ?? Number.NaN) / (sdkClass?.size ?? Number.NaN), 0.65)
  })

  // It was 12,288 before the same three things came.
  it("a typical program grows by at most 12,544 bytes, with what it needs of Effect beside its own", async () => {
    const { effect } = (await sizes()).typical
    assert.isAtMost(effect?.size ?? Number.NaN, 12_544)
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
