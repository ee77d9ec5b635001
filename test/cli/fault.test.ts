import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { parseFault } from "../../src/cli/fault.js"

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
})
