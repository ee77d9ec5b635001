/** The command in this process: its arguments, variables and a home of its own; what it wrote, and its exit code. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { vi } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { exitCode } from "../../src/cli/exit.js"
import { main } from "../../src/cli/main.js"
import { makeHome } from "./support.js"

export interface Written {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export const runHere = async (
  args: ReadonlyArray<string>,
  variables: Readonly<Record<string, string>> = {},
  home: string = makeHome()
): Promise<Written> => {
  let stdout = ""
  let stderr = ""
  vi.stubEnv("XDG_CONFIG_HOME", home)
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text)
    return true
  })
  try {
    const exit = await main("1.2.3", ["node", "openrouter-oauth", ...args]).pipe(
      Effect.provide(NodeContext.layer),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))),
      Console.withConsole({
        ...(await Effect.runPromise(Console.consoleWith(Effect.succeed))),
        log: (text: unknown) =>
          Effect.sync(() => {
            stdout += `${text}\n`
          })
      }),
      Effect.runPromiseExit
    )
    return { code: exitCode(exit), stdout, stderr }
  } finally {
    out.mockRestore()
    err.mockRestore()
    vi.unstubAllEnvs()
  }
}
