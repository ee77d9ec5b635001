import { assert, describe, it } from "@effect/vitest"
import { badPorts } from "../../src/cli/badPorts.js"
import { runHere } from "./inProcess.js"

describe("ports that fetch refuses", () => {
  it.each([...badPorts])("%s is one of them", async (port) => {
    const failure = await fetch(`http://127.0.0.1:${port}/`).catch((error: Error) => error)
    assert.instanceOf(failure, TypeError)
    assert.match(String(failure.cause), /bad port/)
  })

  it("a base URL with one is called a bad base URL", async () => {
    const { code, stderr } = await runHere(["whoami"], {
      OPENROUTER_BASE_URL: "http://127.0.0.1:9/api/v1",
      OPENROUTER_API_KEY: "sk-or-v1-fake"
    })
    assert.deepStrictEqual(
      [code, stderr],
      [2, "OPENROUTER_BASE_URL must have another port: no request can be sent to port 9. Correct or unset it.\n"]
    )
  })
})
