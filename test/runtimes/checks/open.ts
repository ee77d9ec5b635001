/** A browser cannot be opened where the package `open` is not installed, as in a bundle that was built without it. */
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import * as Effect from "effect/Effect"
import * as BrowserOpener from "effect-openrouter-oauth/node/BrowserOpener"
import { signIn } from "effect-openrouter-oauth/node/PromiseSignIn"
import { type Check, equal, matches, rejection } from "./check.js"

// Bun and Deno do not let `existsSync` be replaced, so on a machine that is a container they say so.
const reasons =
  "Bun" in globalThis || "Deno" in globalThis
    ? /^(?:the package "open" is not installed|this is a container)$/
    : /^the package "open" is not installed$/

/** As on somebody's desktop, which is no container, whatever the machine of the test is. */
const onDesktop = async (use: () => Promise<void>): Promise<void> => {
  const before = { ...process.env }
  const { existsSync } = fs
  fs.existsSync = () => false
  syncBuiltinESMExports()
  for (const name of ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT", "CI"]) delete process.env[name]
  process.env.DISPLAY = ":0"
  try {
    await use()
  } finally {
    Object.assign(process.env, before)
    fs.existsSync = existsSync
    syncBuiltinESMExports()
  }
}

export const openChecks: ReadonlyArray<Check> = [
  {
    name: "node/BrowserOpener: opens nothing without the package open, and says why",
    run: () =>
      onDesktop(async () => {
        const [opened, because] = await Effect.runPromise(
          Effect.gen(function* () {
            const { open, unavailable } = yield* BrowserOpener.BrowserOpener
            return [yield* open(new URL("https://openrouter.ai/auth")), yield* unavailable ?? Effect.succeed("")]
          }).pipe(Effect.provide(BrowserOpener.layer))
        )
        equal(opened, false, "opened")
        matches(String(because), reasons, "the reason")
      })
  },
  {
    name: "node/PromiseSignIn: a sign-in without the package open waits, and says that no browser was opened",
    run: ({ baseUrl }) =>
      onDesktop(async () => {
        const controller = new AbortController()
        let because: string | undefined
        await rejection(
          signIn({
            client: { baseUrl },
            headless: false,
            prompt: () => new Promise(() => {}),
            signal: controller.signal,
            onWaiting: ({ browserOpened, noBrowserBecause }) => {
              equal(browserOpened, false, "opened")
              because = noBrowserBecause
              controller.abort(new Error("seen"))
            }
          })
        )
        matches(String(because), reasons, "the reason")
      })
  }
]
