/** The command, driven by another program. */
import { assert, describe, it } from "@effect/vitest"
import { bin, browse, makeHome, savedFiles, startSandbox } from "../cli/support.js"
import { login } from "./command-child.js"

describe("a program that runs the command as a child", () => {
  it("shows the address, and gets the key once the user has consented", async () => {
    const home = makeHome()
    const { env } = await startSandbox()
    const key = await login(bin, (url) => void browse(new URL(url), "authorize"), {
      PATH: process.env.PATH,
      XDG_CONFIG_HOME: home,
      ...env
    })
    assert.match(key, /^sk-or-v1-[0-9a-f]{64}$/)
    assert.lengthOf(savedFiles(home), 1)
  })

  it("is told where nobody consented", async () => {
    const { env } = await startSandbox()
    const failed = login(bin, (url) => void browse(new URL(url), "deny"), {
      PATH: process.env.PATH,
      XDG_CONFIG_HOME: makeHome(),
      ...env
    })
    assert.strictEqual(await failed.catch((error: Error) => error.message), "Nobody signed in")
  })
})
