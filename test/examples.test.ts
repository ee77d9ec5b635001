/** The documents show the files of `examples/` word for word. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("..", import.meta.url))

describe("docs/client.md", () => {
  const page = readFileSync(new URL("../docs/client.md", import.meta.url), "utf8")
  // mocked-client.test.ts needs no test here: it is one, and vitest runs it.
  const shown = Array.from(
    page.matchAll(/<!-- (examples\/\S+) -->\n+```ts\n([\s\S]*?)```/g),
    ([, path = "", code = ""]) => ({ path, code })
  )

  it("shows the three examples, word for word", () => {
    assert.deepStrictEqual(
      shown.map(({ path }) => path),
      ["examples/effect-program.ts", "examples/plain-async.ts", "examples/mocked-client.test.ts"]
    )
  })

  it.each(shown)("shows the three examples, word for word: $path", ({ code, path }) => {
    assert.strictEqual(code, readFileSync(`${root}${path}`, "utf8"), path)
  })
})
