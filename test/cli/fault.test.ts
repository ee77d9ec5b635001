import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { parseFault } from "../../src/cli/fault.js"
import { runHere } from "./inProcess.js"

describe("--fault", () => {
  it("reads every part", () => {
    const read = (text: string) => Either.getOrElse(parseFault(text), (message) => message)
    assert.deepStrictEqual(read("exchange:500"), { operation: "exchangeAuthCodeForAPIKey", status: 500 })
    assert.deepStrictEqual(read("any:reset-in-body,times=forever"), {
      operation: undefined,
      breakage: "resetInBody",
      times: Number.POSITIVE_INFINITY
    })
    assert.deepStrictEqual(read("getCurrentKey:invalid-utf8,processed=false,message=a=b"), {
      operation: "getCurrentKey",
      breakage: "invalidUtf8",
      processed: false,
      message: "a=b"
    })
  })

  it.each(["", "500", "toString:500", "key:", "key:600", "key:500,times=0", "key:500,toString=1", "key:500,delay=x"])(
    "refuses %j",
    (text) => {
      assert.isTrue(Either.isLeft(parseFault(text)))
    }
  )

  it.each([
    ["exchagne:500", "--fault has an endpoint that is not known (exchagne). Did you mean exchange?\n"],
    ["models:500", "--fault has an endpoint that is not known (models). Known: create, exchange, key, any.\n"],
    ["key:rest", "--fault has a part that is not known (rest). Did you mean reset?\n"],
    ["key:500,tims=2", "--fault has a name that is not known (tims). Did you mean times?\n"],
    [
      "key:500,times=x",
      "--fault needs a whole number above 0, or forever as its times. Try: openrouter-oauth sandbox --help\n"
    ]
  ])("%s is told with the word that is wrong, and those that are right", async (fault, stderr) => {
    assert.deepStrictEqual(await runHere(["sandbox", "--fault", fault]), { code: 2, stdout: "", stderr })
  })

  it.each(["x:500", "key:x", "key:500,x=1", "key:500,body=x", "key:500,delay=x"])(
    "%s is told in two lines of a terminal at most",
    async (fault) => {
      assert.isAtMost((await runHere(["sandbox", "--fault", fault])).stderr.trimEnd().length, 2 * 80)
    }
  )
})
