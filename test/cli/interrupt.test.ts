import { assert, describe, it, vi } from "@effect/vitest"
import { interrupt } from "../../src/cli/interrupt.js"

/** What `interrupt` does on a platform: the signals that were sent to this process, and those that its listeners were told. */
const interrupted = (platform: NodeJS.Platform) => {
  const told: Array<string> = []
  const listener = (signal: string) => told.push(signal)
  const kill = vi.spyOn(process, "kill").mockReturnValue(true)
  process.on("SIGINT", listener)
  try {
    interrupt(platform)
    return { told, sent: kill.mock.calls }
  } finally {
    process.off("SIGINT", listener)
    kill.mockRestore()
  }
}

describe("Ctrl-C in a line editor", () => {
  it("tells the listeners on Windows, where a signal would end the process at once", () =>
    assert.deepStrictEqual(interrupted("win32"), { told: ["SIGINT"], sent: [] }))

  it.each(["linux", "darwin"] as const)("is a signal on %s", (platform) =>
    assert.deepStrictEqual(interrupted(platform), { told: [], sent: [[process.pid, "SIGINT"]] })
  )
})
